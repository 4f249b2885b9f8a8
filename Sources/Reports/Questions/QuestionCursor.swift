import Bytes

/// The beginning of a page of an answer. Clients see opaque text: 48 hexadecimal characters, valid only for the question that
/// they came from.
struct QuestionCursor: Sendable, Equatable {
    /// The position of an item; items are sorted by it.
    struct Key: Sendable, Hashable, Comparable {
        let project: Int64
        /// `library.key_id`.
        let library: Int64

        static func < (left: Key, right: Key) -> Bool {
            (left.project, left.library) < (right.project, right.library)
        }
    }

    /// The items of the page follow this position.
    let key: Key

    /// The bytes of the text: project, library, and the beginning of a digest of the question.
    private static let length = 24

    init(_ key: Key) { self.key = key }

    /// Reads a cursor of the question. Throws `QuestionError.badValue` when the text is no cursor, or belongs to
    /// another question.
    init(_ text: String, of question: Question) throws(QuestionError) {
        func refused() -> QuestionError {
            .badValue(text, of: "cursor", accepted: "`next` of an answer to the same question")
        }
        let digits = Array(text.utf8)
        guard digits.count == 2 * Self.length, digits.allSatisfy(\.isHexadecimalDigit) else { throw refused() }
        var numbers: [UInt64] = []
        for start in stride(from: 0, to: digits.count, by: 16) {
            guard let number = UInt64(String(decoding: digits[start..<(start + 16)], as: UTF8.self), radix: 16) else {
                throw refused()
            }
            numbers.append(number)
        }
        guard let project = Int64(exactly: numbers[0]), let library = Int64(exactly: numbers[1]),
            numbers[2] == Self.mark(of: question)
        else { throw refused() }
        key = Key(project: project, library: library)
    }

    /// The text, for the client.
    func text(of question: Question) -> String {
        [UInt64(bitPattern: key.project), UInt64(bitPattern: key.library), Self.mark(of: question)].map { number in
            (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }.hexadecimal
        }.joined()
    }

    /// The first 64 bits of a digest of the question. The limit may change between pages; everything else must stay
    /// the same.
    private static func mark(of question: Question) -> UInt64 {
        let filters = question.filters
        let exploited = filters.isExploited.map { $0 ? "true" : "false" } ?? ""
        let parts =
            [
                [question.field.rawValue, question.text, exploited], filters.severities, filters.products,
                filters.projects,
            ]
        let text = parts.map { $0.joined(separator: "\u{1}") }.joined(separator: "\u{2}")
        return Digest.of(text.utf8, .sha256).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
