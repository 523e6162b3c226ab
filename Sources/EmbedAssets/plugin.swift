import Foundation
import PackagePlugin

/// Turns every file of the target that uses it into a Swift literal, so that the binary carries its assets.
@main
struct EmbedAssets: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: Target) async throws -> [Command] {
        guard let target = target as? SourceModuleTarget else { return [] }
        let output = context.pluginWorkDirectoryURL.appending(path: "Assets.swift")
        // The folder is walked rather than the target's file list: files of no known kind count too.
        let inputs = files(under: target.directoryURL)
        return [
            .buildCommand(
                displayName: "Embedding \(inputs.count) assets",
                executable: try context.tool(named: "EmbedAssetsTool").url,
                arguments: [target.directoryURL.path(), output.path()],
                inputFiles: inputs, outputFiles: [output])
        ]
    }

    private func files(under root: URL) -> [URL] {
        let keys: [URLResourceKey] = [.isRegularFileKey]
        guard let walk = FileManager.default.enumerator(at: root, includingPropertiesForKeys: keys) else { return [] }
        return walk.compactMap { $0 as? URL }
            // Pictures are for readers of the repository.
            .filter { $0.pathExtension != "svg" }
            .filter { (try? $0.resourceValues(forKeys: Set(keys)).isRegularFile) == true }
            .sorted { $0.path < $1.path }
    }
}
