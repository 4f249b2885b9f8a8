import CRE2

// DESIGN. Expressions come from tenants and are matched with names from uploads, so no pair of them may take long: RE2
// matches in time that is proportional to the text. It refuses features that it cannot match in such time
// (back-references, look-around). This is the only file that knows RE2.

/// A regular expression in RE2's syntax (github.com/google/re2/wiki/Syntax), whatever the case of letters. For one thread.
final class Expression {
    /// The most bytes that RE2 uses for one expression: its program and the states that it caches while matching.
    static let memoryLimit: Int64 = 128 << 10
    /// The most instructions of its program. A byte of a name costs at most that many steps of some nanoseconds.
    static let instructionLimit: Int32 = 2000

    private let handle: OpaquePointer

    /// Throws RE2's reason when it does not know the expression, or finds it too large.
    init(_ text: String) throws(NamePatternError) {
        var text = text
        var reason = [CChar](repeating: 0, count: 256)
        let made = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { bytes in
                waybill_re2_create(
                    bytes.baseAddress, bytes.count, Self.memoryLimit, Self.instructionLimit, &reason, reason.count)
            }
        }
        guard let made else {
            throw .notUnderstood(
                why: String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        handle = made
    }

    deinit { waybill_re2_destroy(handle) }

    /// Whether the whole text matches.
    func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { waybill_re2_matches(handle, $0.baseAddress, $0.count) }
        }
    }
}
