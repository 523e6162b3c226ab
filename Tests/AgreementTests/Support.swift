import Foundation
import KernelTrace
import Language
import Models
import Testing

@testable import Agreement

/// The recordings of the self-tests, by their file's name without its endings.
func recordingNames() throws -> [String] {
    let folder = try #require(Bundle.module.resourceURL).appending(path: "Recordings")
    return try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { $0.hasSuffix(".trace.gz") }.map { String($0.dropLast(".trace.gz".count)) }.sorted()
}

func recordedRun(_ name: String) throws -> RecordedRun {
    let url = Bundle.module.url(forResource: "\(name).trace", withExtension: "gz", subdirectory: "Recordings")
    return RecordedRun(try TraceRecording.open(path: try #require(url).path))
}

/// A recording from its text.
func recordedRun(text: String) throws -> RecordedRun {
    RecordedRun(try TraceRecording.read(Array(text.utf8), name: "made-up"))
}

let modules: ModuleLoader = { path in Asset.named("\(path).model")?.text }

/// The lab's scenario, compiled.
func lab(_ scenario: String, settings: [String: Int64] = [:], faults: [String] = []) throws -> Program {
    try compile(
        SourceFile(name: "lab", text: labModel),
        options: CompileOptions(scenario: scenario, settings: settings, faults: faults), modules: modules)
}

func compared(
    _ scenario: String, _ run: RecordedRun, settings: [String: Int64] = [:], faults: [String] = [],
    differences: [Difference] = Difference.all
) throws -> AgreementResult {
    try agreement(
        of: lab(scenario, settings: settings, faults: faults), with: run, test: scenario, differences: differences)
}

/// A driver with nothing but a notifier, and processes that do little.
let labModel = """
    use kernel/interval_notifier
    use kernel/address_space

    param aslr = 0 "where in a huge page mappings begin"
    param children = 1 "children that nobody watches"
    fault no_set_seq "the callback sets no seq"

    record Gate "gate" { open: bool; left: int }

    driver dev {
        record Dev "dev" pool 2 {
            notifier: Interval
            lock: mutex
        }
        invalidate(d: Dev, range: Range, cur_seq: seq) -> bool {
            lock d.lock
            if !fault(no_set_seq) { set_seq(d.notifier, cur_seq) }
            unlock d.lock
            return true
        }
        open(mm: MM) -> Dev {
            let d = new Dev
            let ret = interval_insert(d.notifier, mm, 0, VA_MAX)
            return d
        }
        read(d: Dev, start: va, last: va) {
            let seq = read_begin(d.notifier)
            lock d.lock
            let ret = 0
            if read_retry(d.notifier, seq) { ret = -EBUSY }
            unlock d.lock
            let sub = d.notifier
            say result: "hmm_range_fault({sub}, {start}..{last}) gives {ret}"
        }
        // What the read was for, with what is left of it when another has unmapped meanwhile.
        use_it(d: Dev, gate: Gate, start: va, last: va) {
            lock d.lock
            let is_left = gate.left == 0
            unlock d.lock
            if !is_left { read(d, start..last) }
        }
        close(d: Dev) {
            interval_remove(d.notifier)
            free d
        }
    }

    change(mm: MM, event: Event, start: va, last: va) {
        let range = new Range { mm: mm, start: start, last: last, event: event, blockable: true }
        let ret = invalidate_range_start(range)
        invalidate_range_end(range)
        free range
    }

    scenario open-close {
        "A device is opened and closed."
        thread process {
            let mm = new_mm()
            let d = dev.open(mm)
            dev.close(d)
            mmput(mm)
        }
    }

    scenario anon-read {
        "A device reads 1024 pages, 64 at once."
        thread process {
            let mm = new_mm()
            let d = dev.open(mm)
            change(mm, CLEAR, 0x300..0x300)
            let base: va = 0x400 + aslr
            let huge: va = (base + 1023) & 0xfffffe00
            change(mm, CLEAR, huge..huge + 511)
            change(mm, PROTECTION_VMA, base..base + 1023)
            for i in 0..15 { dev.read(d, base + i * 64, base + i * 64 + 63) }
            change(mm, UNMAP, base..base + 1023)
            change(mm, UNMAP, base + 1024..base + 2048)
            dev.close(d)
            mmput(mm)
        }
    }

    scenario unwatched {
        "A child of which nothing is told keeps pages shared until it exits."
        set mms = 2
        let mm = new_mm()
        let gate = new Gate
        thread process {
            let d = dev.open(mm)
            gate.left = 1
            gate.open = true
            for page in 0x400..0x40f {
                if gate.left > 0 { change(mm, CLEAR, page..page) }
            }
            change(mm, UNMAP, 0x400..0x40f)
            await gate.left == 0
            dev.close(d)
        }
        thread child {
            await gate.open
            let own = new_mm()
            change(own, CLEAR, 0x400..0x40f)
            mmput(own)
            gate.left = 0
        }
    }

    scenario reads-and-uses {
        "A device reads, and then uses what it has read; if that has gone it reads again."
        let mm = new_mm()
        let gate = new Gate
        let d: dev.Dev
        thread reader {
            d = dev.open(mm)
            gate.open = true
            dev.read(d, 0x400..0x43f)
            dev.use_it(d, gate, 0x400..0x43f)
            change(mm, UNMAP, 0x800..0x80f)
            await gate.left == 2
            dev.close(d)
        }
        thread unmapper {
            await gate.open
            change(mm, CLEAR, 0x400..0x7ff)
            gate.left = 1
            change(mm, UNMAP, 0x400..0x7ff)
            gate.left = 2
        }
    }

    scenario reopens {
        "The same notifier is registered twice."
        thread process {
            let mm = new_mm()
            let d = new dev.Dev
            for round in 1..2 {
                let ret = interval_insert(d.notifier, mm, 0, VA_MAX)
                interval_remove(d.notifier)
            }
        }
    }

    scenario two-threads {
        "A device reads while another thread unmaps."
        let mm = new_mm()
        let gate = new Gate
        let d: dev.Dev
        thread reader {
            d = dev.open(mm)
            gate.open = true
            dev.read(d, 0x400..0x43f)
            dev.read(d, 0x400..0x43f)
            await gate.left == 1
            dev.close(d)
        }
        thread unmapper {
            await gate.open
            change(mm, UNMAP, 0x400..0x7ff)
            gate.left = 1
        }
    }
    """
