import Explorer
import Machine

/// A way to explore that is unsound on purpose, by the name that it has in ``Flaws``.
struct PlantedFault: CustomStringConvertible, Sendable {
    var name: String
    var flaw: Flaws
    var description: String { name }

    /// About which states are taken for the same: single steps show it, too.
    var isOfStates: Bool { !flaw.isDisjoint(with: [.danglingIsNone, .leaksAreForgotten, .oldNumbersLoseParity, .narrowNumbersAreRelative, .newNumbersBesideOld, .spinDepthIsForgotten]) }

    /// Without effect by itself. What takes a lock may have to wait, and what may have to wait begins a stretch, whatever it may move
    /// over; and only operations ask whether a thread has ended, which no check explores.
    var isHarmless: Bool { !flaw.isDisjoint(with: [.acquiresAfterReleases, .endsMove]) }

    /// It takes 65 536 rounds to see it: more than small programs make.
    var isTooLong: Bool { flaw == .narrowNumbersAreRelative }

    static let all: [PlantedFault] = [
        PlantedFault(name: "aloneIsNotNoted", flaw: .aloneIsNotNoted),
        PlantedFault(name: "privateWhileUnreferred", flaw: .privateWhileUnreferred),
        PlantedFault(name: "blockedIsNotNoted", flaw: .blockedIsNotNoted),
        PlantedFault(name: "readsAreNotNoted", flaw: .readsAreNotNoted),
        PlantedFault(name: "freesAreNotNoted", flaw: .freesAreNotNoted),
        PlantedFault(name: "observedLocksStayOwn", flaw: .observedLocksStayOwn),
        PlantedFault(name: "teardownIsNotNoted", flaw: .teardownIsNotNoted),
        PlantedFault(name: "quantifiedIsPrivate", flaw: .quantifiedIsPrivate),
        PlantedFault(name: "waitingMoves", flaw: .waitingMoves),
        PlantedFault(name: "makingMoves", flaw: .makingMoves),
        PlantedFault(name: "quantifyingMoves", flaw: .quantifyingMoves),
        PlantedFault(name: "readLocksProtectWrites", flaw: .readLocksProtectWrites),
        PlantedFault(name: "locksProtectOthers", flaw: .locksProtectOthers),
        PlantedFault(name: "readersReleaseAlone", flaw: .readersReleaseAlone),
        PlantedFault(name: "endsMove", flaw: .endsMove),
        PlantedFault(name: "twoNonMovers", flaw: .twoNonMovers),
        PlantedFault(name: "acquiresAfterReleases", flaw: .acquiresAfterReleases),
        PlantedFault(name: "waitsInStretches", flaw: .waitsInStretches),
        PlantedFault(name: "choicesInStretches", flaw: .choicesInStretches),
        PlantedFault(name: "noNewBeginning", flaw: .noNewBeginning),
        PlantedFault(name: "danglingIsNone", flaw: .danglingIsNone),
        PlantedFault(name: "leaksAreForgotten", flaw: .leaksAreForgotten),
        PlantedFault(name: "oldNumbersLoseParity", flaw: .oldNumbersLoseParity),
        PlantedFault(name: "narrowNumbersAreRelative", flaw: .narrowNumbersAreRelative),
        PlantedFault(name: "newNumbersBesideOld", flaw: .newNumbersBesideOld),
        PlantedFault(name: "spinDepthIsForgotten", flaw: .spinDepthIsForgotten),
        PlantedFault(name: "daemonsHideDeadlocks", flaw: .daemonsHideDeadlocks),
        PlantedFault(name: "onlyFewWays", flaw: .onlyFewWays),
        PlantedFault(name: "leftoversAreFine", flaw: .leftoversAreFine),
        PlantedFault(name: "roundsAreFine", flaw: .roundsAreFine),
        PlantedFault(name: "everyRoundIsFair", flaw: .everyRoundIsFair),
        PlantedFault(name: "teardownMayGoRound", flaw: .teardownMayGoRound),
        PlantedFault(name: "findingsHideOthers", flaw: .findingsHideOthers),
    ]
}
