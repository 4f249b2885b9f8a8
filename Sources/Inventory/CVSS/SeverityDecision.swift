// DESIGN. One vulnerability has one severity wherever it is shown. The severity is decided here, when advisories are
// linked. First the deciding record is chosen, because a record of several vulnerabilities may rate another one of them.
// Then the record's newest version of CVSS counts.

/// The severity that one record gives a vulnerability.
package struct SeverityRecord: Sendable {
    /// The record's own identifier: `CVE-…`, `GHSA-…`.
    package let name: String
    /// Its other identifiers.
    package let aliases: [String]
    /// CVSS vectors of any version.
    package let vectors: [String]
    /// The source's own word in lower case, or empty.
    package let word: String
    package let isWithdrawn: Bool

    package init(name: String, aliases: [String], vectors: [String], word: String, isWithdrawn: Bool) {
        self.name = name
        self.aliases = aliases
        self.vectors = vectors
        self.word = word
        self.isWithdrawn = isWithdrawn
    }
}

/// The severity of a vulnerability, decided once for all reports.
package struct SeverityDecision: Sendable, Equatable {
    /// `critical`, `high`, `medium` or `low`; `none` for a score of 0.0; empty when no record rates the
    /// vulnerability.
    package var word = ""
    /// Tenths of the score: 98 is 9.8; nil without a vector.
    package var score: Int?
    /// The CVSS version of the word and the score: `4.0`, `3.1`, `3.0`, `2.0`; empty without a vector.
    package var version = ""
    /// One vector for each CVSS version that the records use; the deciding record's vector comes first. If a record has
    /// vectors of 3.0 and 3.1, the newer vector counts, as for the score.
    package var two: CVSS?
    package var three: CVSS?
    package var four: CVSS?

    /// Decides for the vulnerability with this name.
    ///
    /// The record with the vulnerability's own identifier decides. Without one, a record decides whose only CVE is this
    /// vulnerability, else any other record. Among equal records the rank and the letters of the identifier decide, so
    /// that the order of import has no effect. When a record rates nothing, the next one decides. Malware (`MAL-…`) is
    /// critical, even where a vector says less.
    package init(of name: String, from records: [SeverityRecord], rank: (String) -> (Int, String)) {
        let order = Self.order(records, of: name, rank: rank)
        let vectors = order.map { record in record.vectors.compactMap { CVSS($0) } }
        two = vectors.lazy.flatMap { $0 }.first { $0.version == .v2 }
        three =
            vectors.lazy.compactMap { vectors in
                vectors.filter { $0.version == .v31 || $0.version == .v30 }.max { $0.version.age < $1.version.age }
            }.first
        four = vectors.lazy.flatMap { $0 }.first { $0.version == .v4 }
        for (record, rated) in zip(order, vectors) {
            let newest = rated.max { $0.version.age < $1.version.age }
            if let newest {
                score = newest.tenths
                version = newest.version.rawValue
                word = newest.severity.rawValue
            } else if !record.word.isEmpty {
                word = record.word
            } else {
                continue
            }
            break
        }
        if order.contains(where: { Self.isMalware($0) }) || name.hasPrefix("MAL-") { word = "critical" }
    }

    /// All records: the deciding one first, withdrawn ones last.
    package static func order(
        _ records: [SeverityRecord], of name: String, rank: (String) -> (Int, String)
    ) -> [SeverityRecord] {
        func key(_ record: SeverityRecord) -> (Int, Int, (Int, String)) {
            let cves = Set(([record.name] + record.aliases).filter { $0.hasPrefix("CVE-") })
            // A distribution's record may carry the identifier inside its own: UBUNTU-CVE-2024-1.
            let own =
                record.name == name
                ? 0 : record.name.hasSuffix("-" + name) ? 1 : cves == [name] ? 2 : cves.isEmpty ? 3 : 4
            return (record.isWithdrawn ? 1 : 0, own, rank(record.name))
        }
        return records.map { (key($0), $0) }.sorted { left, right in
            let (a, b) = (left.0, right.0)
            return (a.0, a.1, a.2.0, a.2.1) < (b.0, b.1, b.2.0, b.2.1)
        }.map(\.1)
    }

    private static func isMalware(_ record: SeverityRecord) -> Bool {
        !record.isWithdrawn && (record.name.hasPrefix("MAL-") || record.aliases.contains { $0.hasPrefix("MAL-") })
    }
}

extension CVSS.Version {
    /// Newer versions have greater numbers.
    fileprivate var age: Int {
        switch self {
        case .v2: 0
        case .v30: 1
        case .v31: 2
        case .v4: 3
        }
    }
}
