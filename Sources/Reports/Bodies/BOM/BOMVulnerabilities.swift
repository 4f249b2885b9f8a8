import BOM
import Bytes
import Database
import Inventory
import VEX

// DESIGN. A bill of materials has the same vulnerabilities as alerts and reports. Each vulnerability has one entry with its
// libraries, even if documents use several names. All claims of the scope's documents about one vulnerability are merged, and
// other known facts complete them (`ToldOfVulnerability`). Claims about vulnerabilities that no library has are copied
// unchanged. A person's decision becomes the analysis. Libraries with different decisions get an entry of their own.

/// The decision about a vulnerability of a component, in the form of `analysis`.
struct Decided: Hashable {
    var state = ""
    var justification = ""
    var responses: [String] = []
    var detail = ""
    var firstIssued = ""
    var lastUpdated = ""
    /// Whether the document that has the library makes the statement itself.
    var isOwn = false

    /// Reads the cells of `columns`: a person's decision, else the statement of a VEX document; nil without either.
    init?(row: borrowing RowBuffer, at cell: Int, over statement: String) {
        switch row.string(cell + 1) {
        case "IGNORED" where row.integer(cell + 2) != 0 && row.string(cell) == "IGNORED":
            let word = IgnoreReason.Word(rawValue: row.string(cell + 3))
            let reason = word.map { IgnoreReason($0, justification: row.string(cell + 4)) } ?? .none
            state = reason.state
            justification = reason.justification
            responses = reason.responses
        case "OPEN" where LibraryStatement.isSettled(statement):
            // A person keeps the alert open, even against the document.
            state = "in_triage"
        default:
            guard !row.string(cell + 6).isEmpty else { return nil }
            state = row.string(cell + 6)
            justification =
                Statement.Justification(rawValue: row.string(cell + 7))?.cycloneDX.rawValue ?? row.string(cell + 7)
            detail = row.string(cell + 8)
            return
        }
        detail = row.string(cell + 5)
    }

    init(_ statement: ProjectView.Statement) {
        state = statement.state
        justification = statement.justification
        detail = statement.detail
        isOwn = true
    }

    init(_ analysis: VulnerabilityClaim.Analysis) {
        state = analysis.state
        justification = analysis.justification
        responses = analysis.responses
        detail = analysis.detail
        firstIssued = analysis.firstIssued
        lastUpdated = analysis.lastUpdated
        isOwn = true
    }

    /// Whether no work remains.
    var isSettled: Bool { LibraryStatement.isSettled(state) }

    var analysis: VulnerabilityClaim.Analysis {
        var analysis = VulnerabilityClaim.Analysis()
        analysis.state = state
        analysis.justification = justification
        analysis.responses = responses
        analysis.detail = detail
        analysis.firstIssued = firstIssued
        analysis.lastUpdated = lastUpdated
        return analysis
    }

    static let columns: SQL =
        "coalesce(a.state, ''), coalesce(a.decision, ''), coalesce(a.ignored_by, 0), coalesce(a.reason, ''), "
        + "coalesce(a.justification, ''), coalesce(a.comments, ''), coalesce(x.state, ''), coalesce(x.justification, ''), "
        + "coalesce(x.impact, '')"
}

/// The words of statements.
private enum LibraryStatement {
    static func isSettled(_ state: String) -> Bool {
        ["not_affected", "false_positive", "resolved", "resolved_with_pedigree"].contains(state)
    }
}

extension BOMSource {
    /// The most addresses and other names of one vulnerability.
    private static let listLimit = 50

    // MARK: What nothing has

    /// Calls `body` with the unchanged claims of a scan about vulnerabilities that the scan does not show.
    func eachUnshownClaim(of scan: Scan, _ body: (VulnerabilityClaim) throws -> Void) throws {
        try connection.each(
            """
            SELECT k.body FROM vulnerability_claim k WHERE k.scan = \(scan.id) AND k.position NOT IN
                (SELECT c.claim FROM claimed_vulnerability c WHERE c.scan = \(scan.id) AND c.vulnerability IN
                    (SELECT e.vulnerability FROM exposure e WHERE e.scan = \(scan.id)))
            ORDER BY k.position
            """
        ) { row in
            try body(try VulnerabilityFacts.decode(row.string(0)))
        }
    }

