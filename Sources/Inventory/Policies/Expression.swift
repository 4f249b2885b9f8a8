import CRE2

// DESIGN. Tenants write expressions, and uploads bring the names to match. No pair of them may take long, so RE2 does
// the matching: its time is proportional to the text. RE2 refuses features that would take longer (back-references,
// look-around). This is the only file that knows RE2.

/// A regular expression in RE2's syntax (github.com/google/re2/wiki/Syntax) that ignores the case of letters. Belongs to
/// one thread.
final class Expression {
    /// The most bytes that RE2 uses for one expression: its program, and the states that it caches during a match.
    static let memoryLimit: Int64 = 128 << 10
    /// The most instructions of its program. Each byte of a name costs at most this many steps, of a few nanoseconds
    /// each.
    static let instructionLimit: Int32 = 2000

    private let handle: OpaquePointer

    /// Throws RE2's reason when RE2 refuses the expression or finds it too large.
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
