import BOM
import Bytes
import Database
import Inventory
import VEX

// DESIGN. A VEX document states the same as alerts and decisions. A person's decision comes first, then the statement that
// counts, then the claim of the project's own document. Without any of them, no decision was made yet. Exposures are read in
// the order of vulnerabilities, so that all statements about one vulnerability come together; products come first. Memory holds
// the names of products and the statements about one vulnerability.

extension Production {
    /// The only part of a document of statements.
    func vex(
        _ facts: ScopeFacts, on connection: any Connection, into receiver: PartReceiver.Maker
    ) throws -> Produced {
        let wanted = try VEXRequest(request.options)
        return try document(facts, word: "\(wanted.standard.rawValue)-VEX", into: receiver) { destination in
            var source = try VEXSource(production: self, wanted: wanted, facts: facts, connection: connection)
            var sink = ByteSink(to: destination)
            let tool = source.head.tool
            switch (wanted.standard, request.format) {
            case (.openVEX, .json): try source.write(to: OpenVEXWriter(), &sink)
            case (.csaf, .json): try source.write(to: CSAFWriter(), &sink)
            case (.cycloneDX, .json), (.cycloneDX, .xml):
                guard let version = CycloneDXVersion(rawValue: wanted.version) else {
                    throw ReportError.badValue(
                        wanted.version, of: "version", accepted: wanted.standard.versions.joined(separator: ", "))
                }
                if request.format == .xml {
                    try source.write(to: CycloneDXStatementWriter<XMLTree>(version: version, tool: tool), &sink)
                } else {
                    try source.write(to: CycloneDXStatementWriter<JSONTree>(version: version, tool: tool), &sink)
                }
            case (_, .xml), (_, .yaml), (_, .tv), (_, .xlsx), (_, .pdf), (_, .csv), (_, .ndjson), (_, .html),
                (_, .txt):
                throw ReportError.formatNotOffered(
                    request.format.rawValue, by: request.type, offered: wanted.standard.formats)
            }
            try sink.flush()
            return (source.rows, [])
        }
    }
}

/// The source of a VEX document: the exposures of the scope within one snapshot.
private struct VEXSource {
    private let production: Production
    private let connection: any Connection
    let head: StatementDocumentHead
    private let products: [String: StatedProduct]
    private let order: [String]
    /// The number of statements written.
    private(set) var rows = 0

    init(
        production: Production, wanted: VEXRequest, facts: ScopeFacts, connection: any Connection
    ) throws {
        self.production = production
        self.connection = connection
        let root = try Self.root(production, facts, on: connection)
        var (products, order): ([String: StatedProduct], [String]) = ([:], [])
        try connection.each(
            production.request.scope.clause + """
                SELECT DISTINCT l.uuid, l.id, l.purl, l.group_id, l.artifact, l.version
                FROM \(Joins.exposedLibraries)
                ORDER BY l.uuid, l.id
                """
        ) { row in
            guard products[row.string(0)] == nil else { return }
            let (purl, group) = (row.string(2), row.string(3))
            let name = PackageURL(purl)?.path ?? (group.isEmpty ? row.string(4) : "\(group)/\(row.string(4))")
            let ref = purl.isEmpty || purl == root.ref ? row.string(0) : purl
            order.append(row.string(0))
            products[row.string(0)] = StatedProduct(ref: ref, name: name, version: row.string(5), purl: purl)
        }
        (self.products, self.order) = (products, order)
        let mark = try VulnerabilityMark.read(production.request.scope, on: connection)
        let content =
            "\(wanted.standard.rawValue) \(wanted.version)\n\(facts.path.joined(separator: "/"))/\(facts.name)\n"
            + "\(facts.updated)\n\(mark)"
        head = StatementDocumentHead(
            uuid: Identifier.uuid(Digest.of(Array(content.utf8), .sha256), version: 8),
            author: facts.path.first ?? facts.name, title: "Vulnerabilities of \(facts.name)",
            created: TimeText.rfc3339(facts.updated), tool: BOMTool(version: ProgramVersion.current), root: root,
            isEmpty: order.isEmpty)
    }

    /// The subject of the scope: for a project, the component that its document describes.
    private static func root(
        _ production: Production, _ facts: ScopeFacts, on connection: any Connection
    ) throws -> StatedProduct {
        let kind = production.request.scope.kind
        var root = StatedProduct(ref: "\(kind.rawValue):\(facts.name)", name: facts.name, version: "", purl: "")
        guard kind == .project else { return root }
        let text = try connection.first(
            production.request.scope.clause + "SELECT c.document FROM scope s JOIN scan c ON c.id = s.scan"
        ) { $0.string(0) }
        guard let text, !text.isEmpty, let component = try DocumentFacts.decode(text).root else { return root }
        root.name = component.name.isEmpty ? facts.name : component.name
        root.version = component.version
        root.purl = PackageURL(component.purl)?.text ?? ""
        if !root.purl.isEmpty { root.ref = root.purl }
        return root
    }

    mutating func write<Writer: StatementWriter>(to writer: Writer, _ out: inout ByteSink) throws {
        var writer = writer
        try writer.begin(head, to: &out)
        for uuid in order { if let product = products[uuid] { try writer.product(product, to: &out) } }
        var said = SaidOfVulnerability(id: 0)
        var written = 0
        func close() throws {
            guard said.id != 0, let facts = try BOMSource.facts(ofVulnerability: said.id, on: connection) else {
                return
            }
            let statements = said.statements(about: facts, products: products)
            written += statements.count
            try writer.vulnerability(facts, statements, to: &out)
        }
        var looked = 0
        try connection.each(production.request.scope.clause + Self.query) { row in
            if row.integer(0) != said.id {
                try close()
                said = SaidOfVulnerability(id: row.integer(0))
            }
            said.add(try statement(row), of: row.string(1))
            try production.step(&looked)
        }
        try close()
        rows = written
        try writer.end(to: &out)
    }

