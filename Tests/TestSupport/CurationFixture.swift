import Database

// DESIGN. The statements of people, agents and trackers in every project of both organizations. They are derived from the
// existing libraries, so each project shows its own, and a test finds the rival's where they must not appear.

extension InventoryFixture {
    /// Fills the tables of curation, policies and agents.
    func fillCuration() throws {
        try database.write { connection in
            for statement in Self.curation { try connection.run(statement) }
        }
    }

    private static let mine: SQL = "(l.filename LIKE '%only-in-%' OR l.filename LIKE '%rival-secret%')"

    private static var curation: [SQL] {
        let start = start
        return [
            // In-house, with and without a reason.
            "UPDATE library SET in_house = 1 WHERE filename LIKE '%only-in-%' OR filename LIKE '%rival-secret%'",
            """
            INSERT INTO in_house (organization, library_uuid, rule, reason, at)
            SELECT l.organization, l.uuid, 0, 'we make ' || min(l.filename), \(start) FROM library l
            WHERE \(mine) GROUP BY l.organization, l.uuid
            """,
            // Licences that a person chose, one row for each library.
            """
            INSERT INTO account (id, email, name, kind, created_at) VALUES (901, 'lawyer@example.org', 'Λ. Awyer', 'USER', 0),
                (902, 'rival-secret@example.org', 'rival-secret', 'SERVICE', 0),
                (903, 'only-in-ledger@example.org', 'only-in-ledger', 'SERVICE', 0)
            """,
            """
            INSERT INTO license_override (organization, number, library_uuid, licenses, originals, given, reference, account, at)
            SELECT l.organization, min(l.id), l.uuid, 'MIT\nISC', min(l.licenses), 'MIT\nISC', 'https://example.org/why', 901, \(start)
            FROM library l WHERE \(mine) OR l.artifact = 'left-pad' GROUP BY l.organization, l.uuid
            """,
            "INSERT INTO attribute (id, organization, name, context) VALUES (11, 1, 'Owner', 'ORGANIZATION'), (12, 2, 'Owner', 'ORGANIZATION')",
            """
            INSERT INTO attribute_value (organization, library_uuid, attribute, product, project, value)
            SELECT l.organization, l.uuid, 10 + l.organization, 0, 0, 'team of ' || min(l.filename) FROM library l
            GROUP BY l.organization, l.uuid
            """,
            """
            INSERT INTO library_bug (organization, library_uuid, position, bug, severity, title, status, reported_at, url)
            SELECT l.organization, l.uuid, p.n, 'BUG-' || p.n, 'HIGH', '=breaks ' || min(l.filename), 'OPEN', \(start),
                'https://example.org/bugs?id=1&x=2'
            FROM library l CROSS JOIN (SELECT 0 AS n UNION ALL SELECT 1) p WHERE \(mine) GROUP BY l.organization, l.uuid, p.n
            """,
            // Files, and the places of components.
            """
            INSERT INTO source_file (scan, position, component, name, path, sha1, body)
            SELECT c.scan, 1000 + c.position, c.position, 'file of ' || c.ref, 'src/' || c.ref,
                'da39a3ee5e6b4b0d3255bfef95601890afd80709', ''
            FROM component c WHERE c.position > 0
            """,
            "INSERT INTO place SELECT p.id, 0, 'prod', 'shop', 'web', 'app', 'registry.example/shop', 'v1', '' FROM project p",
            // Requests of agents, and violations of policies.
            """
            INSERT INTO agent_request (id, organization, at, requested_by, address, agent, agent_version, product, product_name,
                project_name, type, request_token, status)
            SELECT 5000 + p.id, p.organization, \(start) + p.id, min(l.filename), '192.0.2.7', 'maven-plugin', '1.2', p.product,
                d.name, p.name, 'CHECK_POLICIES', 'token-' || p.token, 'FINISHED'
            FROM project p JOIN product d ON d.id = p.product JOIN occurrence o ON o.scan = p.scan
                JOIN library l ON l.id = o.library WHERE \(mine) GROUP BY p.id, p.organization, p.product, d.name, p.name, p.token
            """,
            """
            INSERT INTO agent_violation (request, position, library, dependency, licenses, policy)
            SELECT q.id, x.n, q.requested_by, 'root', 'GPL-3.0\nMIT', 'no copyleft'
            FROM agent_request q CROSS JOIN (SELECT 0 AS n UNION ALL SELECT 1) x WHERE q.id > 5000
            """,
            """
            INSERT INTO change (organization, at, category, class, aspect, scope, scope_id, scope_name, before, after, operator,
                account, product, project)
            SELECT p.organization, \(start) + p.id, 'METADATA', 'COPYRIGHT', 'CHANGED', 'LIBRARY', 1, min(l.filename),
                'a\nb', 'c', 'USER', 901, p.product, p.id
            FROM project p JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library
            WHERE \(mine) GROUP BY p.id, p.organization, p.product ORDER BY p.id
            """,
            """
            INSERT INTO audit (organization, at, event, account, address, door, call, subject, detail, product, project)
            SELECT p.organization, \(start) + p.id, 'DOWNLOAD', 901, '192.0.2.7', 'api', 'downloadAsyncReport',
                min(l.filename), 'INVENTORY_REPORT', p.product, p.id
            FROM project p JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library
            WHERE \(mine) GROUP BY p.id, p.organization, p.product ORDER BY p.id
            """,
            // Roles in organizations, and in the ledger's product.
            """
            INSERT INTO assignment (organization, account, product, role) VALUES (1, 901, 0, 'ADMINISTRATOR'),
                (1, 901, 0, 'MEMBER'), (2, 902, 0, 'ADMINISTRATOR')
            """,
            """
            INSERT INTO assignment (organization, account, product, role)
            SELECT 1, 903, d.id, 'MEMBER' FROM product d WHERE d.organization = 1 AND d.name LIKE 'Bank%'
            """,
            "INSERT INTO membership (organization, account) VALUES (1, 901), (2, 902), (1, 903)",
            // Alerts that were ignored, and resolved alerts.
            """
            INSERT INTO alert (project, number, organization, uuid, type, level, library, library_uuid, direct, subject,
                description, state, created_at, modified_at, resolved_at, resolution, decision, ignored_by, comments)
            SELECT a.project, x.n + a.number, a.organization, x.type || a.uuid, x.type, 'MINOR', a.library, a.library_uuid,
                a.direct, '', 'about ' || l.filename, x.state, \(start), \(start) + 86400000,
                CASE x.state WHEN 'RESOLVED' THEN \(start) + 3 * 86400000 ELSE 0 END,
                CASE x.state WHEN 'RESOLVED' THEN 'Library removed' ELSE '' END,
                CASE x.state WHEN 'IGNORED' THEN 'IGNORED' ELSE '' END,
                CASE x.state WHEN 'IGNORED' THEN 901 ELSE 0 END, 'as agreed'
            FROM alert a JOIN library l ON l.id = a.library CROSS JOIN (
                SELECT 1000 AS n, 'NEW_MINOR_VERSION' AS type, 'IGNORED' AS state
                UNION ALL SELECT 2000, 'NEW_MAJOR_VERSION', 'RESOLVED') x
            WHERE \(mine) AND a.type = 'SECURITY_VULNERABILITY'
            """,
            // A licence for each of them that is incompatible with another one.
            """
            INSERT INTO license (id, organization, spdx, name, url, type, base)
            SELECT 7000 + o.id, o.id, 'GPL-2.0-only', 'GPL 2.0 alone', '', 'Open Source', 'GPL-2.0-only' FROM organization o
            """,
            """
            INSERT INTO license (id, organization, spdx, name, url, type, base)
            SELECT 7100 + o.id, o.id, 'CDDL-1.0', 'CDDL 1.0', '', 'Open Source', 'CDDL-1.0' FROM organization o
            """,
            """
            INSERT INTO library_license (library, position, license, reference_type, reference)
            SELECT l.id, 900, 7000 + l.organization, 'SBOM', '' FROM library l WHERE \(mine)
            """,
            """
            INSERT INTO library_license (library, position, license, reference_type, reference)
            SELECT l.id, 901, 7100 + l.organization, 'SBOM', '' FROM library l WHERE l.artifact = 'left-pad' OR \(mine)
            """,
            // A text that would run as code if a page allowed it, and a notice for each in-house library.
            "INSERT INTO license_text (spdx, body) VALUES ('MIT', 'Permission <script>alert(1)</script> & \"so\" on')",
            """
            INSERT INTO library_notice (organization, library_uuid, text, at)
            SELECT l.organization, l.uuid, 'notice of ' || min(l.filename), \(start) FROM library l
            WHERE \(mine) GROUP BY l.organization, l.uuid
            """,
        ]
    }
}