    // MARK: What libraries have

    /// Calls `body` with each vulnerability of the scope's libraries, in the order of the bytes of their names. Libraries with
    /// the same decision come in one call. `refs` returns the references in this document of an occurrence of a scan, for a
    /// library's uuid.
    func eachVulnerability(
        refs: (_ scan: Int64, _ position: Int, _ uuid: String) -> [String], _ body: (VulnerabilityClaim) throws -> Void
    ) throws {
        let speaking = try scansWithClaims()
        let isProject = production.request.scope.kind == .project
        var shown: WrittenVulnerability?
        var library: WrittenVulnerability.Library?
        var looked = 0
        func closeLibrary() {
            if let library { shown?.add(library) }
            library = nil
        }
        func close() throws {
            closeLibrary()
            guard let shown, !shown.isEmpty, let facts = try Self.facts(ofVulnerability: shown.id, on: connection)
            else { return }
            for claim in shown.claims(facts) { try body(claim) }
        }
        try connection.each(
            production.request.scope.clause + """
                SELECT v.id, l.uuid, e.claim, e.state, \(Decided.columns), coalesce(f.top_fix, ''), l.version, l.artifact,
                    e.scan, e.position, v.name
                FROM \(Joins.exposedLibraries)
                JOIN vulnerability v ON v.id = e.vulnerability
                \(Joins.finding) \(AlertSQL.ofExposure)
                ORDER BY v.name, v.id, l.uuid, s.project, e.position
                """
        ) { row in
            if row.integer(0) != shown?.id {
                try close()
                var told = ToldOfVulnerability(named: row.string(18), keepsReference: isProject)
                if !speaking.isEmpty { try told.read(row.integer(0), in: speaking, on: connection) }
                shown = WrittenVulnerability(id: row.integer(0), told: told)
            }
            guard let told = shown?.told else { return }
            if library?.uuid != row.string(1) { closeLibrary() }
            var next =
                library
                ?? WrittenVulnerability.Library(
                    uuid: row.string(1), artifact: row.string(15), version: row.string(14), fix: row.string(13))
            let place = ToldOfVulnerability.Place(scan: row.integer(16), position: row.integer(17))
            next.take(told[place])
            for ref in refs(place.scan, Int(place.position), row.string(1)) where !next.refs.contains(ref) {
                next.refs.append(ref)
            }
            next.decisions.append(try decided(row, told))
            library = next
            looked += 1
            if looked % 1024 == 0, production.shouldStop() { throw ProductionError.stopped }
        }
        try close()
    }

    /// The statement in force for a row of `eachVulnerability`: a decision, else the document's claim, else its claim about the whole product.
    private func decided(_ row: borrowing RowBuffer, _ told: ToldOfVulnerability) throws -> Decided? {
        if let decided = Decided(row: row, at: 4, over: row.string(3)) { return decided }
        let own = told.analysis(scan: row.integer(16), claim: row.integer(2)).map(Decided.init)
        if own?.state.isEmpty == false || row.string(3).isEmpty { return own }
        return try statement(about: row.integer(0), in: row.integer(16)).map(Decided.init) ?? own
    }

    /// The scans of the scope whose documents contain claims.
    private func scansWithClaims() throws -> [Int64] {
        try connection.all(
            production.request.scope.clause + """
                SELECT s.scan FROM scope s
                WHERE EXISTS (SELECT 1 FROM claimed_vulnerability c WHERE c.scan = s.scan) ORDER BY s.project
                """
        ) { $0.integer(0) }
    }

    /// The statement of a scan's document about a vulnerability of the whole product.
    private func statement(about vulnerability: Int64, in scan: Int64) throws -> ProjectView.Statement? {
        try connection.first(
            """
            SELECT k.state, k.justification, k.detail FROM claimed_vulnerability c
            JOIN library_claim k ON k.scan = c.scan AND k.occurrence = 0 AND k.claim = c.claim
            WHERE c.scan = \(scan) AND c.vulnerability = \(vulnerability) AND k.state <> '' ORDER BY k.claim DESC LIMIT 1
            """
        ) { ProjectView.Statement(state: $0.string(0), justification: $0.string(1), detail: $0.string(2)) }
    }

