import Bytes

// DESIGN. The fields of a call besides key and token are declared only in the table of calls. The description of the paths
// shows the declaration, the ranges of numbers are checked by it before the call reads a field, and a debug build stops when
// code reads an undeclared field. So a test that walks the description also covers the fields of future calls.

/// A whole number in requests: its name and its range.
struct WholeNumber: Sendable {
    let name: String
    let range: ClosedRange<Int64>

    init(_ name: String, in range: ClosedRange<Int64>) {
        self.name = name
        self.range = range
    }

    /// The number of a value, also of a text. `path` is the name of the field in errors.
    func read(_ field: RequestValue, as path: String? = nil) throws(APIError) -> Int64 {
        if case .flag = field { throw wrong(field, path) }
        guard let word = field.word, let number = NumberText.whole(word.trimmingBlanks(), in: range) else {
            throw wrong(field, path)
        }
        return number
    }

    private func wrong(_ field: RequestValue, _ path: String?) -> APIError {
        .badValue(field.shown, of: path ?? name, accepted: NumberText.accepted(range))
    }
}

/// A field of calls: its name, its values, and whether it is required.
struct Parameter: Sendable {
    indirect enum Kind: Sendable {
        case text
        /// One of some words, regardless of case.
        case words([String])
        case flag
        /// `yyyy-MM-dd` or `yyyy-MM-dd HH:mm:ss`, UTC.
        case time
        case number(WholeNumber)
        /// A number, which may have decimals.
        case decimal(ClosedRange<Double>)
        /// A list, or one text with commas.
        case texts
        /// A list of whole numbers, or one text with commas.
        case numbers(WholeNumber)
        case object([Parameter])
        case objects([Parameter])
        /// An object whose members depend on each other, so the call itself checks them.
        case open([Parameter])
        case any
    }

    let name: String
    let kind: Kind
    var isRequired = false
    /// Values that a client might send.
    private(set) var examples: [String] = []

    private init(_ name: String, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }

    static func text(_ name: String, as examples: String...) -> Parameter {
        var parameter = Parameter(name, .text)
        parameter.examples = examples
        return parameter
    }
    static func words(_ name: String, _ words: [String]) -> Parameter { Parameter(name, .words(words)) }
    static func flag(_ name: String) -> Parameter { Parameter(name, .flag) }
    static func time(_ name: String) -> Parameter { Parameter(name, .time) }
    static func number(_ number: WholeNumber) -> Parameter { Parameter(number.name, .number(number)) }
    static func decimal(_ name: String, in range: ClosedRange<Double>) -> Parameter { Parameter(name, .decimal(range)) }
    static func texts(_ name: String) -> Parameter { Parameter(name, .texts) }
    static func numbers(_ number: WholeNumber) -> Parameter { Parameter(number.name, .numbers(number)) }
    static func object(_ name: String, _ members: [Parameter]) -> Parameter { Parameter(name, .object(members)) }
    static func objects(_ name: String, _ members: [Parameter]) -> Parameter { Parameter(name, .objects(members)) }
    static func open(_ name: String, _ members: [Parameter]) -> Parameter { Parameter(name, .open(members)) }
    static func any(_ name: String) -> Parameter { Parameter(name, .any) }

    /// The same parameter as a required one.
    var required: Parameter {
        var parameter = self
        parameter.isRequired = true
        return parameter
    }

    // MARK: Checking

    /// Whether it contains whole numbers whose range depends only on their place.
    var hasNumbers: Bool {
        switch kind {
        case .number, .numbers: true
        case .object(let members), .objects(let members): members.contains(where: \.hasNumbers)
        case .text, .words, .flag, .time, .decimal, .texts, .open, .any: false
        }
    }

    /// Checks the ranges of the whole numbers in a value.
    func check(_ field: RequestValue, as path: String) throws(APIError) {
        switch kind {
        case .number(let number): _ = try number.read(field, as: path)
        case .numbers(let number): _ = try number.readAll(field, as: path)
        case .object(let members): try Self.check(members, in: field, as: path)
        case .objects(let members):
            for (place, element) in field.elements.enumerated() {
                try Self.check(members, in: element, as: "\(path)[\(place)]")
            }
        case .text, .words, .flag, .time, .decimal, .texts, .open, .any: break
        }
    }

    private static func check(_ members: [Parameter], in field: RequestValue, as path: String) throws(APIError) {
        for member in members where member.hasNumbers {
            if let value = field[member.name] { try member.check(value, as: "\(path).\(member.name)") }
        }
    }
}

extension WholeNumber {
    /// The numbers of a list, or of one text with commas.
    func readAll(_ field: RequestValue, as path: String? = nil) throws(APIError) -> [Int64] {
        let name = path ?? name
        var found: [Int64] = []
        if case .list(let elements) = field {
            for (place, element) in elements.enumerated() { found.append(try read(element, as: "\(name)[\(place)]")) }
        } else if case .text(let text) = field {
            for part in text.split(separator: ",") { found.append(try read(.text(String(part)), as: name)) }
        } else {
            found.append(try read(field, as: name))
        }
        return found
    }
}

extension RequestValue {
    /// For an error message: a word unchanged, a nested value as its brackets.
    var shown: String {
        switch self {
        case .null: "null"
        case .list: "[…]"
        case .object: "{…}"
        case .flag, .number, .text: word ?? ""
        }
    }

    /// A number among the members of an object; nil when it is absent. `path` is the name of the object in errors.
    func number(_ number: WholeNumber, of path: String) throws(APIError) -> Int64? {
        guard let field = self[number.name] else { return nil }
        return try number.read(field, as: "\(path).\(number.name)")
    }
}

extension Request {
    /// A number; nil when it is absent.
    func numberIfAny(_ number: WholeNumber) throws(APIError) -> Int64? {
        guard let field = self[number.name] else { return nil }
        return try number.read(field)
    }

    /// A required number.
    func number(_ number: WholeNumber) throws(APIError) -> Int64 {
        guard let found = try numberIfAny(number) else {
            throw .missing(number.name, accepted: NumberText.accepted(number.range))
        }
        return found
    }

    /// A required list of numbers, or one text with commas. It has at least one element.
    func numbers(_ number: WholeNumber) throws(APIError) -> [Int64] {
        guard let field = self[number.name], case let found = try number.readAll(field), !found.isEmpty else {
            throw .missing(number.name, accepted: "a list, each \(NumberText.accepted(number.range))")
        }
        return found
    }

    /// Checks the ranges of all whole numbers of a call.
    func check(_ parameters: [Parameter]) throws(APIError) {
        for parameter in parameters {
            if let field = self[parameter.name] { try parameter.check(field, as: parameter.name) }
        }
    }
}
