/// Something on the screen that can be selected, explained and followed from pane to pane.
public enum Subject: Hashable, Sendable {
    case thread(ThreadID)
    case notifier(NotifierID)
    /// A page of the shown mm, by its address in the axis's unit.
    case page(UInt64)
    /// A lock or wait queue, by its name.
    case lock(String)
    /// One of the numbers in the header.
    case number(HeaderNumber)
    /// The event at this place of the log; what happened in this step.
    case event(step: Int)
    /// What went wrong.
    case finding
}

/// The numbers in the header, each of which can be explained.
public enum HeaderNumber: String, Hashable, Sendable, CaseIterable {
    case seq, active, asleep, deferred, tree, collisions, retries, plain, invalidations
}

/// Why something is as it is, in sentences that are built from the state.
public struct Explanation: Sendable, Equatable {
    /// One sentence, and what it is in the argument.
    public struct Sentence: Sendable, Equatable {
        public enum Role: Sendable, Equatable {
            /// How things are.
            case fact
            /// What brought that about.
            case cause
            /// What follows, or what has to happen next.
            case consequence
            /// How this code works in general: the rule behind it.
            case rule
        }
        public var role: Role
        public var text: String
        /// The step that it speaks of, to go to.
        public var step: Int?

        public init(_ role: Role, _ text: String, step: Int? = nil) {
            self.role = role
            self.text = text
            self.step = step
        }
    }

    /// What is explained; `nil` when there was nothing of that name any more.
    public var subject: Subject?
    /// "Why T1 waits".
    public var title: String
    public var sentences: [Sentence]
    /// What teaches more about it: a scenario's name, or a lesson's.
    public var seeAlso: [String]

    public init(subject: Subject?, title: String, sentences: [Sentence], seeAlso: [String] = []) {
        self.subject = subject
        self.title = title
        self.sentences = sentences
        self.seeAlso = seeAlso
    }
}
