/// The needed parts of S3's XML answers: elements with a name, and their texts.
///
/// The documents of the S3 API have no attributes but `xmlns`, no comments and no mixed content. Other texts give no
/// elements and cause no harm.
struct S3Document {
    private let text: Substring

    init(_ bytes: [UInt8]) { text = String(decoding: bytes, as: UTF8.self)[...] }

    private init(_ text: Substring) { self.text = text }

    /// The contents of all elements with this name, wherever they are. Elements with the same name are never nested in
    /// each other.
    func elements(_ name: String) -> [S3Document] {
        var found: [S3Document] = []
        var rest = text.utf8[...]
        let close = Array("</\(name)>".utf8)
        while let start = rest.firstIndex(of: UInt8(ascii: "<")) {
            rest = rest[rest.index(after: start)...]
            guard rest.starts(with: name.utf8) else { continue }
            let behind = rest.dropFirst(name.utf8.count)
            guard let next = behind.first, next == UInt8(ascii: ">") || next == UInt8(ascii: " "),
                let open = behind.firstIndex(of: UInt8(ascii: ">"))
            else { continue }
            let content = behind[behind.index(after: open)...]
            guard let end = content.firstRange(of: close) else { break }
            found.append(S3Document(text[content.startIndex..<end.lowerBound]))
            rest = content[end.upperBound...]
        }
        return found
    }

    /// The text of the first element with this name; nil without one.
    func text(_ name: String) -> String? { elements(name).first.map { Self.plain($0.text) } }

    /// A text with the five entities of XML replaced; other entities stay unchanged.
    private static func plain(_ text: Substring) -> String {
        guard text.contains("&") else { return String(text) }
        var result = ""
        var rest = text
        while let mark = rest.firstIndex(of: "&") {
            result += rest[..<mark]
            rest = rest[mark...]
            let known = [
                ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#34;", "\""), ("&amp;", "&"),
            ]
            if let (entity, character) = known.first(where: { rest.hasPrefix($0.0) }) {
                result += character
                rest = rest.dropFirst(entity.count)
            } else {
                result += "&"
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }
}