    private static let query: SQL = """
        SELECT v.id, l.uuid, l.artifact, e.state, e.scan, e.position, coalesce(f.top_fix, ''),
            coalesce(a.state, ''), coalesce(a.decision, ''), coalesce(a.ignored_by, 0), coalesce(a.reason, ''),
            coalesce(a.justification, ''), coalesce(a.comments, ''), coalesce(a.created_at, 0), coalesce(a.modified_at, 0),
            coalesce(x.state, ''), coalesce(x.justification, ''), coalesce(x.impact, ''), coalesce(x.action, ''),
            coalesce(x.responses, ''), coalesce(x.first_at, 0), coalesce(x.at, 0)
        FROM \(Joins.exposedLibraries)
        JOIN vulnerability v ON v.id = e.vulnerability
        \(Joins.finding)
        \(AlertSQL.ofExposure)
        ORDER BY v.name, v.id, l.uuid, s.project, e.position
        """

    // MARK: What is said of a library

    private func statement(_ row: borrowing RowBuffer) throws -> Statement {
        var it = Statement(VulnerabilityClaim(id: ""), .inTriage)
        (it.firstIssued, it.lastUpdated) = (time(row.integer(13)), time(row.integer(14)))
        let isIgnored = row.string(7) == "IGNORED" && row.string(8) == "IGNORED" && row.integer(9) != 0
        let said = Statement.State(rawValue: row.string(3))
        if isIgnored {
            let word = IgnoreReason.Word(rawValue: row.string(10))
            let reason = word.map { IgnoreReason($0, justification: row.string(11)) } ?? .none
            it.state = Statement.State(rawValue: reason.state) ?? .exploitable
            it.justification = Statement.Justification(rawValue: reason.justification)
            it.responses = reason.responses
            it.impact = row.string(12)
        } else if row.string(8) == "OPEN", said?.isSettled == true {
            // A person keeps the alert open, even against documents.
            it.impact = row.string(12)
        } else if let state = Statement.State(rawValue: row.string(15)) {
            it.state = state
            it.justification = Statement.Justification(rawValue: row.string(16))
            (it.impact, it.action) = (row.string(17), row.string(18))
            it.responses = row.string(19).split(separator: "\n").map(String.init)
            (it.firstIssued, it.lastUpdated) = (time(row.integer(20)), time(row.integer(21)))
        } else if let said {
            it.state = said
            try takeOwn(row.integer(4), row.integer(5), row.integer(0), row.string(3), into: &it)
        }
        // When an author will not or cannot fix the vulnerability, the document does not advise readers to upgrade.
        if it.state == .exploitable, !BOMSource.ruleOutFix(it.responses), it.action.isEmpty, !row.string(6).isEmpty {
            it.action = "Upgrade \(row.string(2)) to version \(row.string(6))"
        }
        return it
    }

    private func time(_ time: Int64) -> Int64? { time > 0 ? time : nil }

    /// Adds the reason that the project's own document gives.
    private func takeOwn(
        _ scan: Int64, _ position: Int64, _ vulnerability: Int64, _ state: String, into it: inout Statement
    ) throws {
        let own = try connection.first(
            """
            SELECT k.justification, k.detail FROM claimed_vulnerability c
            JOIN library_claim k ON k.scan = c.scan AND k.claim = c.claim AND k.occurrence IN (0, \(position))
            WHERE c.scan = \(scan) AND c.vulnerability = \(vulnerability) AND k.state = \(state)
            ORDER BY k.occurrence DESC, k.claim DESC LIMIT 1
            """
        ) { (why: $0.string(0), detail: $0.string(1)) }
        it.justification = Statement.Justification(rawValue: own?.why ?? "")
        it.impact = own?.detail ?? ""
    }
}

/// The statements about one vulnerability in the libraries of a scope.
private struct SaidOfVulnerability {
    let id: Int64
    private var order: [String] = []
    private var said: [String: Statement] = [:]

    init(id: Int64) { self.id = id }

    /// For a library of several projects the worst state counts: a vulnerability is open if any project has it open.
    mutating func add(_ statement: Statement, of library: String) {
        guard let other = said[library] else {
            order.append(library)
            said[library] = statement
            return
        }
        if Self.rank(statement.state) < Self.rank(other.state) { said[library] = statement }
    }

    private static func rank(_ state: Statement.State) -> Int {
        switch state {
        case .exploitable: 0
        case .inTriage: 1
        case .resolved, .resolvedWithPedigree: 2
        case .notAffected, .falsePositive: 3
        }
    }

    /// One statement for all libraries with the same decision.
    func statements(
        about facts: VulnerabilityClaim, products: [String: StatedProduct]
    ) -> [(statement: Statement, products: [StatedProduct])] {
        var made: [(statement: Statement, products: [StatedProduct])] = []
        var places: [[String]: Int] = [:]
        for library in order {
            guard var statement = said[library], let product = products[library] else { continue }
            let key = [
                statement.state.rawValue, statement.justification?.rawValue ?? "", statement.impact, statement.action,
                statement.responses.joined(separator: " "),
                "\(statement.firstIssued ?? 0) \(statement.lastUpdated ?? 0)",
            ]
            if let place = places[key] {
                made[place].products.append(product)
            } else {
                statement.vulnerability = facts
                places[key] = made.count
                made.append((statement, [product]))
            }
        }
        return made
    }
}
