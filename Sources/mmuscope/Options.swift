import ArgumentParser
import Screen
import Terminal

/// How it looks, for every command that draws.
struct DisplayOptions: ParsableArguments {
    @Flag(help: "Draw with ASCII characters only.")
    var ascii = false

    @Flag(name: .customLong("no-color"), help: "Draw without colours (as NO_COLOR does).")
    var noColour = false

    func app(_ catalogue: Catalogue) -> App.Options {
        App.Options(ascii: ascii, noColour: noColour) { item in try Sessions.open(item, catalogue) }
    }
}

/// What a model is compiled and run with.
struct ModelOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Set a parameter of the model.", valueName: "name=value"))
    var set: [String] = []

    @Option(name: .long, help: "Switch a fault on.")
    var fault: [String] = []

    @Option(name: .long, help: "The seed of the policy's choices.")
    var seed: UInt64 = 0

    func settings() throws -> [String: Int64] {
        var result: [String: Int64] = [:]
        for entry in set {
            let parts = entry.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let value = Self.number(parts[1]) else {
                throw Failure("--set takes name=value with a number, not '\(entry)'")
            }
            result[parts[0]] = value
        }
        return result
    }

    private static func number(_ text: String) -> Int64? {
        text.hasPrefix("0x") ? Int64(text.dropFirst(2), radix: 16) : Int64(text)
    }
}
