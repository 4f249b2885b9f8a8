import Bytes
import Database
import Inventory

// DESIGN. Each text occurs once, even if it has several names: `GPL-2.0-only` and `GPL-2.0-or-later` share one. The texts that
// the scope needs are determined before anything is written, so that libraries can refer to the number of a text. Memory holds
// a digest and the names of each text.

/// The texts of the licences that bind the libraries of a scope.
struct AttributionTexts {
    /// A text of the appendix.
    struct Entry {
        /// The licences and exceptions with this text.
        var labels: [String]
        let key: AttributedLibrary.TextKey
        /// The licence of the list with this text, or the licence that a document gives it; empty without either.
        let base: String
    }

    /// The entries in the order of their names, numbered from 1.
    private(set) var entries: [Entry] = []
    /// Licences whose text is missing, wholly or in part: their names and the addresses of their texts, in the order of
    /// the names.
    private(set) var missing: [(label: String, url: String)] = []
    private var numbers: [AttributedLibrary.TextKey: Int] = [:]

    /// - Parameter conditions: conditions on `scope s` and `library l`, each preceded by AND.
    init(_ scope: Scope, _ conditions: SQL, on connection: any Connection) throws {
        var licenses: [AttributedLibrary.License] = []
        try connection.each(
            scope.clause + """
                SELECT DISTINCT n.name, CASE WHEN n.base <> '' THEN n.spdx ELSE '' END, n.url, n.base, n.exception,
                    coalesce(t.digest, ''), '' FROM scope s JOIN occurrence o ON o.scan = s.scan
                JOIN library l ON l.id = o.library
                JOIN library_license x ON x.library = l.id AND x.chosen = 1 JOIN license n ON n.id = x.license
                LEFT JOIN library_text t ON t.organization = n.organization AND t.digest = x.text
                WHERE s.scan > 0\(conditions)
                """
        ) { licenses.append(AttributedLibrary.License($0, at: 0)) }
        licenses.sort { Self.precedes("\($0.label)\0\($0.keys)", "\($1.label)\0\($1.keys)") }
        var found: [String: Int] = [:]
        var known: [AttributedLibrary.TextKey: Int] = [:]
        for license in licenses {
            for (part, key) in license.keys.enumerated() {
                if known[key] == nil, let digest = try Self.digest(key, scope.organization, on: connection) {
                    known[key] = found[digest] ?? entries.count
                    if found[digest] == nil {
                        found[digest] = entries.count
                        entries.append(Entry(labels: [], key: key, base: part == 0 ? license.base : ""))
                    }
                }
                guard let index = known[key] else { continue }
                var label = license.label
                if case .listed(let id) = key, license.keys.count > 1 {
                    let name = NamedLicense.displayName(ofID: id)
                    label = part > 0 || name == id ? id : "\(name) (\(id))"
                }
                if !entries[index].labels.contains(label) { entries[index].labels.append(label) }
            }
        }
        number(known)
        for license in licenses where lacksText(license) && missing.last?.label != license.label {
            missing.append((license.label, license.url))
        }
    }

    /// Sorts the entries by name and numbers them.
    private mutating func number(_ known: [AttributedLibrary.TextKey: Int]) {
        let order = entries.indices.sorted { left, right in
            let (first, second) = (entries[left].labels.first ?? "", entries[right].labels.first ?? "")
            return first == second ? left < right : Self.precedes(first, second)
        }
        var places = [Int](repeating: 0, count: entries.count)
        for (place, index) in order.enumerated() { places[index] = place }
        entries = order.map { entries[$0] }
        numbers = known.mapValues { places[$0] + 1 }
    }

    private static func digest(
        _ key: AttributedLibrary.TextKey, _ organization: Int64, on connection: any Connection
    ) throws -> String? {
        let text =
            switch key {
            case .listed(let id): try LicenseTexts.listed(id, on: connection)
            case .own(let digest): try LicenseTexts.own(digest, organization: organization, on: connection)
            }
        return text.isEmpty ? nil : Digest.of(Array(text.utf8), .sha256).hexadecimal
    }

    /// Compares names regardless of case, then bytes.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        let (small, large) = (left.lowercased(), right.lowercased())
        return small == large
            ? left.utf8.lexicographicallyPrecedes(right.utf8) : small.utf8.lexicographicallyPrecedes(large.utf8)
    }

    /// The numbers of a licence's texts; that of the exception comes last.
    func numbers(of license: AttributedLibrary.License) -> [Int] { license.keys.compactMap { numbers[$0] } }

    /// Whether the text of a licence is missing, wholly or in part.
    func lacksText(_ license: AttributedLibrary.License) -> Bool {
        !license.hasKeyForEachPart || license.keys.contains { numbers[$0] == nil }
    }
}
