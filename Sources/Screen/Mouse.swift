/// What the mouse did, and over which cell.
public struct Mouse: Sendable, Hashable {
    public enum Action: Sendable, Hashable {
        case press, release, doubleClick, wheelUp, wheelDown
        /// Moved with the left button held down.
        case drag
    }
    public var action: Action
    /// 0-based column and row of the screen.
    public var x: Int
    public var y: Int

    public init(_ action: Action, x: Int, y: Int) {
        self.action = action
        self.x = x
        self.y = y
    }
}
