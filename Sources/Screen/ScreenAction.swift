import Playback
import Scene

/// What the screen asks of whoever drives it.
public enum ScreenAction: Sendable, Equatable {
    case playback(PlaybackCommand)
    case quit
    case suspend
    /// Draw everything again, whatever the terminal shows.
    case redraw
    case openHome
    case open(HomeItem)
    /// Open it, and explore every schedule of it.
    case check(HomeItem)
    /// Put text on the clipboard of whoever sits at the terminal.
    case copy(String)
    /// Open a text in the user's editor at a line (1-based), and the session anew when it was changed.
    case edit(file: String, line: Int)
    /// Keep these from now on.
    case keep(Settings)
}
