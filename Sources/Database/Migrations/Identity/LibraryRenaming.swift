import Inventory

// DESIGN. The part of the work of the step "identities" about libraries and people's statements about them. It is frozen
// with the step: SQL of its own, nothing of `Tables/`. Rows that were merged are recorded in the change log.

/// A library as it was before the step, as far as its identity follows from it.
package struct OldLibrary: Sendable {
    package let id: Int64
    /// Its facts; empty where they are missing.
    package let body: String
    package let purl: String
    package let version: String
    let organization: Int64
    let uuid: String
    let key: Int64
}

/// The identity of a library after the step.
package struct NewName: Sendable {
    let uuid: String
    let base: String
    let purl: String

    /// - Parameters:
    ///   - base: the uuid of the same package without qualifiers, or empty.
    ///   - purl: the canonical package URL; older programs folded the case of some.
    package init(uuid: String, base: String, purl: String) {
        self.uuid = uuid
        self.base = base
        self.purl = purl
    }
}

/// Gives libraries their new names.
package struct LibraryRenaming {
    let connection: any Connection

    package init(on connection: any Connection) { self.connection = connection }

    /// The next libraries, in the order in which they came.
    package func libraries(after id: Int64, limit: Int) throws -> [OldLibrary] {
        try connection.all(
            """
            SELECT l.id, f.body, l.purl, l.version, l.organization, l.uuid, l.key_id
            FROM library l LEFT JOIN library_facts f ON f.library = l.id WHERE l.id > \(id) ORDER BY l.id LIMIT \(limit)
            """
        ) { row in
            OldLibrary(
                id: row.integer(0), body: row.stringOrNil(1) ?? "", purl: row.string(2), version: row.string(3),
                organization: row.integer(4), uuid: row.string(5), key: row.integer(6))
        }
    }

    /// Writes the new names of libraries, and moves the rows that refer to the old ones.
    package func rename(_ libraries: [(old: OldLibrary, new: NewName)]) throws {
        for organization in Set(libraries.map(\.old.organization)).sorted() {
            let own = libraries.filter { $0.old.organization == organization }
            let keys = try keys(of: own.map(\.new), organization: organization)
            var moved: [String: String] = [:]
            var numbers: [Int64: Int64] = [:]
            for (old, new) in own {
                let key = keys[new.uuid] ?? 0
                try connection.run(
                    """
                    UPDATE library SET uuid = \(new.uuid), key_id = \(key), purl = \(new.purl) WHERE id = \(old.id)
                    """)
                if moved[old.uuid] == nil, old.uuid != new.uuid { moved[old.uuid] = new.uuid }
                numbers[old.key] = key
            }
            let move = DecisionMove(organization: organization, connection: connection)
            try move.run(moved, keys: keys)
            try renumber(numbers, organization: organization)
        }
    }

    private func keys(of names: [NewName], organization: Int64) throws -> [String: Int64] {
        var keys: [String: Int64] = [:]
        let list = SQL.list(Set(names.map(\.uuid)).sorted().map(Value.text))
        try connection.each(
            "SELECT uuid, key_id FROM library_identity WHERE organization = \(organization) AND uuid IN \(list)"
        ) { keys[$0.string(0)] = $0.integer(1) }
        for name in names where keys[name.uuid] == nil {
            let key = try connection.take(1, sequence: "key id \(organization)", limit: Int64(Int32.max))
            keys[name.uuid] = key
            try connection.run(
                """
                INSERT INTO library_identity (organization, uuid, key_id, base)
                VALUES (\(organization), \(name.uuid), \(key), \(name.base))
                """)
        }
        return keys
    }

    /// Lines of the change log name libraries by their numbers.
    private func renumber(_ numbers: [Int64: Int64], organization: Int64) throws {
        let lines = try connection.all(
            """
            SELECT id, scope_id FROM change WHERE organization = \(organization) AND scope = 'LIBRARY'
                AND scope_id IN \(SQL.list(numbers.keys.sorted().map(Value.integer)))
            """
        ) { (id: $0.integer(0), key: $0.integer(1)) }
        for line in lines {
            guard let new = numbers[line.key] else { continue }
            try connection.run("UPDATE change SET scope_id = \(new) WHERE id = \(line.id)")
        }
    }

    /// Shows in all rows of a library what was decided about it, now that rows which had different names are the same library.
    package func showDecisions() throws {
        try connection.run(
            """
            UPDATE library SET in_house = 1 WHERE in_house = 0 AND EXISTS (SELECT 1 FROM in_house h
                WHERE h.organization = library.organization AND h.library_uuid = library.uuid)
            """)
        let chosen = try connection.all(
            "SELECT organization, library_uuid, given FROM license_override ORDER BY organization, number"
        ) { (organization: $0.integer(0), uuid: $0.string(1), given: $0.string(2)) }
        for choice in chosen {
            let given = choice.given.split(separator: "\n").map(String.init)
            try show(LicenseDecision(given: given).text, in: choice.uuid, organization: choice.organization)
        }
    }

    /// Shows a choice in all rows of a library as one of them shows it.
    private func show(_ expression: String, in uuid: String, organization: Int64) throws {
        let chosen: SQL = """
            license_expression = \(expression) AND EXISTS (SELECT 1 FROM library_license y
                WHERE y.library = k.id AND y.reference_type = 'Assigned by user')
            """
        let own: SQL = "k.organization = \(organization) AND k.uuid = \(uuid)"
        let model = try connection.integer("SELECT min(k.id) FROM library k WHERE \(own) AND \(chosen)")
        guard let model else { return }
        let others = try connection.all("SELECT k.id FROM library k WHERE \(own) AND NOT (\(chosen)) ORDER BY k.id") {
            $0.integer(0)
        }
        for library in others {
            try connection.run(
                """
                INSERT INTO replaced_license (library, position, license, reference_type, reference, text)
                SELECT library, position, license, reference_type, reference, text FROM library_license
                WHERE library = \(library) AND reference_type <> 'Assigned by user'
                """)
            try connection.run("DELETE FROM library_license WHERE library = \(library)")
            try connection.run(
                """
                INSERT INTO library_license (library, position, license, chosen, reference_type, reference, text)
                SELECT \(library), position, license, chosen, reference_type, reference, text FROM library_license
                WHERE library = \(model)
                """)
            try connection.run(
                """
                UPDATE library SET (licenses, license_expression, license_choice) =
                    (SELECT k.licenses, k.license_expression, k.license_choice FROM library k WHERE k.id = \(model))
                WHERE id = \(library)
                """)
        }
    }
}

