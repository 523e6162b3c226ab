import Playback
import Scene

@testable import Screen

/// Presses keys, and has the fixture answer each.
struct Driver {
    var state = ScreenState()
    var size = Size(120, 40)
    var change: (inout Scene) -> Void = { _ in }

    var scene: Scene {
        var scene = Fixture.scene(state.request(for: size))
        change(&scene)
        return scene
    }

    var text: String { state.render(scene, size: size).text }

    /// The actions of the last of the keys.
    @discardableResult
    mutating func press(_ keys: Key...) -> [ScreenAction] {
        var actions: [ScreenAction] = []
        for key in keys {
            actions = state.handle(key, scene: scene, size: size)
            _ = state.receive(scene, size: size)
        }
        return actions
    }

    @discardableResult
    mutating func type(_ text: String) -> [ScreenAction] {
        var actions: [ScreenAction] = []
        for character in text { actions = press(.character(character)) }
        return actions
    }

    /// `:` and a line.
    mutating func command(_ line: String) -> [ScreenAction] {
        type(":" + line)
        return press(.enter)
    }
}
