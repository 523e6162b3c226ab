import Foundation
import Language
import Models
import Screen
import Simulation

/// What can be run: the scenarios that the binary carries, and files of the user's own.
struct Catalogue {
    struct Entry {
        var outline: ScenarioOutline
        /// The asset that declares it, without its extension.
        var path: String

        /// What its file is about, by the file's name.
        var group: String? { path.split(separator: "/").last.map { String($0).replacing("_", with: " ") } }
    }

    /// Scenarios and workloads.
    let entries: [Entry]
    /// The kernel's self-tests, as scenarios.
    let selftests: [Entry]

    init() {
        entries = Self.entries(in: "scenarios/")
        selftests = Self.entries(in: "selftests/")
    }

    /// The files whose scenarios come first: the notifier by itself, then who uses it, then what it stands on.
    private static let first = [
        "interval_notifier", "insert_and_remove", "umem_odp", "radeon", "memory", "hmm", "exclusive", "exclusive_dmirror",
        "exclusive_rmap", "migrate",
    ]

    private static func entries(in folder: String) -> [Entry] {
        let assets = embeddedAssets.filter { $0.path.hasPrefix(folder) && $0.path.hasSuffix(".model") }
        let early = first.compactMap { name in assets.first { $0.path == "\(folder)\(name).model" } }
        return (early + assets.filter { asset in !early.contains { $0.path == asset.path } })
            .flatMap { asset -> [Entry] in
                let path = String(asset.path.dropLast(".model".count))
                guard let text = asset.text else { return [] }
                return outline(of: SourceFile(name: path, text: text)).map { Entry(outline: $0, path: path) }
            }
    }

    /// The recordings that the binary carries.
    var recordings: [Asset] { embeddedAssets.filter { $0.path.hasPrefix("traces/") } }

    /// Texts that `use` names: first beside the user's file, then the embedded ones.
    static func modules(beside folder: URL? = nil) -> ModuleLoader {
        { path in
            if let folder,
                let text = try? String(contentsOf: folder.appending(path: "\(path).model"), encoding: .utf8)
            {
                return text
            }
            return Asset.named("\(path).model")?.text
        }
    }

    /// The embedded texts that there are to `use`.
    static var moduleNames: [String] {
        embeddedAssets.map(\.path).filter { $0.hasSuffix(".model") }.map { String($0.dropLast(".model".count)) }
    }

    /// A self-test by its name here or by the kernel's (`hmm.exclusive_cow`), or a file of the user's own as it is. A scenario of
    /// another kind is none.
    func selftest(named name: String) throws -> String {
        if name.contains("/") || name.contains(".model") { return name }
        let names = selftests.map(\.outline.name)
        var plain = name.replacing("_", with: "-")
        for fixture in ["hmm.", "hmm2."] where plain.hasPrefix(fixture) { plain.removeFirst(fixture.count) }
        let spellings = [plain, "hmm-" + plain] + (plain.hasPrefix("hmm-") ? [String(plain.dropFirst(4))] : [])
        if let known = spellings.first(where: names.contains) { return known }
        throw Failure(
            "there is no self-test '\(name)'"
                + (nearestName(to: plain, among: names).map { "; did you mean '\($0)'?" } ?? "; see mmuscope list"))
    }

    /// Compiles what a user named: a scenario's name, a file, or `FILE:SCENARIO`.
    /// - Parameters:
    ///   - prefersSelftests: which is meant when a scenario and a self-test have the same name.
    ///   - operations: whether it can be perturbed, where the texts go together with the library's operations.
    func program(
        _ name: String, settings: [String: Int64], faults: [String], prefersSelftests: Bool = false,
        operations: Bool = false
    ) throws -> Program {
        var options = CompileOptions(scenario: name, settings: settings, faults: faults, operations: operations)
        let all = prefersSelftests ? selftests + entries : entries + selftests
        if let entry = all.first(where: { $0.outline.name == name }) {
            guard let text = Asset.named("\(entry.path).model")?.text else {
                throw Failure("\(entry.path) is not in this binary")
            }
            return try compile(SourceFile(name: entry.path, text: text), options, Self.modules(), file: nil)
        }
        let (path, scenario) = Self.split(name)
        guard path.contains("/") || path.hasSuffix(".model") || FileManager.default.fileExists(atPath: path) else {
            let near = nearestName(to: name, among: (entries + selftests).map(\.outline.name))
            throw Failure(
                "there is no scenario '\(name)'" + (near.map { "; did you mean '\($0)'?" } ?? "; see mmuscope list"))
        }
        options.scenario = scenario
        let source = try Self.source(path)
        let modules = Self.modules(beside: URL(filePath: path).deletingLastPathComponent())
        return try compile(source, options, modules, file: path)
    }

