import Scene

/// What the last command that gives something back gave, numbered so that a screen tells a new answer from one that it
/// has shown. Shared by every producer of replies.
struct ReplyBox: Sendable {
    /// How many replies there were so far.
    private(set) var number = 0
    /// The newest; `nil` before the first.
    private(set) var reply: Reply?

    mutating func give(_ content: Reply.Content) {
        number += 1
        reply = Reply(number: number, content: content)
    }
}
