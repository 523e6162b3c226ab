/// Finds the name that somebody may have meant.
enum NearestName {
    /// The nearest of the names, if one is near: at most a third of its letters are others.
    static func nearest(to word: String, among names: [String]) -> String? {
        let typed = Array(word.lowercased())
        var best: (name: String, distance: Int)?
        for name in names {
            let letters = Array(name.lowercased())
            let limit = max(1, max(letters.count, typed.count) / 3)
            let distance = letters.starts(with: typed) && typed.count > 1 ? 1 : distance(typed, letters)
            if distance <= limit, distance < best?.distance ?? .max { best = (name, distance) }
        }
        return best?.name
    }

    /// Letters to insert, remove, change or swap with the next.
    static func distance(_ a: [Character], _ b: [Character]) -> Int {
        if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
        var before = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in 1...a.count {
            var row = [i] + [Int](repeating: 0, count: b.count)
            for j in 1...b.count {
                let change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                row[j] = min(change, last[j] + 1, row[j - 1] + 1)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { row[j] = min(row[j], before[j - 2] + 1) }
            }
            (before, last) = (last, row)
        }
        return last[b.count]
    }

    /// "there is no pane 'tabels'; did you mean 'tables'?"
    static func missing(_ what: String, _ word: String, among names: [String]) -> String {
        let start = "there is no \(what) '\(word)'"
        if let near = nearest(to: word, among: names) { return "\(start); did you mean '\(near)'?" }
        if names.isEmpty { return start }
        let list = names.prefix(8).joined(separator: ", ")
        return "\(start); there \(names.count == 1 ? "is" : "are") \(list)" + (names.count > 8 ? ", …" : "")
    }
}
