import Testing

@testable import Explorer

@Suite("State store") struct StoreTests {
    @Test("rows come back as they were put in, and the same row has the same number", arguments: [1, 2, 3, 7, 64, 301])
    func backAndForth(wordCount: Int) {
        let store = StateStore(wordCount: wordCount)
        var numbers: UInt64 = 0x2545_F491_4F6C_DD1D ^ UInt64(wordCount)
        func random(_ limit: UInt64) -> UInt64 {
            numbers ^= numbers << 13
            numbers ^= numbers >> 7
            numbers ^= numbers << 17
            return numbers % limit
        }
        var rows: [[UInt32]] = []
        var known: [[UInt32]: Int] = [:]
        var row = [UInt32](repeating: 0, count: wordCount)
        for _ in 0..<3_000 {
            // Mostly a few words away from one that is there, as states are.
            if !rows.isEmpty { store.load(Int(random(UInt64(rows.count))), into: &row) }
            for _ in 0..<(1 + random(3)) { row[Int(random(UInt64(wordCount)))] = UInt32(random(5)) &* 0x4000_0001 }
            let (state, isNew) = store.insert(row)
            #expect(isNew == (known[row] == nil))
            #expect(state == known[row] ?? rows.count)
            if isNew {
                known[row] = rows.count
                rows.append(row)
            }
        }
        #expect(store.count == rows.count)
        for index in rows.indices.shuffled() {
            store.load(index, into: &row)
            #expect(row == rows[index])
        }
    }
}
