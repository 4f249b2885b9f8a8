import BOM
import Bytes
import Database
import Inventory

extension MigrationWork {
    /// Decides the licences of libraries that an older program stored only as names; the facts have the rest.
    ///
    /// It uses its own SQL, because the schema is that of the step.
    static let licenseExpressions = MigrationWork(name: "license expressions") { mark, connection in
        var migration = LicenseMigration(connection, givenAreNames: true)
        return try migration.run(after: Int64(mark) ?? 0)
    }

    /// Decides again the licences of libraries and files that an older program read differently. The mark is the last library
    /// or, after `file`, the scan and position of the last file.
    static let licenseReadings = MigrationWork(name: "license readings") { mark, connection in
        if mark.hasPrefix(FileLicenseMigration.word) {
            return try FileLicenseMigration.run(after: mark, on: connection)
        }
        var migration = LicenseMigration(connection, givenAreNames: false)
        let slice = try migration.run(after: Int64(mark) ?? 0)
        return Slice(mark: slice.mark ?? FileLicenseMigration.word, rows: slice.rows)
    }
}

// DESIGN. A slice of libraries is decided from their facts. A person's choice takes precedence over found licences, as in an
// import (`LicenseOverrides`). References belong to their document. Older facts do not contain the document's declarations, so
// these are read from the documents of the scans that list the library. Where these documents disagree, the reference stays
// without a name, because one document's licence must not be taken for another's.

/// One slice of the work.
private struct LicenseMigration {
    private static let sliceLength = 200
    /// The cached documents; each document's declarations are read once for many libraries.
    private static let documentLimit = 16
    private static let assigned = "Assigned by user"

    private let connection: any Connection
    /// Whether a person's choice may be stored as names in the form of reports.
    private let givenAreNames: Bool
    private var effective = EffectiveLicenses()
    private var documents: [Int64: [ExtractedLicense]] = [:]
    private var ids: [String: Int64] = [:]
    private var preferences: [Int64: LicensePreferences] = [:]

    init(_ connection: any Connection, givenAreNames: Bool) {
        self.connection = connection
        self.givenAreNames = givenAreNames
    }

    private struct Library {
        let id: Int64
        let organization: Int64
        let body: String
        /// The source of its licences; nil when a person chose all of them.
        let referenceType: String?
        /// The licences as a person entered them, one a line; nil without a choice.
        let given: String?
        let reference: String
    }

    mutating func run(after last: Int64) throws -> MigrationWork.Slice {
        let libraries = try connection.all(
            """
            SELECT l.id, l.organization, f.body, coalesce((SELECT min(x.reference_type) FROM library_license x
                WHERE x.library = l.id AND x.reference_type <> \(Self.assigned)),
                (SELECT min(x.reference_type) FROM replaced_license x WHERE x.library = l.id)), v.given, v.reference
            FROM library l JOIN library_facts f ON f.library = l.id
            LEFT JOIN license_override v ON v.organization = l.organization AND v.library_uuid = l.uuid
            WHERE l.id > \(last) ORDER BY l.id LIMIT \(Self.sliceLength)
            """
        ) { row in
            Library(
                id: row.integer(0), organization: row.integer(1), body: row.string(2),
                referenceType: row.stringOrNil(3), given: row.stringOrNil(4), reference: row.string(5))
        }
        for library in libraries { try decide(library) }
        guard libraries.count == Self.sliceLength, let end = libraries.last?.id else {
            try connection.run(
                """
                DELETE FROM license WHERE NOT EXISTS (SELECT 1 FROM library_license x WHERE x.license = license.id)
                    AND NOT EXISTS (SELECT 1 FROM replaced_license x WHERE x.license = license.id)
                """)
            return MigrationWork.Slice(mark: nil, rows: libraries.count)
        }
        return MigrationWork.Slice(mark: String(end), rows: libraries.count)
    }

    private mutating func decide(_ library: Library) throws {
        var component = try ComponentFacts.decode(library.body)
        try declare(in: &component, of: library.id)
        let found = effective.licenses(of: component)
        for (digest, body) in found.texts { try keep(body, digest: digest, organization: library.organization) }
        let given = try library.given.map { try terms(of: library, given: $0) }
        let chosen = given.map { LicenseDecision(given: $0) }
        try connection.run("DELETE FROM library_license WHERE library = \(library.id)")
        try connection.run("DELETE FROM replaced_license WHERE library = \(library.id)")
        let preferences = try preferences(of: library.organization)
        for (position, row) in found.rows(by: preferences).prefix(LicenseRows.limit).enumerated() {
            let license = try id(of: row.license, url: row.url, organization: library.organization)
            let type = library.referenceType ?? "SBOM"
            if chosen == nil {
                try connection.run(
                    """
                    INSERT INTO library_license (library, position, license, chosen, reference_type, reference, text)
                    VALUES (\(library.id), \(position), \(license), \(row.isChosen), \(type), \(row.reference), \(row.text))
                    """)
            } else {
                try connection.run(
                    """
                    INSERT INTO replaced_license (library, position, license, reference_type, reference, text)
                    VALUES (\(library.id), \(position), \(license), \(type), \(row.reference), \(row.text))
                    """)
            }
        }
        let shown = chosen?.licenses(by: preferences) ?? []
        for (position, (license, isChosen)) in shown.enumerated() {
            let id = try id(of: license, url: "", organization: library.organization)
            try connection.run(
                """
                INSERT INTO library_license (library, position, license, chosen, reference_type, reference, text)
                VALUES (\(library.id), \(position), \(id), \(isChosen), \(Self.assigned), \(library.reference), '')
                """)
        }
        let effect = chosen ?? found.decision
        let names = chosen == nil ? found.rows.map(\.license.name) : shown.map(\.license.name)
        var seen = Set<String>()
        let text = names.filter { seen.insert($0).inserted }.joined(separator: "\n")
        if chosen != nil, !givenAreNames { try say(text, insteadOf: LicenseRows.names(found.rows), of: library) }
        try connection.run(
            """
            UPDATE library SET licenses = \(text),
                license_found = \(found.text), license_expression = \(effect.text), license_choice = \(effect.hasChoice)
            WHERE id = \(library.id)
            """)
    }