/// Moves people's statements about libraries to the new names. When two rows meet, a person's row has precedence over a
/// rule's, and the newest over others.
private struct DecisionMove {
    let organization: Int64
    let connection: any Connection

    func run(_ moved: [String: String], keys: [String: Int64]) throws {
        if moved.isEmpty { return }
        let list = SQL.list(moved.keys.sorted().map(Value.text))
        for table in ["in_house", "license_override", "library_notice", "attribute_value", "library_bug"]
            as [StaticString]
        {
            let found = try connection.all(
                """
                SELECT DISTINCT library_uuid FROM \(SQL(table)) WHERE organization = \(organization)
                    AND library_uuid IN \(list) ORDER BY library_uuid
                """
            ) { $0.string(0) }
            for old in found {
                guard let new = moved[old] else { continue }
                try move(table, from: old, to: new, key: keys[new] ?? 0)
            }
        }
        let files = try connection.all(
            "SELECT sha1, library_uuid FROM file_origin WHERE organization = \(organization) AND library_uuid IN \(list)"
        ) { (sha1: $0.string(0), library: $0.string(1)) }
        for file in files {
            try connection.run(
                """
                UPDATE file_origin SET library_uuid = \(moved[file.library] ?? file.library)
                WHERE organization = \(organization) AND sha1 = \(file.sha1)
                """)
        }
    }

    private func rows(of uuid: String) -> SQL { "organization = \(organization) AND library_uuid = \(uuid)" }

