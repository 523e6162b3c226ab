import Language

/// What matters of a state: two states that no future can tell apart have the same key, two that some future can have
/// different ones. The words of its ``NormalForm``.
public struct CanonicalKey: Hashable, Sendable {
    let words: [UInt32]
    let wide: [Int64]
}

extension Machine {
    /// The key of the present state. Who needs many keeps a ``NormalForm``.
    public var canonicalKey: CanonicalKey {
        let form = NormalForm(program)
        var words = [UInt32](repeating: 0, count: form.wordCount)
        form.encode(state, into: &words)
        return CanonicalKey(words: words, wide: form.wide)
    }
}
