import Foundation

// embed-assets FOLDER OUTPUT: writes OUTPUT, a Swift file in which every file below FOLDER stands as a literal.
// Text (UTF-8) becomes a string, anything else base64; pictures (SVG) are left out.

guard CommandLine.arguments.count == 3 else {
    FileHandle.standardError.write(Data("usage: EmbedAssetsTool FOLDER OUTPUT\n".utf8))
    exit(2)
}
let root = URL(filePath: CommandLine.arguments[1]).standardizedFileURL
let output = URL(filePath: CommandLine.arguments[2])

var entries: [(path: String, literal: String)] = []
for case let file as URL in FileManager.default.enumerator(at: root, includingPropertiesForKeys: [.isRegularFileKey]) ?? .init() {
    guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true,
        !file.lastPathComponent.hasPrefix("."), file.pathExtension != "svg"
    else { continue }
    let path = String(file.standardizedFileURL.path.dropFirst(root.path.hasSuffix("/") ? root.path.count : root.path.count + 1))
    let data = try Data(contentsOf: file)
    entries.append((path, literal(for: data)))
}
entries.sort { $0.path < $1.path }

var text = """
    /// A file of the assets folder, carried in the binary.
    public struct Asset: Sendable {
        /// Relative to the assets folder: "kernel/interval_notifier.model".
        public let path: String
        let content: Content

        enum Content: Sendable {
            case text(String)
            case base64(String)
        }
    }

    /// Every asset, in path order.
    public let embeddedAssets: [Asset] = [

    """
for entry in entries { text += "    Asset(path: \(quoted(entry.path)), content: \(entry.literal)),\n" }
text += "]\n"
try text.write(to: output, atomically: true, encoding: .utf8)

func literal(for data: Data) -> String {
    if let text = String(data: data, encoding: .utf8), !data.contains(0) {
        return ".text(\(quoted(text)))"
    }
    return ".base64(\"\(data.base64EncodedString())\")"
}

/// A one-line Swift string literal: every character that could end or change it is escaped.
func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case let other where other.value < 0x20 || other.value == 0x7f:
            result += "\\u{\(String(other.value, radix: 16))}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
