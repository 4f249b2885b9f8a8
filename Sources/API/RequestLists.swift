import Bytes

// Lists, objects, booleans and times of a request, with the same tolerance as for texts.

extension RequestValue {
    /// A member of an object; nil when this is no object, or the member is absent, null or empty.
    subscript(key: String) -> RequestValue? {
        guard case .object(let members) = self, let field = members[key], !field.isAbsent else { return nil }
        return field
    }

    /// The values of a list; a single value is a list of one.
    var elements: [RequestValue] {
        switch self {
        case .list(let values): values
        case .null: []
        case .flag, .number, .text, .object: [self]
        }
    }

    /// Whether a member is an empty list, for calls in which that removes values.
    func isEmptyList(_ key: String) -> Bool {
        guard case .object(let members) = self else { return false }
        return members[key] == .list([])
    }

    /// The text of a member without blanks at its ends; nil when it is absent or of another kind.
    func text(_ key: String) -> String? {
        guard let word = self[key]?.word else { return nil }
        let text = word.trimmingBlanks()
        return text.isEmpty ? nil : text
    }
}

extension RequestValue {
    /// The value as JSON, with members in the order of their names and numbers unchanged. The result never contains the
    /// word `errorCode`.
    var json: String {
        var json = Answer.writer()
        write(to: &json)
        return json.text
    }

    private func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .flag(let value): json.flag(value)
        case .number(let text): json.raw(text)
        case .text(let text): json.text(text)
        case .list(let values): json.array(values) { $1.write(to: &$0) }
        case .object(let members):
            json.object { json in
                for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                    json.key(named: key)
                    value.write(to: &json)
                }
            }
        }
    }
}

extension RequestValue {
    /// The time in a member, in milliseconds since 1970; nil when it is absent. `name` is the member's name in
    /// errors.
    func time(_ key: String, of name: String) throws(APIError) -> Int64? {
        guard let text = text(key) else { return nil }
        guard let time = TimeText.milliseconds(text) else {
            throw .badValue(text, of: name, accepted: "yyyy-MM-dd or yyyy-MM-dd HH:mm:ss (UTC)")
        }
        return time
    }
}

extension Request {
    /// The most elements of a list: one transaction changes all of them, and other writes wait for it.
    private static let listLimit = 10_000

    private func check(_ count: Int, of key: String) throws(APIError) {
        guard count <= Self.listLimit else {
            throw .badValue("\(count) values", of: key, accepted: "at most \(Self.listLimit) at a time")
        }
    }

    /// A list of objects; empty without one.
    func objects(_ key: String, accepted: String) throws(APIError) -> [RequestValue] {
        guard let field = self[key] else { return [] }
        guard case .list(let fields) = field else { throw .badValue(field.shown, of: key, accepted: accepted) }
        try check(fields.count, of: key)
        return fields
    }

    /// A required list of texts, or one text with commas. It has at least one element.
    func texts(_ key: String, accepted: String) throws(APIError) -> [String] {
        guard let field = self[key] else { throw .missing(key, accepted: accepted) }
        var found: [String] = []
        for element in field.elements {
            guard let word = element.word else { throw .badValue("{…}", of: key, accepted: accepted) }
            if case .list = field {
                found.append(word.trimmingBlanks())
            } else {
                found += word.split(separator: ",").map { String($0).trimmingBlanks() }
            }
        }
        found.removeAll(where: \.isEmpty)
        guard !found.isEmpty else { throw .missing(key, accepted: accepted) }
        try check(found.count, of: key)
        return found
    }

    /// A boolean, or its text regardless of case.
    func flag(_ key: String, default value: Bool) throws(APIError) -> Bool {
        guard let word = self[key]?.word?.trimmingBlanks() else { return value }
        switch word.lowercased() {
        case "true": return true
        case "false": return false
        default: throw .badValue(word, of: key, accepted: "true, false")
        }
    }

    /// A time in milliseconds since 1970, from `yyyy-MM-dd` or `yyyy-MM-dd HH:mm:ss` (UTC).
    func timeIfAny(_ key: String) throws(APIError) -> Int64? {
        let accepted = "yyyy-MM-dd or yyyy-MM-dd HH:mm:ss (UTC)"
        guard let text = try textIfAny(key, accepted: accepted) else { return nil }
        guard let time = TimeText.milliseconds(text) else { throw .badValue(text, of: key, accepted: accepted) }
        return time
    }

    /// A required object.
    func object(_ key: String, accepted: String) throws(APIError) -> RequestValue {
        guard let field = self[key] else { throw .missing(key, accepted: accepted) }
        guard case .object = field else { throw .badValue(field.words.first ?? "[…]", of: key, accepted: accepted) }
        return field
    }

    /// The text of a required member of an object.
    func text(_ key: String, in object: RequestValue, of name: String, accepted: String) throws(APIError) -> String {
        guard let text = object.text(key) else { throw .missing("\(name).\(key)", accepted: accepted) }
        return text
    }
}
