/// Says in words what a text without ftrace lines looks like.
func describeKind(of bytes: Bytes) -> String {
    func starts(_ prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }
    func starts(_ prefix: String) -> Bool { bytes.starts(with: prefix.utf8) }
    if starts("# tracer: function_graph") { return "the function_graph tracer's output, which isn't supported" }
    if starts("# tracer: ") { return "an ftrace buffer without events" }
    if starts([0x17, 0x08, 0x44]) { return "a trace.dat file: convert it with `trace-cmd report`" }
    if starts("mmurec") { return "a recording of a run: open it with `mmuscope replay`" }
    if starts("PERFILE2") { return "a perf.data file: convert it with `perf script`" }
    if starts([0x7f, 0x45, 0x4c, 0x46]) { return "an ELF program or library" }
    if starts("PK\u{3}\u{4}") { return "a zip archive" }
    if starts([0xfd, 0x37, 0x7a, 0x58, 0x5a]) { return "an xz archive: unpack it first" }
    if starts([0x28, 0xb5, 0x2f, 0xfd]) { return "a zstd archive: unpack it first" }
    if starts("BZh") { return "a bzip2 archive: unpack it first" }
    if starts([0x89, 0x50, 0x4e, 0x47]) { return "a PNG picture" }
    if starts("%PDF") { return "a PDF document" }
    if starts([0xff, 0xfe]) || starts([0xfe, 0xff]) { return "UTF-16 text" }
    if starts("{\"version\"") { return "an asciicast" }
    if starts("{") || starts("[") { return "JSON" }
    if starts("<") { return "HTML or XML" }
    if starts("Attach") { return "bpftrace output without events" }
    let head = bytes.prefix(4096)
    if head.contains(0) { return "binary data" }
    let controls = head.count { $0 < 0x20 && $0 != 9 && $0 != 10 && $0 != 13 && $0 != 27 }
    return controls * 8 > head.count ? "binary data" : "other text"
}
