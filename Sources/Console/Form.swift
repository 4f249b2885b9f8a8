import API
import Bytes
import Database
import HTTP
import Reports

/// The fields of a form that a browser sent (application/x-www-form-urlencoded).
struct Form: Sendable {
    private var fields: [Address.Field] = []

    init() {}

    /// Fields that did not come from a form.
    init(_ values: [String: String]) {
        fields = values.sorted { $0.key < $1.key }.map { Address.Field(name: $0.key, value: $0.value) }
    }

    init(_ body: [UInt8]) {
        for field in body.split(separator: UInt8(ascii: "&")) {
            let parts = field.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            fields.append(
                Address.Field(name: Self.text(parts[0]), value: parts.count > 1 ? Self.text(parts[1]) : ""))
        }
    }

    /// The first value of a field without blanks at its ends; empty for an absent field.
    subscript(name: String) -> String { fields.first { $0.name == name }?.value.trimmingBlanks() ?? "" }

    /// All values of a field, such as those of the checked boxes.
    func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    /// Whether a field is present.
    func has(_ name: String) -> Bool { fields.contains { $0.name == name } }

    private static func text(_ encoded: ArraySlice<UInt8>) -> String {
        var decoder = PercentDecoder()
        var bytes: [UInt8] = []
        decoder.decode(encoded, into: &bytes)
        decoder.finish(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The reason why a form was refused: the field at fault, and the reason in words for people.
struct Problem: Sendable {
    /// Empty when the whole form is at fault.
    let field: String
    let text: String

    init(_ error: APIError) {
        switch error {
        case .missing(let field, let accepted):
            self.field = field
            text = "This is needed: \(accepted)."
        case .badValue(let value, let field, let accepted):
            self.field = field
            text = "“\(value.prefix(100))” cannot be used here. Accepted: \(accepted)."
        case .notFound(let value, let field):
            self.field = field
            text = "“\(value.prefix(100))” does not exist here."
        case .report(.badValue(let value, let key, let accepted)):
            field = "filter-\(key)"
            text = "“\(value.prefix(100))” cannot be used here. Accepted: \(accepted)."
        case .report(.missing(let key, let accepted)):
            field = "filter-\(key)"
            text = "This is needed: \(accepted)."
        case .report(.formatNotOffered(let format, _, let offered)):
            field = "format"
            text =
                "“\(format.prefix(100))” is no format of this report; it has \(offered.map(\.rawValue).joined(separator: ", "))."
        case .badPattern(let value, let field, let why):
            self.field = field
            text = """
                “\(value.prefix(100))” cannot be used: \(why). Patterns have * and ?, or are regular expressions between \
                slashes.
                """
        case .people(.isMember), .people(.unknownUser):
            field = "email"
            text = error.message
        case .key(.badName), .key(.nameTaken):
            field = "keyName"
            text = error.message
        case .key(.ended):
            field = "expires"
            text = "This time has passed."
        case .badJSON, .unknownRequest, .refused, .roleTooLow, .keyTooNarrow, .nameTaken, .unknownProcess,
            .notReady, .failed, .notDownloadable, .finishedAlready, .notYours, .report, .full, .tooLargeForOneFile,
            .uploadsPending, .people, .key, .tooManyCalls, .busy, .unknownLibrary, .noSuchLibrary, .tooManyLibraries,
            .notOffered, .fault:
            field = ""
            text = error.message
        }
    }

    init(_ field: String, _ text: String) {
        self.field = field
        self.text = text
    }
}
