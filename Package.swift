// swift-tools-version: 6.1
import PackageDescription

/// Every target of ours is Swift 6 mode with warnings as errors; dependencies keep their own settings.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .unsafeFlags(["-warnings-as-errors"]),
]

/// What compiles and runs models is optimised in debug builds too: the tests explore every schedule of every scenario.
let hot = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

let package = Package(
    name: "mmuscope",
    products: [
        .executable(name: "mmuscope", targets: ["mmuscope"]),
        .library(name: "IntervalTree", targets: ["IntervalTree"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    ],
    targets: [
        // The interval notifier's data structure, a library of its own.
        .target(name: "IntervalTree", swiftSettings: hot),

        // Text to program, program to states.
        .target(name: "Language", swiftSettings: hot),
        .target(name: "Machine", dependencies: ["Language", "IntervalTree"], swiftSettings: hot),

        // Every schedule of a scenario.
        .target(name: "Explorer", dependencies: ["Machine", "Language"], swiftSettings: hot),

        // The narrow waist: what there is to see, and how a session is driven.
        .target(name: "Scene", swiftSettings: strict),
        .target(name: "Playback", dependencies: ["Scene"], swiftSettings: strict),

        // The two producers of scenes.
        .target(name: "Simulation", dependencies: ["Machine", "Scene", "Playback", "CZlib"], swiftSettings: strict),
        .target(
            name: "KernelTrace", dependencies: ["Scene", "Playback", "IntervalTree", "CZlib"],
            swiftSettings: strict),

        // A model's run held against a kernel recording.
        .target(name: "Agreement", dependencies: ["Machine", "Language", "KernelTrace"], swiftSettings: hot),

        // From scenes to cells, from cells to a terminal.
        .target(name: "Screen", dependencies: ["Scene", "Playback"], swiftSettings: strict),
        .target(name: "Terminal", dependencies: ["Screen", "CNcurses"], swiftSettings: strict),
        .systemLibrary(name: "CNcurses"),
        .systemLibrary(name: "CZlib"),

        // assets/ embedded as Swift literals.
        .target(name: "Models", path: "assets", exclude: ["screen.svg"], swiftSettings: strict, plugins: ["EmbedAssets"]),
        .plugin(name: "EmbedAssets", capability: .buildTool(), dependencies: ["EmbedAssetsTool"], path: "Sources/EmbedAssets"),
        .executableTarget(name: "EmbedAssetsTool", swiftSettings: strict),

        .executableTarget(
            name: "mmuscope",
            dependencies: [
                "Language", "Machine", "Explorer", "Scene", "Playback", "Simulation", "KernelTrace", "Agreement", "Screen",
                "Terminal", "Models",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        // Speed, as ratios to a peer in the same run.
        .executableTarget(
            name: "mmuscope-bench",
            dependencies: ["IntervalTree", "CIntervalTreePeer", "Language", "Machine", "Scene", "Playback", "Simulation", "KernelTrace", "Screen", "Models"],
            path: "Sources/Benchmarks", swiftSettings: strict),
        .target(name: "CIntervalTreePeer", cSettings: [.unsafeFlags(["-O2"])]),

        .testTarget(name: "IntervalTreeTests", dependencies: ["IntervalTree"], swiftSettings: strict),
        .testTarget(name: "LanguageTests", dependencies: ["Language", "Models"], swiftSettings: strict),
        .testTarget(name: "MachineTests", dependencies: ["Machine", "Language", "Models"], swiftSettings: strict),
        .testTarget(
            name: "ExplorerTests", dependencies: ["Explorer", "Machine", "Language", "IntervalTree", "Models"], exclude: ["Golden"],
            swiftSettings: hot),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Simulation", "Language", "Machine", "Scene", "Playback", "Models"], swiftSettings: strict),
        .testTarget(
            name: "KernelTraceTests", dependencies: ["KernelTrace", "Models"],
            resources: [.copy("Recordings")], swiftSettings: strict),
        .testTarget(
            name: "AgreementTests", dependencies: ["Agreement", "KernelTrace", "Machine", "Language", "Models"],
            resources: [.copy("Recordings")], swiftSettings: strict),
        .testTarget(
            name: "ScreenTests", dependencies: ["Screen", "Playback", "Scene"], exclude: ["Golden"],
            swiftSettings: strict),
        .testTarget(name: "TerminalTests", dependencies: ["Terminal", "Screen"], swiftSettings: strict),
        .testTarget(name: "CommandTests", dependencies: ["mmuscope"], swiftSettings: strict),
    ]
)
