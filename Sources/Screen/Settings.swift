/// What a user chose about how it looks and behaves, kept from one start to the next.
public struct Settings: Sendable, Equatable {
    public var theme: Theme
    /// Draw with ASCII characters whatever the terminal can show.
    public var usesASCII: Bool
    public var usesMouse: Bool
    /// Larger and fewer: for showing to others.
    public var isPresenting: Bool
    /// Steps a second that a scenario runs with at first; `nil` leaves it to the scenario.
    public var speed: Int?

    public init(
        theme: Theme = .dark, usesASCII: Bool = false, usesMouse: Bool = true, isPresenting: Bool = false, speed: Int? = nil
    ) {
        self.theme = theme
        self.usesASCII = usesASCII
        self.usesMouse = usesMouse
        self.isPresenting = isPresenting
        self.speed = speed
    }
}
