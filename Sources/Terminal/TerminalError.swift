/// Why the screen can't be used. Each case is one sentence for the user.
public enum TerminalError: Error, Sendable, Equatable, CustomStringConvertible {
    case outputIsNotATerminal
    case inputIsNotATerminal
    /// The value of TERM, which can't move the cursor.
    case poorTerminal(String)
    /// The session that was asked for can't be opened: why.
    case cannotOpen(String)

    /// The sentence.
    public var description: String {
        switch self {
        case .outputIsNotATerminal:
            "standard output is not a terminal: use --headless to print events"
        case .inputIsNotATerminal:
            "no terminal to read keys from: use --headless to print events"
        case .poorTerminal(let name):
            (name.isEmpty ? "TERM is not set" : "the terminal '\(name)' can't move its cursor")
                + ": set TERM, or use --headless"
        case .cannotOpen(let reason): reason
        }
    }
}
