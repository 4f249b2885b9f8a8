import Bytes
import Database
import Inventory

/// Reads the identity of a file with given digests from a JSON text: `{"sha1": "…", "sha256": "…", "purl":
/// "pkg:maven/g/a@1", "licenses": ["Apache-2.0"]}`, with one of the digests or both. Each licence is an SPDX identifier, an
/// expression or a name.
struct DigestReader: ~Copyable {
    enum Fault: Error, CustomStringConvertible {
        case json(JSONError)
        case noDigest
        case badDigest(field: String, value: String)
        case badPackage(String)

        var description: String {
            switch self {
            case .json(let error): error.description
            case .noDigest: "it has no digest: neither \"sha1\" nor \"sha256\" is there"
            case .badDigest(let field, let value):
                "\"\(field)\" is \"\(value.prefix(100))\"; \(field == "sha1" ? 40 : 64) hexadecimal digits are accepted"
            case .badPackage(let text):
                "\"purl\" is \"\(text.prefix(200))\"; a package URL with a version is accepted, as pkg:npm/lodash@4.17.21"
            }
        }
    }

    private static let recordLimit = 1 << 20
    private static let licenseLimit = 100

    private var digests: [(field: String, value: String)] = []
    private var purl = ""
    private var licenses: [String] = []

    private init() {}

    static func read(_ json: inout JSONReader) throws(Fault) -> [DigestNames.Entry] {
        var reader = DigestReader()
        do throws(JSONError) {
            json.ceiling = json.offset + recordLimit
            try reader.object(&json)
        } catch {
            throw .json(error)
        }
        return try reader.entries()
    }

    private func entries() throws(Fault) -> [DigestNames.Entry] {
        guard let package = PackageURL(purl), !package.version.isEmpty else { throw .badPackage(purl) }
        if digests.isEmpty { throw .noDigest }
        var entries: [DigestNames.Entry] = []
        for (field, value) in digests {
            let length = field == "sha1" ? 40 : 64
            guard value.utf8.count == length, value.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else {
                throw .badDigest(field: field, value: value)
            }
            entries.append(DigestNames.Entry(digest: value.lowercased(), purl: package.text, licenses: licenses))
        }
        return entries
    }

    private mutating func object(_ json: inout JSONReader) throws(JSONError) {
        try json.beginObject()
        while try json.nextKey() {
            switch json.key() {
            case "sha1": try digest("sha1", &json)
            case "sha256": try digest("sha256", &json)
            case "purl" where try json.peek() == .string: purl = try json.string()
            case "licenses" where try json.peek() == .string: license(try json.string())
            case "licenses" where try json.peek() == .array:
                try json.beginArray()
                while try json.nextElement() {
                    if try json.peek() == .string { license(try json.string()) } else { try json.skipValue() }
                }
            default: try json.skipValue()
            }
        }
        try json.finish()
    }

    private mutating func digest(_ field: String, _ json: inout JSONReader) throws(JSONError) {
        guard try json.peek() == .string else { return try json.skipValue() }
        let value = try json.string()
        if !value.isEmpty { digests.append((field, value)) }
    }

    private mutating func license(_ text: String) {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        if !line.isEmpty, licenses.count < Self.licenseLimit { licenses.append(line) }
    }
}
