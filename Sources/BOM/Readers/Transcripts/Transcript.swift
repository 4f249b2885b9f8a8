import Bytes

// DESIGN. A standard is read in one form, JSON. Every other syntax is a source of that form, which converts the text
// piece by piece. So the mapping to the model, the limits and their tests exist once for each standard, and a syntax only
// adds the parsing of its text. Writing and reading JSON in between costs about a third of the time that libxml2 takes
// for the same text. A transcript is an output buffer that is emptied into the reader's window.

/// JSON text that is made while it is read.
final class Transcript {
    /// The text that was made but not read yet.
    var json = ByteSink()
    private var taken = 0
    private var isOver = false
    private let sayWarning: (String) -> Void
    private var warnings = 0

    private init(_ warn: @escaping (String) -> Void) { sayWarning = warn }

    /// Reports something unusual, unless that was done often enough.
    func warn(_ text: @autoclosure () -> String) {
        warnings += 1
        if warnings <= BOMAssembly.warningsOfAKind { sayWarning(text()) }
    }

    /// The text as a source. `advance` adds to the text; it returns false at the end.
    static func source(
        warn: @escaping (String) -> Void = { _ in },
        _ advance: @escaping (Transcript) throws(JSONError) -> Bool
    ) -> JSONReader.Source {
        let transcript = Transcript(warn)
        return { (buffer) throws(JSONError) in
            while transcript.taken == transcript.json.count {
                transcript.json.removeAll()
                transcript.taken = 0
                if transcript.isOver { return 0 }
                transcript.isOver = try !advance(transcript)
                let unsaid = transcript.warnings - BOMAssembly.warningsOfAKind
                if transcript.isOver, unsaid > 0 { warn("\(unsaid) more oddities of that kind") }
            }
            let count = transcript.json.copy(from: transcript.taken, to: buffer)
            transcript.taken += count
            return count
        }
    }

    /// A string member's value, or any string.
    func string(_ bytes: [UInt8].SubSequence) {
        bytes.withUnsafeBytes { json.append(jsonString: $0) }
    }

    /// The text as a number if it is one, otherwise as a string.
    func number(_ bytes: [UInt8].SubSequence) {
        if Self.isNumber(bytes) { json.append(Array(bytes)) } else { string(bytes) }
    }

    /// `true` and `1`, `false` and `0` (XML Schema 2, §3.2.2) as Booleans; other texts as strings.
    func boolean(_ bytes: [UInt8].SubSequence) {
        if bytes.elementsEqual("true".utf8) || bytes.elementsEqual("1".utf8) {
            json.append("true")
        } else if bytes.elementsEqual("false".utf8) || bytes.elementsEqual("0".utf8) {
            json.append("false")
        } else {
            string(bytes)
        }
    }

    /// Whether the text is a number by RFC 8259 §6.
    static func isNumber(_ bytes: [UInt8].SubSequence) -> Bool {
        guard bytes.count <= 40 else { return false }
        var rest = bytes
        func digits() -> Int {
            let count = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
            rest.removeFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        let leading = rest.first
        let whole = digits()
        guard whole == 1 || whole > 1 && leading != UInt8(ascii: "0") else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            guard digits() > 0 else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}

/// Reads a source piece by piece, for parsers that receive bytes instead of requesting them.
final class Pieces {
    private let source: JSONReader.Source
    private let buffer: UnsafeMutableRawBufferPointer

    init(_ source: @escaping JSONReader.Source, size: Int = 1 << 16) {
        self.source = source
        buffer = .allocate(byteCount: size, alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// The next piece, valid until the next call; empty at the end.
    func next() throws(JSONError) -> UnsafeRawBufferPointer {
        let count = try source(buffer)
        return UnsafeRawBufferPointer(rebasing: buffer[..<max(0, min(count, buffer.count))])
    }
}