    private func compile(
        _ source: SourceFile, _ options: CompileOptions, _ modules: ModuleLoader, file: String?
    ) throws -> Program {
        // A user's text may declare what the operations declare too: it runs without them then, as it does in a check.
        if options.operations, let program = try? Language.compile(source, options: options, modules: modules) { return program }
        var options = options
        options.operations = false
        do {
            return try Language.compile(source, options: options, modules: modules)
        } catch {
            let count = error.diagnostics.count
            // What is wrong with a setting has no place in a text: one line tells it.
            if count == 1, let only = error.diagnostics.first, only.line == 1, only.column == 1 {
                throw Failure((file.map { "\($0): " } ?? "") + only.message + (only.hint.map { "; \($0)" } ?? ""))
            }
            throw Failure("\(count) mistake\(count == 1 ? "" : "s") in \(source.name)\n\n\(error.rendered)")
        }
    }

    /// The file that a name stands for, and the scenario in it; `nil` for what the binary carries.
    static func userFile(_ name: String) -> (path: String, scenario: String?)? {
        let (path, scenario) = split(name)
        let isPath = path.contains("/") || path.hasSuffix(".model") || FileManager.default.fileExists(atPath: path)
        return isPath ? (path, scenario) : nil
    }

    private static func split(_ name: String) -> (path: String, scenario: String?) {
        guard let colon = name.lastIndex(of: ":"), !FileManager.default.fileExists(atPath: name) else {
            return (name, nil)
        }
        return (String(name[..<colon]), String(name[name.index(after: colon)...]))
    }

    /// The text of a user's file.
    static func source(_ path: String) throws -> SourceFile {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw Failure("\(path): there is no such file")
        }
        guard !isFolder.boolValue else { throw Failure("\(path): is a directory, not a model") }
        guard let data = FileManager.default.contents(atPath: path) else { throw Failure("\(path): cannot be read") }
        guard let text = String(data: data, encoding: .utf8) else {
            let isRecording = path.hasSuffix(".mmurec")
            throw Failure("\(path): is " + (isRecording ? "a recording, not a model: `mmuscope replay \(path)` opens it" : "not UTF-8 text"))
        }
        // Called as one of the binary's own it would be taken for that.
        return SourceFile(name: RunSetup.isCarried(path) ? "./\(path)" : path, text: text)
    }

    /// What the home screen lists.
    func homeItems() -> [HomeItem] {
        let tests = Set(selftests.map(\.outline.name))
        let models = (entries + selftests).map { entry in
            HomeItem(
                section: tests.contains(entry.outline.name)
                    ? .selftests : entry.outline.isWorkload ? .workloads : .scenarios,
                group: entry.group, name: entry.outline.name,
                summary: entry.outline.summary, verdict: entry.outline.expectation.map(\.text),
                details: ["mmuscope run \(entry.outline.name)", "assets/\(entry.path).model"])
        }
        let traces = recordings.map { asset in
            let file = String(asset.path.dropFirst("traces/".count))
            return HomeItem(
                section: .recordings, name: file, summary: Self.recordingSummaries[file] ?? "A kernel recording.",
                details: ["ftrace text from Linux 6.1, gzip, \(asset.data.count / 1024) KiB"])
        }
        return models + runs() + traces
    }

    /// What was recorded here, and what ran last.
    private func runs() -> [HomeItem] {
        var items: [HomeItem] = []
        if let path = RecoveryFile.path, FileManager.default.fileExists(atPath: path) {
            items.append(
                HomeItem(
                    section: .recordings, name: Self.lastSession, summary: "What ran last, to have it again.",
                    details: [path, "mmuscope replay"]))
        }
        let files = (try? FileManager.default.contentsOfDirectory(atPath: ".")) ?? []
        return items + files.filter { $0.hasSuffix(".mmurec") }.sorted().map { file in
            HomeItem(
                section: .recordings, name: file, summary: "A recording of a run, in the current folder.",
                details: ["mmuscope replay \(file)"])
        }
    }

    /// What the home screen calls the session that is kept.
    static let lastSession = "last session"

    private static let recordingSummaries = [
        "d0_mni_tiny.trace.gz":
            "A real 6.1 kernel: three tasks insert, read and remove notifiers while the process unmaps and forks.",
        "t_hmm_anon_read.trace.gz":
            "The kernel's own HMM self-test anon_read: a device reads 4 MiB through hmm_range_fault.",
    ]
}
