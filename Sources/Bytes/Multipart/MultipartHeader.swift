/// A parsed header value with parameters: `form-data; name="bom"; filename="a.json"` (RFC 2045 §5.1, RFC 6266 §4.1).
package struct MultipartHeader: Sendable, Equatable {
    /// The value before its first semicolon, in lower case.
    package let value: String
    /// Parameters by their names in lower case.
    package let parameters: [String: String]

    /// Parses a value. Throws when the value breaks the grammar or has a parameter twice, because two programs would
    /// use different ones.
    package init(_ text: String) throws(MultipartError) {
        let bytes = Array(text.utf8)
        var index = 0
        value = Self.word(bytes, &index, until: ";").lowercased()
        var found: [String: String] = [:]
        while index < bytes.count {
            index += 1
            let name = Self.word(bytes, &index, until: "=;").lowercased()
            // A semicolon at the end, or two in a row, are common and harmless.
            if name.isEmpty, index == bytes.count || bytes[index] == UInt8(ascii: ";") { continue }
            guard index < bytes.count, bytes[index] == UInt8(ascii: "=") else {
                throw .badHeader("the parameter \"\(name.prefix(50))\" has no value")
            }
            index += 1
            while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
            let content: String
            if index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
                content = try Self.quoted(bytes, &index)
                guard Self.word(bytes, &index, until: ";").isEmpty else {
                    throw .badHeader("something follows the quoted value of \(name.prefix(50))")
                }
            } else {
                content = Self.word(bytes, &index, until: ";")
            }
            guard found.updateValue(content, forKey: name) == nil else {
                throw .badHeader("the parameter \(name.prefix(50)) stands twice")
            }
        }
        parameters = found
    }

    /// The text up to one of the marks or to the end, without blanks around it.
    private static func word(_ bytes: [UInt8], _ index: inout Int, until marks: String) -> String {
        let start = index
        while index < bytes.count, !marks.utf8.contains(bytes[index]) { index += 1 }
        var slice = bytes[start..<index]
        while let first = slice.first, first == 0x20 || first == 0x09 { slice.removeFirst() }
        while let last = slice.last, last == 0x20 || last == 0x09 { slice.removeLast() }
        return String(decoding: slice, as: UTF8.self)
    }

    private static func quoted(_ bytes: [UInt8], _ index: inout Int) throws(MultipartError) -> String {
        var content: [UInt8] = []
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            // Browsers do not escape the backslashes of Windows paths, so only these two sequences count as escapes.
            let isEscape =
                bytes[index] == UInt8(ascii: "\\") && index + 1 < bytes.count && "\\\"".utf8.contains(bytes[index + 1])
            if isEscape { index += 1 }
            content.append(bytes[index])
            index += 1
        }
        guard index < bytes.count else { throw .badHeader("a quotation mark is not closed") }
        index += 1
        return String(decoding: content, as: UTF8.self)
    }
}

/// The reason why a body is not valid multipart. After an error, no part that was read may be kept.
package enum MultipartError: Error, Equatable, CustomStringConvertible {
    /// The boundary is missing, or is not allowed by RFC 2046 §5.1.1.
    case badBoundary(String)
    case badHeader(String)
    /// A delimiter that does not end its line.
    case badDelimiter(part: Int)
    /// The body ends before its closing delimiter.
    case truncated(part: Int)
    case tooManyParts(limit: Int)
    case headersTooLong(limit: Int, part: Int)
    /// The source failed: the system's reason.
    case source(String)

    package var description: String {
        switch self {
        case .badBoundary(let why): "the boundary of the multipart body cannot be used: \(why)"
        case .badHeader(let why): "a header of the multipart body cannot be read: \(why)"
        case .badDelimiter(let part): "the boundary behind part \(part) of the multipart body does not end its line"
        case .truncated(let part):
            "the multipart body ends in part \(part), before its closing boundary; lines end in CR LF there"
        case .tooManyParts(let limit): "the multipart body has more than \(limit) parts"
        case .headersTooLong(let limit, let part):
            "the headers of part \(part) of the multipart body are longer than \(limit) bytes"
        case .source(let why): "the multipart body cannot be read: \(why)"
        }
    }
}
