extension Program {
    /// The code of a function as text: for looking into the compiler.
    public func listing(of name: String) -> String {
        var text = ""
        for function in functions where function.name == name {
            text += "\(function.qualifiedName) frame \(function.frame)\n"
            for index in function.entry..<function.end {
                let i = instructions[index]
                text += "  \(index) \(i.op) a\(i.a) b\(i.b) c\(i.c) d\(i.d) bits\(i.bits)"
                if i.op == .statement { text += "  line \(statements[Int(i.a)].line)" }
                text += "\n"
            }
        }
        return text
    }
}