    private func move(_ table: StaticString, from old: String, to new: String, key: Int64) throws {
        let table = SQL(table)
        if try connection.integer("SELECT 1 FROM \(table) WHERE \(rows(of: new)) LIMIT 1") != nil {
            switch table.text {
            case "in_house":
                try settle(table, said: "reason", "CASE WHEN rule = 0 THEN 1 ELSE 0 END, at", old, new, key)
            case "license_override": try settle(table, said: "licenses", "1, at", old, new, key)
            case "library_notice": try settle(table, said: "text", "1, at", old, new, key)
            case "attribute_value": try settleAttributes(old, new, key)
            default: try appendBugs(old, new)
            }
        }
        try connection.run("UPDATE \(table) SET library_uuid = \(new) WHERE \(rows(of: old))")
    }

    /// Keeps the row of one of the two names: the one with the higher rank.
    private func settle(
        _ table: SQL, said: SQL, _ rank: SQL, _ old: String, _ new: String, _ key: Int64
    ) throws {
        func row(_ uuid: String) throws -> (text: String, rank: (Int64, Int64))? {
            try connection.first("SELECT \(said), \(rank) FROM \(table) WHERE \(rows(of: uuid))") {
                ($0.string(0), ($0.integer(1), $0.integer(2)))
            }
        }
        guard let coming = try row(old), let present = try row(new) else { return }
        let isNewer = coming.rank > present.rank
        try connection.run("DELETE FROM \(table) WHERE \(rows(of: isNewer ? new : old))")
        let (lost, kept) = isNewer ? (present.text, coming.text) : (coming.text, present.text)
        if lost != kept { try note(table.text, lost: lost, kept: kept, key) }
    }

    private func settleAttributes(_ old: String, _ new: String, _ key: Int64) throws {
        let values = try connection.all(
            """
            SELECT a.attribute, a.product, a.project, a.value, b.value FROM attribute_value a
            JOIN attribute_value b ON b.organization = a.organization AND b.library_uuid = \(new)
                AND b.attribute = a.attribute AND b.product = a.product AND b.project = a.project
            WHERE a.organization = \(organization) AND a.library_uuid = \(old)
            """
        ) {
            (
                attribute: $0.integer(0), product: $0.integer(1), project: $0.integer(2), lost: $0.string(3),
                kept: $0.string(4)
            )
        }
        for value in values {
            try connection.run(
                """
                DELETE FROM attribute_value WHERE \(rows(of: old)) AND attribute = \(value.attribute)
                    AND product = \(value.product) AND project = \(value.project)
                """)
            if value.lost != value.kept { try note("attribute_value", lost: value.lost, kept: value.kept, key) }
        }
    }

    /// Bugs are a list: entries under the old name are added to the list under the new name, unless it has them.
    private func appendBugs(_ old: String, _ new: String) throws {
        try connection.run(
            """
            DELETE FROM library_bug WHERE \(rows(of: old))
                AND bug IN (SELECT b.bug FROM library_bug b WHERE b.organization = \(organization) AND b.library_uuid = \(new))
            """)
        let last = try connection.integer("SELECT max(position) FROM library_bug WHERE \(rows(of: new))") ?? 0
        let positions = try connection.all(
            "SELECT position FROM library_bug WHERE \(rows(of: old)) ORDER BY position DESC"
        ) { $0.integer(0) }
        for position in positions {
            try connection.run(
                """
                UPDATE library_bug SET position = \(last + 1 + position) WHERE \(rows(of: old)) AND position = \(position)
                """)
        }
    }

    /// Writes what was merged away into the change log, at the time of its newest line.
    private func note(_ table: String, lost: String, kept: String, _ key: Int64) throws {
        let what =
            switch table {
            case "in_house": "IN_HOUSE"
            case "license_override": "LICENSE"
            case "library_notice": "NOTICE"
            default: "ATTRIBUTE_VALUE"
            }
        func line(_ text: String) -> String { text.split(separator: "\n").joined(separator: ", ") }
        try connection.run(
            """
            INSERT INTO change (organization, at, category, class, aspect, scope, scope_id, scope_name, before, after,
                operator)
            SELECT \(organization), coalesce((SELECT max(c.at) FROM change c WHERE c.organization = \(organization)), 0),
                'METADATA', \(what), 'CHANGED', 'LIBRARY', \(key),
                coalesce((SELECT max(l.filename) FROM library l
                    WHERE l.organization = \(organization) AND l.key_id = \(key)), ''),
                \(line(lost)), \(line(kept)), 'SYSTEM'
            """)
    }
}