    // MARK: Facts

    /// The facts about a vulnerability as a claim without components; nil when the vulnerability was deleted.
    static func facts(ofVulnerability id: Int64, on connection: any Connection) throws -> VulnerabilityClaim? {
        guard let row = try VulnerabilityRow.read([id], on: connection)[id] else { return nil }
        var claim = VulnerabilityClaim(id: row.name)
        claim.sourceName = source(of: row.name)
        claim.sourceURL = row.url
        claim.aliases = lines(row.aliases)
        claim.weaknesses = lines(row.weaknesses).compactMap { Int($0.drop { !$0.isNumber }) }
        claim.description = row.description
        claim.recommendation = row.recommendation
        if let published = row.published { claim.published = TimeText.rfc3339(published) }
        if row.modified > 0 { claim.updated = TimeText.rfc3339(row.modified) }
        let source = row.organization == 0 ? "OSV" : ""
        claim.ratings = ratings(of: row).map { rating in
            var rating = rating
            rating.source = source
            rating.sourceURL = source.isEmpty ? "" : "https://osv.dev"
            return rating
        }
        try connection.each(
            """
            SELECT d.id, d.name, d.summary, d.details, d.links FROM vulnerability_advisory x
            JOIN advisory d ON d.id = x.advisory WHERE x.vulnerability = \(id) AND d.withdrawn IS NULL
            ORDER BY d.name LIMIT \(listLimit)
            """
        ) { advisory in
            claim.advisories.append("https://osv.dev/vulnerability/\(advisory.string(1))")
            guard advisory.integer(0) == row.advisory else { return }
            claim.description = advisory.string(2).isEmpty ? advisory.string(3) : advisory.string(2)
            if !advisory.string(2).isEmpty { claim.detail = advisory.string(3) }
            for link in SecurityLink.read(advisory.string(4)) where link.kind == .advisory {
                if !claim.advisories.contains(link.url) { claim.advisories.append(link.url) }
            }
        }
        return claim
    }

    private static func source(of name: String) -> String {
        name.hasPrefix("CVE-") ? "NVD" : name.hasPrefix("GHSA-") ? "GitHub" : "OSV"
    }

    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n").prefix(listLimit).map(String.init)
    }

    /// One rating for each version of CVSS, the newest first. Without a vector, one rating with only the severity as a word.
    private static func ratings(of row: VulnerabilityRow) -> [VulnerabilityClaim.Rating] {
        var found = [row.vector4, row.vector3, row.vector2].compactMap { CVSS($0) }.map { cvss in
            var rating = VulnerabilityClaim.Rating()
            rating.score = Double(cvss.tenths) / 10
            rating.severity = cvss.severity.rawValue
            rating.vector = cvss.vector
            rating.method =
                switch cvss.version {
                case .v2: "CVSSv2"
                case .v30: "CVSSv3"
                case .v31: "CVSSv31"
                case .v4: "CVSSv4"
                }
            return rating
        }
        if found.isEmpty, !row.severity.isEmpty {
            var rating = VulnerabilityClaim.Rating()
            rating.severity = row.severity
            found.append(rating)
        }
        return found
    }
}

extension BOMSource {
    /// Whether the responses exclude a fix; the document then recommends none.
    static func ruleOutFix(_ responses: [String]) -> Bool {
        responses.contains { $0 == "will_not_fix" || $0 == "can_not_fix" }
    }
}

/// An address in an advisory (OSV `references`).
struct SecurityLink {
    let kind: Advisory.Kind
    let url: String

    /// Reads the lines of `advisory.links`.
    static func read(_ lines: String) -> [SecurityLink] {
        lines.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", maxSplits: 1)
            guard words.count == 2 else { return nil }
            let url = String(words[1])
            switch words[0] {
            case "ADVISORY": return SecurityLink(kind: .advisory, url: url)
            case "FIX": return SecurityLink(kind: .fix, url: url)
            case "REPORT", "EVIDENCE", "DETECTION", "DISCUSSION": return SecurityLink(kind: .url, url: url)
            default: return nil
            }
        }
    }
}
