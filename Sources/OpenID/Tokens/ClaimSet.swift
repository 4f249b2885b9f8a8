import Bytes

// DESIGN. One strict reader reads an issuer's answer once. A name that occurs twice is refused, because two readers may
// disagree about which one counts, and size and depth are bounded before anything is stored.

/// A JSON value of an issuer's answer.
package enum Claim: Sendable, Equatable {
    case null
    case flag(Bool)
    /// In the spelling of the text.
    case number(String)
    case text(String)
    case list([Claim])
    case object([String: Claim])

    /// The text of the value; nil for all other kinds.
    package var text: String? {
        if case .text(let text) = self { return text }
        return nil
    }

    /// The texts of a list, or a single text as a list of one; nil if the list has any other value.
    package var texts: [String]? {
        switch self {
        case .text(let text): return [text]
        case .list(let elements):
            let texts = elements.compactMap(\.text)
            return texts.count == elements.count ? texts : nil
        case .null, .flag, .number, .object: return nil
        }
    }

    /// A time of RFC 7519 §2 (seconds since 1970), in milliseconds; nil for any other value, and beyond the year 9999.
    var time: Int64? {
        guard case .number(let text) = self, let seconds = Double(text), (0...253_402_300_799).contains(seconds) else {
            return nil
        }
        return Int64(seconds * 1000)
    }
}

/// The members of a JSON object from an issuer: the claims of a token (RFC 7519 §4), a document, or an answer.
package struct ClaimSet: Sendable, Equatable {
    /// The most levels of objects and lists.
    private static let depthLimit = 16
    /// The most values, over all levels.
    private static let valueLimit = 20_000

    let members: [String: Claim]

    /// Reads one JSON object; any text after it is an error.
    package init(_ bytes: [UInt8]) throws(TokenFault) {
        do {
            var json = JSONReader(bytes)
            var values = 0
            members = try Self.object(&json, depth: 1, &values)
            try json.finish()
        } catch let fault as TokenFault {
            throw fault
        } catch {
            throw .unreadable("\(error)")
        }
    }

    package subscript(name: String) -> Claim? {
        guard let claim = members[name], claim != .null else { return nil }
        return claim
    }

    /// A member by its name. If no member has the whole name, the dots separate steps, as in `realm_access.roles`.
    package func claim(at path: String) -> Claim? {
        if let claim = self[path] { return claim }
        var found = Claim.object(members)
        for step in path.split(separator: ".") {
            guard case .object(let members) = found, let next = members[String(step)] else { return nil }
            found = next
        }
        return found == .null ? nil : found
    }

    /// The text of a member; nil when it is absent, empty or no text.
    package func text(_ name: String) -> String? {
        guard let text = self[name]?.text, !text.isEmpty else { return nil }
        return text
    }

    private static func object(
        _ json: inout JSONReader, depth: Int, _ values: inout Int
    ) throws -> [String: Claim] {
        guard depth <= depthLimit else { throw TokenFault.unreadable("it is nested deeper than \(depthLimit) levels") }
        var members: [String: Claim] = [:]
        try json.beginObject()
        while try json.nextKey() {
            let name = json.key()
            guard members.updateValue(try value(&json, depth: depth, &values), forKey: name) == nil else {
                throw TokenFault.unreadable("it has two members named \(name.prefix(100))")
            }
        }
        return members
    }

    private static func value(_ json: inout JSONReader, depth: Int, _ values: inout Int) throws -> Claim {
        values += 1
        guard values <= valueLimit else { throw TokenFault.unreadable("it has more than \(valueLimit) values") }
        switch try json.peek() {
        case .null:
            try json.null()
            return .null
        case .bool: return .flag(try json.bool())
        case .number: return .number(try json.numberText())
        case .string: return .text(try json.string())
        case .object: return .object(try object(&json, depth: depth + 1, &values))
        case .array:
            guard depth < depthLimit else {
                throw TokenFault.unreadable("it is nested deeper than \(depthLimit) levels")
            }
            var elements: [Claim] = []
            try json.beginArray()
            while try json.nextElement() { elements.append(try value(&json, depth: depth + 1, &values)) }
            return .list(elements)
        }
    }
}
