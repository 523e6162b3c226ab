/// What is done with sequence numbers: as long as it is only what the interval notifier does, states can be told apart by the
/// distances between them alone.
extension Compiler {
    private mutating func giveUpRelativeSequences() { program.hasRelativeSequences = false }

    /// The constant that an operand is.
    private func constantValue(_ operand: Operand) -> Int64? {
        operand.code < 0 ? program.constants[Int(~operand.code)] : nil
    }

    /// Counting the mm's own number on or back by one, or making it odd: all else tells more of a number than where it
    /// stands, and an old one that is counted on could come to equal others.
    mutating func noteCalculation(_ op: Opcode, _ left: Operand, _ right: Operand) {
        guard left.isEpoch, constantValue(right) == 1, op == .add || op == .subtract || op == .or else { return giveUpRelativeSequences() }
    }

    /// Equality with a number of the same kind, or with 0.
    mutating func noteComparison(_ op: String, _ first: Operand, _ second: Operand) {
        guard first.type.sequenceBits != nil || second.type.sequenceBits != nil else { return }
        guard op == "==" || op == "!=" else { return giveUpRelativeSequences() }
        guard constantValue(first) != 0, constantValue(second) != 0 else { return }
        noteMixture(first, second.type)
    }

    /// A value goes where one of another type is kept.
    mutating func noteMixture(_ value: Operand, _ type: ValueType) {
        guard value.type != .mistake, type != .mistake, value.type.sequenceBits != type.sequenceBits else { return }
        if value.type.sequenceBits == nil, constantValue(value) == 0 { return }
        giveUpRelativeSequences()
    }

    /// A value is used as a number like any other: an index, a bound, an operand.
    mutating func noteUse(_ value: Operand, as type: ValueType) {
        if type == .number, value.type.sequenceBits != nil { giveUpRelativeSequences() }
    }

    /// The number that all others count from may begin anywhere, and from there only goes on: counted back it could come to
    /// equal an old one.
    mutating func noteStore(_ value: Operand, _ place: Place, isFirst: Bool) {
        if let field = place.field, isEpoch(field) {
            if isFirst, constantValue(value) != nil { return }
            guard isFirst || value.isAdvanced else { return giveUpRelativeSequences() }
        }
        noteMixture(value, place.type)
    }

    /// Whether a field is what others of its type are relative to.
    func isEpoch(_ field: Place.Field) -> Bool {
        program.epochs.contains {
            $0.record == field.record && program.records[$0.record].fields[$0.field].offset == field.offset
        }
    }
}
