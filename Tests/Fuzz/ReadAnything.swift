import BOM

// DESIGN. libFuzzer calls `LLVMFuzzerTestOneInput` with generated input. A crash, a trap, an input that takes longer than
// `-timeout`, or more memory than `-rss_limit_mb` is a finding. Readers must accept any bytes and end, with a document or an
// error.

/// Discards the parts of a document.
private struct Sink: BOMReceiver {
    mutating func component(_ component: Component) {}
    mutating func file(_ file: SourceFile) {}
    mutating func dependency(_ dependency: Dependency) {}
    mutating func vulnerability(_ vulnerability: VulnerabilityClaim) {}
    mutating func warning(_ text: String) {}
    mutating func document(_ document: BOMDocument) {}
}

@_cdecl("LLVMFuzzerTestOneInput")
public func readAnything(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start else { return 0 }
    var sink = Sink()
    // Most inputs are refused, which is a valid end.
    _ = try? BOMReader.read(bytes: Array(UnsafeBufferPointer(start: start, count: count)), into: &sink)
    return 0
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ input: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The entry point that the package manager gives the linker, in place of libFuzzer's own `main`.
@_cdecl("fuzz_main")
public func start(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    var (count, arguments) = (count, arguments)
    return runFuzzer(&count, &arguments, readAnything)
}
