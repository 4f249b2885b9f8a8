import Bytes
import Inventory

// DESIGN. A record is read value by value, and unneeded values are skipped. Every list has a limit, so the memory for a
// record is bounded whatever it contains. Only faults that make the record useless are errors.

/// The parts of an OSV advisory (OSV schema 1.7) that Waybill stores.
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
    /// The CVSS vectors that can be scored, unchanged.
    var vectors: [String] = []
    /// The database's word for the severity, if it gives one: `low`, `medium`, `high`, `critical` or empty.
    var severity = ""
    var weaknesses: [String] = []
    /// Each link as `TYPE address`.
    var links: [String] = []
    /// Each credit as `TYPE name`.
    var credits: [String] = []
    var affected: [Affected] = []

    /// Rises when the rules for reading records change, so that stored records are read again.
    static let rules: Int64 = 2

    /// The ecosystems of its packages, each with its release where it has releases.
    var places: Set<String> { Set(affected.map { PackageKey.place(of: $0.package) }) }

    /// The most that is stored of a record.
    enum Limit {
        static let names = 500
        static let links = 200
        static let affected = 20_000
        static let versions = 200_000
        static let text = 64 << 10
        /// The most bytes of one record.
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
