import Playback
import Scene

/// An operation that is being chosen: what was answered so far.
public struct PerturbFlow: Sendable, Equatable {
    public var operation: OperationInfo
    public var arguments: [PerturbationArgument] = []

    /// What has to be asked next; `nil` when everything is there.
    var next: OperationInfo.Parameter? {
        arguments.count < operation.parameters.count ? operation.parameters[arguments.count] : nil
    }

    /// "munmap: range".
    var question: String { operation.name + (next.map { ": \($0.name)" } ?? "") }

    func answered(_ argument: PerturbationArgument) -> PerturbFlow {
        var copy = self
        copy.arguments.append(argument)
        return copy
    }
}

/// Pages are picked on the address pane: one, or the first and the last of a range.
public struct Picking: Sendable, Equatable {
    public var flow: PerturbFlow
    /// Where the cursor is.
    public var cursor: UInt64
    /// The first end, once it is set.
    public var first: UInt64?
    /// Where the focus goes back to.
    var focus: PaneID
    var isZoomed: Bool

    var isRange: Bool {
        if case .range = flow.next { return true }
        return false
    }

    /// What is picked now, for columns of so many addresses.
    func range(_ units: UInt64) -> AddressRange {
        let start = first ?? cursor
        return AddressRange(min(start, cursor), max(start, cursor) &+ (isRange ? max(1, units) - 1 : 0))
    }
}

extension ScreenState {
    /// Asks for what an operation still needs; carries it out when it has everything.
    mutating func proceed(_ start: PerturbFlow, _ scene: Scene, _ size: Size) -> [ScreenAction] {
        var flow = start
        overlay = nil
        if let obstacle = flow.operation.obstacle {
            message = "\(flow.operation.name): \(obstacle)"
            return []
        }
        while let parameter = flow.next {
            switch parameter {
            case .record(let name, let instances):
                if instances.count == 1, let only = instances.first {
                    flow = flow.answered(.record(only))
                    continue
                }
                if instances.isEmpty {
                    message = "\(flow.operation.name): there is no \(name) now"
                } else {
                    overlay = .picker(Picker(.records(flow)))
                }
            case .range, .address: beginPicking(flow, scene, size)
            case .flag: overlay = .question(flow)
            case .number: overlay = .prompt(Prompt(.number(flow)))
            }
            return []
        }
        let words = "\(flow.operation.name) " + flow.arguments.map(Words.argument).joined(separator: " ")
        message = words
        echo = Echo(words: words, before: scene.message)
        return [.playback(.perturb(.operation(name: flow.operation.name, arguments: flow.arguments)))]
    }

    private mutating func beginPicking(_ flow: PerturbFlow, _ scene: Scene, _ size: Size) {
        let space = scene.addressSpace
        guard space.columns > 0 else {
            message = "\(flow.operation.name): there is no address space to pick pages of"
            return
        }
        var cursor = firstPage(space)
        if case .page(let page) = selection { cursor = page }
        overlay = .picking(Picking(flow: flow, cursor: cursor, focus: focus, isZoomed: isZoomed))
        focus = .addressSpace
        isZoomed = false
        keepInView(cursor, space, layout(scene, size: size).rect(of: .addressSpace))
    }

    /// Keys while pages are picked.
    mutating func handle(_ key: Key, in picking: Picking, _ scene: Scene, _ size: Size) -> [ScreenAction] {
        var picking = picking
        let space = scene.addressSpace
        let units = max(1, space.unitsPerColumn)
        let page = UInt64(max(1, space.columns / 4)) * units
        switch key {
        case .left, .character("h"): picking.cursor = decreased(picking.cursor, by: units)
        case .right, .character("l"): picking.cursor = increased(picking.cursor, by: units, space)
        case .pageUp: picking.cursor = decreased(picking.cursor, by: page)
        case .pageDown: picking.cursor = increased(picking.cursor, by: page, space)
        case .home: picking.cursor = space.extent?.first ?? space.origin
        case .end: picking.cursor = space.extent?.last ?? picking.cursor
        case .character(">"): zoomAxis(inward: true, scene, size)
        case .character("<"): zoomAxis(inward: false, scene, size)
        case .enter, .character(" "): return set(picking, scene, size)
        case .escape, .backspace:
            if picking.first != nil {
                picking.first = nil
            } else {
                endPicking(picking)
                message = "nothing was changed"
                return []
            }
        default: return []
        }
        overlay = .picking(picking)
        keepInView(picking.cursor, space, layout(scene, size: size).rect(of: .addressSpace))
        return []
    }

    /// Sets an end at the cursor; with the last one the operation goes on.
    mutating func set(_ picking: Picking, _ scene: Scene, _ size: Size) -> [ScreenAction] {
        let range = picking.range(scene.addressSpace.unitsPerColumn)
        if picking.isRange, picking.first == nil {
            var picking = picking
            picking.first = picking.cursor
            overlay = .picking(picking)
            return []
        }
        endPicking(picking)
        return proceed(
            picking.flow.answered(
                picking.isRange ? .range(first: range.first, last: range.last) : .number(Int64(clamping: picking.cursor))),
            scene, size)
    }

    mutating func endPicking(_ picking: Picking) {
        overlay = nil
        focus = picking.focus
        isZoomed = picking.isZoomed
    }

    /// Keys while yes or no is asked.
    mutating func handle(_ key: Key, in flow: PerturbFlow, _ scene: Scene, _ size: Size) -> [ScreenAction] {
        switch key {
        case .character("y"), .character("Y"): return proceed(flow.answered(.flag(true)), scene, size)
        case .character("n"), .character("N"): return proceed(flow.answered(.flag(false)), scene, size)
        case .escape:
            overlay = nil
            message = "nothing was changed"
        default: break
        }
        return []
    }
}
