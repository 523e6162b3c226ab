extension Counterexample {
    /// What happened, in prose.
    public var story: String { "" }
}
