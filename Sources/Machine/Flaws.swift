/// Ways to explore that are unsound on purpose: what a second opinion must notice, or it is none. Empty for everybody but the
/// tests of the tests.
package struct Flaws: OptionSet, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    private init(_ bit: Int) { rawValue = 1 << UInt64(bit) }

    // MARK: What is noted of a step

    /// What a thread does while it is alone is not noted. (Found in an earlier version.)
    package static let aloneIsNotNoted = Flaws(0)
    /// A record counts as private while nobody else refers to it now. (Found in an earlier version.)
    package static let privateWhileUnreferred = Flaws(1)
    /// What a thread looked at and had to wait is not noted.
    package static let blockedIsNotNoted = Flaws(2)
    package static let readsAreNotNoted = Flaws(3)
    package static let freesAreNotNoted = Flaws(4)
    /// A lock that is looked at or tried is not shared by that.
    package static let observedLocksStayOwn = Flaws(5)
    /// What the teardown does is not noted, though daemons go on beside it.
    package static let teardownIsNotNoted = Flaws(6)
    /// Writes to private records are not noted, though somebody looks at all records of their kind.
    package static let quantifiedIsPrivate = Flaws(7)

    // MARK: How a step moves

    package static let waitingMoves = Flaws(10)
    package static let makingMoves = Flaws(11)
    package static let quantifyingMoves = Flaws(12)
    /// Who has only read-locked may write.
    package static let readLocksProtectWrites = Flaws(13)
    /// A lock protects the fields of every record of its kind.
    package static let locksProtectOthers = Flaws(14)
    /// Of an rwsem that a step lets go of, it is known that nobody holds it.
    package static let readersReleaseAlone = Flaws(15)
    /// The end of a thread moves, though somebody asks for it.
    package static let endsMove = Flaws(16)

    // MARK: How steps are taken together

    package static let twoNonMovers = Flaws(20)
    package static let acquiresAfterReleases = Flaws(21)
    package static let waitsInStretches = Flaws(22)
    package static let choicesInStretches = Flaws(23)
    /// An assumption that turned out wrong is corrected, but the search doesn't begin again.
    package static let noNewBeginning = Flaws(24)

    // MARK: What two states have in common

    package static let danglingIsNone = Flaws(30)
    package static let leaksAreForgotten = Flaws(31)
    package static let oldNumbersLoseParity = Flaws(32)
    package static let narrowNumbersAreRelative = Flaws(33)
    package static let newNumbersBesideOld = Flaws(34)
    /// How many spinlocks a thread holds, and what a call gave back.
    package static let spinDepthIsForgotten = Flaws(36)

    // MARK: How verdicts are come to

    /// Only where nobody can step at all does anybody wait for ever.
    package static let daemonsHideDeadlocks = Flaws(40)
    package static let onlyFewWays = Flaws(41)
    package static let leftoversAreFine = Flaws(42)
    package static let roundsAreFine = Flaws(43)
    package static let everyRoundIsFair = Flaws(44)
    /// The teardown may go round for ever.
    package static let teardownMayGoRound = Flaws(45)
    /// The first finding ends a stretch, and the state before it is forgotten.
    package static let findingsHideOthers = Flaws(46)
}
