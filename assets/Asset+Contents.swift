import Foundation

extension Asset {
    /// The bytes of the file.
    public var data: Data {
        switch content {
        case .text(let text): Data(text.utf8)
        // The literal was written by our own build tool; an undecodable one would be empty rather than a trap.
        case .base64(let text): Data(base64Encoded: text) ?? Data()
        }
    }

    /// The file as text, or `nil` when it is binary.
    public var text: String? {
        switch content {
        case .text(let text): text
        case .base64: nil
        }
    }

    /// The asset at this path, relative to the assets folder.
    public static func named(_ path: String) -> Asset? {
        embeddedAssets.first { $0.path == path }
    }
}