    /// Writes the names that the report on a choice shows. The originals were lost if the newest description of the library
    /// had none.
    private func say(_ names: String, insteadOf originals: String, of library: Library) throws {
        try connection.run(
            """
            UPDATE license_override SET licenses = \(names),
                originals = CASE WHEN originals = '' THEN \(originals) ELSE originals END
            WHERE organization = \(library.organization)
                AND library_uuid = (SELECT l.uuid FROM library l WHERE l.id = \(library.id))
            """)
    }

    private mutating func preferences(of organization: Int64) throws -> LicensePreferences {
        if let known = preferences[organization] { return known }
        let names = try connection.all(
            "SELECT name FROM license_preference WHERE organization = \(organization) ORDER BY position"
        ) { $0.string(0) }
        let found = LicensePreferences(names)
        preferences[organization] = found
        return found
    }

    /// The terms that a person chose. Older choices stored names; their rows show which licences they meant.
    private func terms(of library: Library, given: String) throws -> [String] {
        let given = given.split(separator: "\n").map(String.init)
        guard givenAreNames else { return given }
        let rows = try connection.all(
            """
            SELECT n.spdx, n.name FROM library_license x JOIN license n ON n.id = x.license
            WHERE x.library = \(library.id) AND x.reference_type = \(Self.assigned) ORDER BY x.position
            """
        ) { $0.string(0).isEmpty ? $0.string(1) : $0.string(0) }
        guard !rows.isEmpty, rows != given else { return given }
        try connection.run(
            """
            UPDATE license_override SET given = \(rows.joined(separator: "\n"))
            WHERE organization = \(library.organization)
                AND library_uuid = (SELECT l.uuid FROM library l WHERE l.id = \(library.id))
            """)
        return rows
    }

    // MARK: Rows of others

    private mutating func id(of license: NamedLicense, url: String, organization: Int64) throws -> Int64 {
        let key = "\(organization)\n\(license.spdx)\n\(license.name)"
        if let id = ids[key] { return id }
        let known = try connection.integer(
            """
            SELECT id FROM license
            WHERE organization = \(organization) AND spdx = \(license.spdx) AND name = \(license.name)
            """)
        let id = try known ?? connection.take(1, from: "license")
        if known == nil {
            try connection.run(
                """
                INSERT INTO license (id, organization, spdx, name, url, type, risk_score, base, exception)
                VALUES (\(id), \(organization), \(license.spdx), \(license.name), \(license.url.isEmpty ? url : license.url),
                    \(license.kind), \(license.riskScore.map(Int64.init)), \(license.base), \(license.exception))
                """)
        } else {
            try connection.run(
                """
                UPDATE license SET type = \(license.kind), risk_score = \(license.riskScore.map(Int64.init)),
                    base = \(license.base), exception = \(license.exception) WHERE id = \(id)
                """)
        }
        ids[key] = id
        return id
    }

    private func keep(_ text: String, digest: String, organization: Int64) throws {
        try connection.run(
            """
            INSERT INTO library_text (organization, digest, body) VALUES (\(organization), \(digest), \(text))
            ON CONFLICT (organization, digest) DO NOTHING
            """)
    }

    // MARK: References of documents

    private mutating func declare(in component: inout Component, of library: Int64) throws {
        func lacks(_ claim: LicenseClaim) -> Bool {
            guard claim.references.isEmpty, case .expression(let text) = claim.form else { return false }
            return text.contains(LicenseExpression.Term.prefix)
        }
        guard component.licenses.contains(where: lacks) || component.concludedLicenses.contains(where: lacks) else {
            return
        }
        let scans = try connection.all(
            """
            SELECT c.id, c.organization FROM occurrence o JOIN scan c ON c.id = o.scan
            WHERE o.library = \(library) AND c.state = 'CURRENT' ORDER BY c.id LIMIT \(Self.documentLimit)
            """
        ) { (id: $0.integer(0), organization: $0.integer(1)) }
        var agreed: [String: LicenseReference] = [:]
        var disputed = Set<String>()
        for scan in scans {
            var seen = Set<String>()
            for license in try declarations(of: scan.id) where seen.insert(license.id).inserted {
                let reference = LicenseReference(license)
                if let known = agreed[license.id], known != reference { disputed.insert(license.id) }
                agreed[license.id] = reference
                if !reference.digest.isEmpty {
                    try keep(license.text, digest: reference.digest, organization: scan.organization)
                }
            }
        }
        for id in disputed { agreed[id] = nil }
        func complete(_ claims: inout [LicenseClaim]) {
            for index in claims.indices where lacks(claims[index]) {
                guard case .expression(let text) = claims[index].form else { continue }
                claims[index].references = LicenseReference.mentioned(in: text, of: agreed)
            }
        }
        complete(&component.licenses)
        complete(&component.concludedLicenses)
    }

    private mutating func declarations(of scan: Int64) throws -> [ExtractedLicense] {
        if let known = documents[scan] { return known }
        let text = try connection.first("SELECT document FROM scan WHERE id = \(scan)") { $0.string(0) } ?? ""
        let found = text.isEmpty ? [] : try DocumentFacts.decode(text).document.extractedLicenses
        if documents.count >= Self.documentLimit { documents.removeAll() }
        documents[scan] = found
        return found
    }
}
