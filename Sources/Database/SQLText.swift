/// Texts of a request in the form that SQL compares.
package enum SQLText {
    /// The text with its ASCII letters in lower case, in the same way as `lower` changes stored texts on both
    /// engines.
    package static func lowered(_ text: String) -> String {
        String(decoding: text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// A text for LIKE with the escape `!`.
    package static func escaped(_ text: String) -> String {
        // The loop goes by scalars, because a mark after such a character would form another Character with it.
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == "%" || scalar == "_" || scalar == "!" { escaped.append("!") }
            escaped.append(scalar)
        }
        return String(escaped)
    }

    /// A pattern for LIKE with the escape `!`, for texts that contain a part.
    package static func containing(_ part: String) -> String { "%\(escaped(part))%" }
}

extension SQL {
    /// The condition that a text contains these letters, regardless of case in ASCII; true for no letters.
    package static func contains(_ column: StaticSQL, _ letters: String) -> SQL {
        guard !letters.isEmpty else { return "1 = 1" }
        return "lower(\(column)) LIKE \(SQLText.containing(SQLText.lowered(letters))) ESCAPE '!'"
    }
}
