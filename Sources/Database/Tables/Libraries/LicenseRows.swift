package import Inventory

/// A licence of a library, to be written into `library_license`.
package struct LicenseRow: Sendable {
    package let license: NamedLicense
    /// Whether the licence binds after every choice.
    package var isChosen: Bool
    /// The place where the document states it: an address, a file, or empty.
    package var reference: String
    /// An address, for a licence without a page on the SPDX list.
    package var url: String
    /// The SHA-256 of the document's text for it in hexadecimal, or empty.
    package var text: String

    package init(_ license: NamedLicense, isChosen: Bool, reference: String = "", url: String = "", text: String = "") {
        self.license = license
        self.isChosen = isChosen
        self.reference = reference
        self.url = url
        self.text = text
    }
}

/// The licences of libraries, for one organization and one transaction; caches their ids.
package struct LicenseRows {
    /// The most licences of one library that become rows; its expression has all of them.
    package static let limit = 200
    /// The most remembered ids.
    private static let memoryLimit = 4096
    private static let columns: [StaticString] = [
        "library", "position", "license", "chosen", "reference_type", "reference", "text",
    ]

    private struct Key: Hashable {
        let spdx: String
        let name: String
    }

    private let organization: Int64
    private var ids: [Key: Int64] = [:]

    package init(organization: Int64) { self.organization = organization }

    /// The id of a licence, which is inserted if the organization lacks it. An existing row is not changed.
    private mutating func id(of row: LicenseRow, on connection: any Connection) throws -> Int64 {
        let license = row.license
        let key = Key(spdx: license.spdx, name: license.name)
        if let id = ids[key] { return id }
        var id = try connection.integer(
            """
            SELECT id FROM license
            WHERE organization = \(organization) AND spdx = \(license.spdx) AND name = \(license.name)
            """)
        if id == nil {
            let next = try connection.take(1, from: "license")
            let url = license.url.isEmpty ? row.url : license.url
            try connection.run(
                """
                INSERT INTO license (id, organization, spdx, name, url, type, risk_score, base, exception)
                VALUES (\(next), \(organization), \(license.spdx), \(license.name), \(url), \(license.kind),
                    \(license.riskScore.map(Int64.init)), \(license.base), \(license.exception))
                """)
            id = next
        }
        if ids.count >= Self.memoryLimit { ids.removeAll() }
        ids[key] = id
        return id ?? 0
    }

    /// Inserts the licences of libraries that have none yet, at most `limit` each.
    package mutating func insert(
        _ libraries: some Sequence<(library: Int64, licenses: [LicenseRow])>, foundIn referenceType: String,
        on connection: any Connection
    ) throws {
        var rows = RowBuffer(capacity: 1 << 12)
        for (library, licenses) in libraries {
            for (position, license) in licenses.prefix(Self.limit).enumerated() {
                rows.beginRow()
                rows.append(library)
                rows.append(position)
                rows.append(try id(of: license, on: connection))
                rows.append(license.isChosen ? 1 : 0)
                rows.append(referenceType)
                rows.append(license.reference)
                rows.append(license.text)
            }
        }
        if rows.rowCount > 0 { try connection.insert(rows, into: "library_license", Self.columns) }
    }

    /// The names in the form of `library.licenses`: each once, one a line, because two terms may share a name.
    package static func names(_ licenses: [LicenseRow]) -> String {
        if licenses.count < 2 { return licenses.first?.license.name ?? "" }
        var seen = Set<String>()
        return licenses.prefix(limit).map(\.license.name).filter { seen.insert($0).inserted }.joined(separator: "\n")
    }
}
