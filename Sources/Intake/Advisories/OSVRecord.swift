import Bytes
import Inventory

// DESIGN. A record is read value by value; values that are not kept are skipped. Every list has a limit, so that a record
// costs bounded memory whatever it holds. Only what makes the record useless is an error.

/// The parts of an OSV advisory (OSV schema 1.7) that are kept.
struct OSVRecord: Sendable, Equatable {
    struct Affected: Sendable, Equatable {
        var package: String
        var registry: String
        var versions: AffectedVersions
    }

    var id = ""
    /// Milliseconds since 1970, UTC.
    var modified: Int64 = 0
    var published: Int64?
    var withdrawn: Int64?
    var aliases: [String] = []
    var summary = ""
    var details = ""
    /// CVSS vectors that can be scored, as they came.
    var vectors: [String] = []
    /// The word of the database where it gives one: `low`, `medium`, `high`, `critical` or empty.
    var severity = ""
    var weaknesses: [String] = []
    /// `TYPE address`.
    var links: [String] = []
    /// `TYPE name`.
    var credits: [String] = []
    var affected: [Affected] = []

    /// Counts up when the reading of records changes, so that stored records are read again.
    static let rules: Int64 = 2

    /// The ecosystems of its packages, each with its release where it has releases.
    var places: Set<String> { Set(affected.map { PackageKey.place(of: $0.package) }) }

    /// The most that is kept of a record.
    enum Limit {
        static let names = 500
        static let links = 200
        static let affected = 20_000
        static let versions = 200_000
        static let text = 64 << 10
        /// Bytes of one record.
        static let record = 64 << 20
    }

    /// The reason why a record is useless.
    enum Fault: Error, CustomStringConvertible {
        case json(JSONError)
        case missing(String)
        case badTime(String, of: String)

        var description: String {
            switch self {
            case .json(let error): error.description
            case .missing(let field): "it has no \(field): it is no OSV record"
            case .badTime(let value, let field): "\(field) is \"\(value.prefix(40))\", which is no time (RFC 3339)"
            }
        }
    }

    /// Whether the name is a CVE.
    static func isCVE(_ name: String) -> Bool { name.hasPrefix("CVE-") }
}
