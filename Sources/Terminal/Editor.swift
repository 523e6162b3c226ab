import Glibc

/// The user's editor.
enum Editor {
    /// As the environment names it; it may have arguments of its own.
    static var name: String {
        for variable in ["VISUAL", "EDITOR"] {
            guard let value = getenv(variable) else { continue }
            let name = String(cString: value)
            if !name.allSatisfy(\.isWhitespace) { return name }
        }
        return "vi"
    }

    /// What opens a file at a line (1-based).
    static func command(_ path: String, line: Int, editor: String = Editor.name) -> [String] {
        // A name with a dash in front would be an option.
        let file = path.hasPrefix("-") ? "./\(path)" : path
        // The shell takes the editor's own arguments apart, as git has it do.
        return ["/bin/sh", "-c", "\(editor) \"$@\"", editor] + arguments(file, max(1, line), of: editor)
    }

    private static func arguments(_ file: String, _ line: Int, of editor: String) -> [String] {
        let program = editor.split(separator: " ").first?.split(separator: "/").last.map(String.init) ?? ""
        switch program {
        case "code", "codium", "code-insiders", "cursor": return ["--wait", "--goto", "\(file):\(line)"]
        case "subl", "zed", "zeditor": return ["--wait", "\(file):\(line)"]
        case "hx", "helix": return ["\(file):\(line)"]
        case "ed", "ex", "sed": return [file]
        default: return ["+\(line)", file]
        }
    }
}
