/// What says where a text comes from and how far it goes. None of it runs.
extension Parser {
    /// `"000/02:1018-1032" "what it says"`, after `source`.
    mutating func passage() throws(Unwind) -> Passage {
        let place = token.range
        let text = try text("a passage after 'source'")
        let says = optionalText() ?? ""
        guard let passage = Passage(text, says: says) else {
            throw fail("'\(text)' is no passage", hint: "passages are \(Passage.forms)", at: place)
        }
        return passage
    }

    /// `outside "name" "why"`, `inside "name" path "what of it"`.
    mutating func scopeEntry(_ word: String) throws(Unwind) -> ScopeEntry {
        let name = try text("what the seeds name after '\(word)'")
        let model = word == "inside" ? try path("the model that has it") : nil
        let note = token
        let words = try text(model == nil ? "why it is left out" : "what of it is there")
        if words.isEmpty { report("'\(name)' needs a reason", at: note.range) }
        return ScopeEntry(name: name, model: model?.text, note: words)
    }
}
