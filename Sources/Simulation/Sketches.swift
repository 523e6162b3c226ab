import Playback

/// What was worked out for the screen and may be wanted again for the next frame. A reference behind a lock, because a
/// scene is made of a simulation that doesn't change: what is kept here only tells sooner what would be told anyway.
final class Sketches: Sendable {
    /// Who did what in the stretch that was looked at last.
    let track = Locked<ActivityTrack?>(nil)
    /// How long who waited in which column of the stretch that was looked at last from afar.
    let waits = Locked<WaitColumns?>(nil)
    /// The events that a filter lets through.
    let filtered = Locked<FilteredEvents?>(nil)
    /// What watched expressions were when they were shown last.
    let watches = Locked<WatchMemory?>(nil)
}
