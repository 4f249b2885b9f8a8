import Bytes
import Foundation
import TestSupport
import Testing

@testable import Database
@testable import Intake

/// The work of the step "identities": older names of libraries, and the rows that refer to them.
@Suite struct LibraryNamingTests {
    private static let issues: [UInt8] = [
        0x2d, 0x77, 0xb0, 0x14, 0x5f, 0x9c, 0x40, 0x63, 0x88, 0xe1, 0x3a, 0x06, 0xd4, 0x29, 0x7b, 0x55,
    ]

    private static func issue(_ library: String) -> String {
        Identifier.uuid(of: ["token p", "issue", "3", library, ""].joined(separator: "\0"), in: issues)
    }

    /// Three rows of one library, from documents with a SHA-1, with a qualifier, and with neither, and one row of a file;
    /// people decided about two of them.
    private func old(_ engine: Engine) throws -> any Database {
        let database = try TemporaryDatabase.open(TemporaryDatabase.url(engine))
        let step = try #require(Migration.all.firstIndex { $0.name.description == "identities" })
        try database.write { connection in
            try Migration.make(on: connection, upTo: step)
            for statement in statements { _ = try connection.run(statement) }
        }
        return database
    }

    private var statements: [SQL] {
        let libraries: [(Int64, String, Int64, String, String, String, String)] = [
            (1, "u1", 1 << 40, "pkg:npm/a@1", "", "", #"{"name":"a","purl":"pkg:npm/a@1"}"#),
            (2, "u2", 1 << 41, "pkg:npm/a@1", "5bedd0fa", "MIT", #"{"name":"a","purl":"pkg:npm/a@1","hashes":[]}"#),
            (3, "u3", 1 << 42, "pkg:npm/a@1?vcs_url=x", "", "", #"{"name":"a","purl":"pkg:npm/a@1?vcs_url=x"}"#),
            (
                4, "u4", 1 << 43, "", "", "",
                #"{"name":"x.jar","fileName":"x.jar","hashes":[{"alg":"SHA-1","value":"5bedd0fa987065a13d5ed2a535c550770842a7fa"}]}"#
            ),
        ]
        var all: [SQL] = [
            "INSERT INTO organization (id, token, name, created_at) VALUES (1, 'token o', 'o', 1)",
            "INSERT INTO product (id, organization, token, name, created_at, updated_at) VALUES (1, 1, 'token d', 'd', 1, 2)",
            """
            INSERT INTO project (id, organization, product, token, name, created_at, updated_at, scan)
            VALUES (1, 1, 1, 'token p', 'p', 1, 3, 9)
            """,
            """
            INSERT INTO scan (id, organization, project, state, created_at, libraries) VALUES (9, 1, 1, 'CURRENT', 1, 4)
            """,
            """
            INSERT INTO license (id, organization, spdx, name, url, type)
            VALUES (1, 1, 'ISC', 'ISC', '', 'Open Source'), (2, 1, 'MIT', 'MIT', '', 'Open Source')
            """,
        ]
        for (id, uuid, key, purl, sha1, licenses, body) in libraries {
            all.append(
                """
                INSERT INTO library (id, organization, digest, uuid, key_id, type, type_constant, group_id, artifact, version,
                    filename, purl, sha1, description, licenses, homepage, download_url, copyright, author, supplier,
                    release_date, match_type)
                VALUES (\(id), 1, \([UInt8(id)]), \(uuid), \(key), '', '', '', 'a', '', 'a', \(purl), \(sha1), '', \(licenses),
                    '', '', '', '', '', '', '')
                """)
            all.append("INSERT INTO library_facts (library, body) VALUES (\(id), \(body))")
            all.append(
                "INSERT INTO occurrence (scan, position, library, direct, depth, count) VALUES (9, \(id), \(id), \(id == 2), \(4 - id), 1)"
            )
            all.append(
                """
                INSERT INTO component (scan, position, occurrence, ref, scope, parent, depth, locations)
                VALUES (9, \(id), \(id), \("r\(id)"), '', -1, 1, '')
                """)
            all.append(
                """
                INSERT INTO library_request (project, number, organization, uuid, library, library_uuid, requested_by,
                    created_at, status, handled_at)
                VALUES (1, \(id), 1, \("q\(id)"), \(id), \(uuid), '', 1, \(id == 2 ? "REJECTED" : "PENDING"),
                    \(id == 2 ? 8 : nil))
                """)
            let (state, decision) = id == 3 ? ("IGNORED", "IGNORED") : id == 1 ? ("RESOLVED", "OPEN") : ("OPEN", "")
            all.append(
                """
                INSERT INTO alert (project, number, organization, uuid, type, level, library, library_uuid, direct, subject,
                    description, state, created_at, modified_at, decision, ignored_by, comments)
                VALUES (1, \(id), 1, \("a\(id)"), 'SECURITY_VULNERABILITY', 'MAJOR', \(id), \(uuid), 1, 'CVE-1', '', \(state),
                    \(id), \(id), \(decision), \(id), \("said \(id)"))
                """)
            all.append(
                """
                INSERT INTO alert_event (project, alert, position, at, state, account, comments)
                VALUES (1, \(id), 0, \(10 + id), \(state), \(decision.isEmpty ? 0 : id), '')
                """)
        }
        all += decisions
        return all
    }

    private var decisions: [SQL] {
        [
            "INSERT INTO in_house (organization, library_uuid, rule, reason, at) VALUES (1, 'u1', 0, 'by hand', 5)",
            "INSERT INTO in_house (organization, library_uuid, rule, reason, at) VALUES (1, 'u2', 7, 'by rule', 6)",
            """
            INSERT INTO license_override (organization, number, library_uuid, licenses, originals, given, at)
            VALUES (1, 1, 'u3', 'ISC', '', 'ISC', 5)
            """,
            "UPDATE library SET licenses = 'ISC', license_expression = 'ISC' WHERE id = 3",
            """
            INSERT INTO library_license (library, position, license, reference_type, reference)
            VALUES (2, 0, 2, 'SBOM', 'm')
            """,
            """
            INSERT INTO library_license (library, position, license, reference_type, reference)
            VALUES (3, 0, 1, 'Assigned by user', 'r')
            """,
            "INSERT INTO library_notice (organization, library_uuid, text, at) VALUES (1, 'u2', 'older', 3)",
            "INSERT INTO library_notice (organization, library_uuid, text, at) VALUES (1, 'u3', 'newer', 4)",
            """
            INSERT INTO attribute_value (organization, library_uuid, attribute, value)
            VALUES (1, 'u1', 1, 'x'), (1, 'u2', 1, 'y'), (1, 'u2', 2, 'z')
            """,
            """
            INSERT INTO library_bug (organization, library_uuid, position, bug, severity, title, status, url)
            VALUES (1, 'u1', 0, 'B1', '', '', '', ''), (1, 'u3', 0, 'B1', '', '', '', ''), (1, 'u3', 1, 'B2', '', '', '', '')
            """,
            "INSERT INTO file_origin (organization, sha1, library_uuid, comments, at) VALUES (1, 's', 'u3', '', 1)",
            """
            INSERT INTO policy (id, organization, priority, name, enabled, filter, action, filter_type, action_type, rule,
                aged_day, created_at)
            VALUES (3, 1, 1, '', 1, '', '', '', '', '', -1, 1)
            """,
            """
            INSERT INTO external_issue (project, issue_uuid, position, identifier, url, status, created, modified)
            VALUES (1, \(Self.issue("u2")), 0, 'T2', '', '', '', ''), (1, \(Self.issue("u3")), 0, 'T3', '', '', '', '')
            """,
            """
            INSERT INTO change (organization, at, category, class, aspect, scope, scope_id, scope_name, operator)
            VALUES (1, 50, 'METADATA', 'NOTICE', 'CHANGED', 'LIBRARY', \(1 << 41 as Int64), 'a', 'USER')
            """,
        ]
    }

    private func texts(_ database: any Database, _ sql: SQL) throws -> [String] {
        try database.read { connection in
            try connection.all(sql) { row in
                (0..<row.cellsInLastRow).map { row.string($0) }.joined(separator: "|")
            }
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func rowsOfOneLibraryBecomeOne(engine: Engine) throws {
        let database = try old(engine)
        var slices = 0
        try database.migrate(Intake.migrationWorks) { _ in slices += 1 }
        #expect(slices > 2)
        let uuid = LibraryDigest(of: Array("pkg:npm/a@1".utf8)).uuid
        let file = LibraryDigest(of: Array("SHA-1\05bedd0fa987065a13d5ed2a535c550770842a7fa".utf8)).uuid
        #expect(
            try texts(database, "SELECT id, uuid, key_id, in_house, licenses FROM library ORDER BY id") == [
                "1|\(uuid)|1|1|ISC", "2|\(uuid)|1|1|ISC", "3|\(uuid)|1|1|ISC", "4|\(file)|2|0|",
            ])
        #expect(
            try texts(database, "SELECT library, license, reference_type FROM library_license ORDER BY library")
                == ["1|1|Assigned by user", "2|1|Assigned by user", "3|1|Assigned by user"])
        // The found licences stay for the case that the choice is withdrawn. A later step reads it again from the facts, which
        // have no licences here.
        #expect(try texts(database, "SELECT library, license, reference FROM replaced_license").isEmpty)
        #expect(
            try texts(database, "SELECT uuid, key_id, base FROM library_identity ORDER BY key_id")
                == ["\(uuid)|1|", "\(file)|2|"])
        #expect(
            try texts(database, "SELECT position, library, direct, depth, count FROM occurrence ORDER BY position")
                == ["1|2|1|1|3", "4|4|0|0|1"])
        #expect(
            try texts(database, "SELECT position, occurrence, library FROM component ORDER BY position")
                == ["1|1|1", "2|1|0", "3|1|3", "4|4|0"])
        #expect(try texts(database, "SELECT libraries FROM scan") == ["2"])
        #expect(try texts(database, "SELECT project FROM stale_project") == ["1"])
        #expect(
            try texts(database, "SELECT p.content_at, d.content_at FROM project p JOIN product d ON d.id = p.product")
                == ["3|2"])
    }

    @Test(arguments: TemporaryDatabase.engines) func decisionsFollow(engine: Engine) throws {
        let database = try old(engine)
        try database.migrate(Intake.migrationWorks)
        let uuid = LibraryDigest(of: Array("pkg:npm/a@1".utf8)).uuid
        func said(_ sql: SQL) throws -> [String] {
            #expect(try texts(database, "SELECT DISTINCT library_uuid FROM (\(sql)) x") == [uuid])
            return try texts(database, sql).map { $0.replacing("\(uuid)|", with: "") }
        }
        #expect(try said("SELECT library_uuid, reason FROM in_house") == ["by hand"])
        #expect(try said("SELECT library_uuid, licenses FROM license_override") == ["ISC"])
        #expect(try said("SELECT library_uuid, text FROM library_notice") == ["newer"])
        #expect(
            try said("SELECT library_uuid, attribute, value FROM attribute_value ORDER BY attribute") == ["1|x", "2|z"])
        #expect(
            try said("SELECT library_uuid, position, bug FROM library_bug ORDER BY position").map { $0.suffix(2) }
                == ["B1", "B2"])
        #expect(try said("SELECT library_uuid, sha1 FROM file_origin") == ["s"])
        // The ticket of one issue is added to those of the other.
        #expect(
            try Set(texts(database, "SELECT issue_uuid, position FROM external_issue"))
                == ["\(Self.issue(uuid))|0", "\(Self.issue(uuid))|1"])
        // The change log has the merged rows; older lines get the new number.
        #expect(
            try texts(database, "SELECT class, scope_id, before, after FROM change ORDER BY id") == [
                "NOTICE|1||", "IN_HOUSE|1|by rule|by hand", "NOTICE|1|older|newer", "ATTRIBUTE_VALUE|1|y|x",
            ])
    }

    @Test(arguments: TemporaryDatabase.engines) func alertsAndRequestsBecomeOne(engine: Engine) throws {
        let database = try old(engine)
        try database.migrate(Intake.migrationWorks)
        let uuid = LibraryDigest(of: Array("pkg:npm/a@1".utf8)).uuid
        // The first unresolved one, with a person's last decision.
        #expect(
            try texts(
                database,
                "SELECT number, uuid, library_uuid, state, decision, ignored_by, comments FROM alert ORDER BY number"
            ).first == "2|a2|\(uuid)|IGNORED|IGNORED|3|said 3")
        #expect(try texts(database, "SELECT count(*) FROM alert") == ["2"])
        #expect(
            try texts(
                database, "SELECT position, at, state, account FROM alert_event WHERE alert = 2 ORDER BY position")
                == ["0|11|RESOLVED|1", "1|12|OPEN|0", "2|13|IGNORED|3"])
        #expect(
            try texts(database, "SELECT number, uuid, library_uuid, status FROM library_request ORDER BY number").first
                == "2|q2|\(uuid)|REJECTED")
        #expect(try texts(database, "SELECT count(*) FROM library_request") == ["2"])
    }
}
