import BOM
import Bytes
import Database
import Inventory
import VEX

// DESIGN. A bill of materials has the whole set of vulnerabilities: first the claims of documents, each completed by other
// known facts, then what advisories found and no document of the scope claims. Both are read from the snapshot in their
// order. A person's decision is the analysis; components with other decisions get an entry of their own.

/// The decision about a vulnerability of a component, in the form of `analysis`.
private struct Decided: Hashable {
    var state = ""
    var justification = ""
    var responses: [String] = []
    var detail = ""

    /// Of the cells of `columns`: what a person decided, else the statement of a document of its own; nil where there is neither.
    init?(row: borrowing RowBuffer, at cell: Int, over statement: String) {
        switch row.string(cell + 1) {
        case "IGNORED" where row.integer(cell + 2) != 0 && row.string(cell) == "IGNORED":
            let word = IgnoreReason.Word(rawValue: row.string(cell + 3))
            let reason = word.map { IgnoreReason($0, justification: row.string(cell + 4)) } ?? .none
            state = reason.state
            justification = reason.justification
            responses = reason.responses
        case "OPEN" where LibraryStatement.isSettled(statement):
            // Wanted open, whatever the document says.
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
    }

    var analysis: VulnerabilityClaim.Analysis {
        var analysis = VulnerabilityClaim.Analysis()
        analysis.state = state
        analysis.justification = justification
        analysis.responses = responses
        analysis.detail = detail
        return analysis
    }

    static let columns: SQL =
        "coalesce(a.state, ''), coalesce(a.decision, ''), coalesce(a.ignored_by, 0), coalesce(a.reason, ''), "
        + "coalesce(a.justification, ''), coalesce(a.comments, ''), coalesce(x.state, ''), coalesce(x.justification, ''), "
        + "coalesce(x.impact, '')"
}

/// Words of statements.
private enum LibraryStatement {
    static func isSettled(_ state: String) -> Bool {
        ["not_affected", "false_positive", "resolved", "resolved_with_pedigree"].contains(state)
    }
}

extension BOMSource {
    /// The most addresses and other names of one vulnerability.
    private static let listLimit = 50

    // MARK: What documents claim

    /// Calls `body` with the claims of a scan, completed and decided. `names` spells the references of the document; nil leaves
    /// out what is affected.
    func eachCompleteClaim(
        of scan: Scan, _ body: (VulnerabilityClaim) throws -> Void
    ) throws {
        let cursor = try connection.cursor(
            production.request.scope.clause + """
                SELECT e.claim, e.vulnerability, c.ref, e.state, \(Decided.columns)
                FROM scope s JOIN exposure e ON e.scan = s.scan
                JOIN component c ON c.scan = e.scan AND c.occurrence = e.position
                JOIN occurrence o ON o.scan = e.scan AND o.position = e.position JOIN library l ON l.id = o.library
                JOIN vulnerability v ON v.id = e.vulnerability \(AlertSQL.ofExposure)
                WHERE e.scan = \(scan.id) AND e.claim >= 0 AND (c.position > 0 OR e.position = 0)
                ORDER BY e.claim, v.name, c.position
                """)
        defer { cursor.finish() }
        var row = RowBuffer(capacity: 1024)
        var isMore = try cursor.next(into: &row)
        var position: Int64 = 0
        try connection.each(
            "SELECT position, body FROM vulnerability_claim WHERE scan = \(scan.id) ORDER BY position"
        ) { entry in
            position = entry.integer(0)
            var vulnerability: Int64?
            var decisions: [String: Decided] = [:]
            var refs: [String] = []
            while isMore, row.integer(0) <= position {
                if row.integer(0) == position {
                    vulnerability = vulnerability ?? row.integer(1)
                    refs.append(row.string(2))
                    decisions[row.string(2)] = Decided(row: row, at: 4, over: row.string(3))
                }
                row.removeAll()
                isMore = try cursor.next(into: &row)
            }
            var claim = try BOM.VulnerabilityFacts.decode(entry.string(1))
            if let vulnerability { try complete(&claim, by: vulnerability) }
            // Named by package URLs, say: as this document names them.
            if !refs.isEmpty, !claim.affects.contains(where: { refs.contains($0.ref) }) {
                claim.affects += refs.map { VulnerabilityClaim.Affected(ref: $0) }
            }
            try split(claim, by: decisions, body)
        }
    }

    /// A claim for the components about which nothing was decided here, and one for each decision.
    private func split(
        _ claim: VulnerabilityClaim, by decisions: [String: Decided], _ body: (VulnerabilityClaim) throws -> Void
    ) throws {
        var order: [Decided] = []
        for affected in claim.affects {
            if let decided = decisions[affected.ref], !order.contains(decided) { order.append(decided) }
        }
        let rest = claim.affects.filter { decisions[$0.ref] == nil }
        if !rest.isEmpty || order.isEmpty {
            var claim = claim
            claim.affects = rest
            try body(claim)
        }
        for (number, decided) in order.enumerated() {
            var claim = claim
            if number > 0 || !rest.isEmpty { claim.ref = "" }
            claim.affects = claim.affects.filter { decisions[$0.ref] == decided }
            claim.analysis = decided.analysis
            try body(claim)
        }
    }

    /// Completes a claim by known facts.
    private func complete(_ claim: inout VulnerabilityClaim, by vulnerability: Int64) throws {
        guard let known = try Self.facts(ofVulnerability: vulnerability, on: connection) else { return }
        var names = Set(claim.aliases + [claim.id])
        claim.aliases += ([known.id] + known.aliases).filter { names.insert($0).inserted }
        let vectors = Set(claim.ratings.map(\.vector))
        for rating in known.ratings where !vectors.contains(rating.vector) || claim.ratings.isEmpty {
            claim.ratings.append(rating)
        }
        claim.weaknesses += known.weaknesses.filter { !claim.weaknesses.contains($0) }
        claim.advisories += known.advisories.filter { !claim.advisories.contains($0) }
        if claim.description.isEmpty { claim.description = known.description }
        if claim.detail.isEmpty { claim.detail = known.detail }
        if claim.published.isEmpty { claim.published = known.published }
        if claim.updated.isEmpty { claim.updated = known.updated }
    }

    // MARK: What advisories found

    /// Calls `body` with each vulnerability that advisories found in libraries of the scope of which no document claims it, by the
    /// bytes of their names. `refs` gives the references of an occurrence of a scan in this document, for a library's uuid.
    func eachFound(
        refs: (_ scan: Int64, _ position: Int, _ uuid: String) -> [String], _ body: (VulnerabilityClaim) throws -> Void
    ) throws {
        var found = FoundVulnerability()
        var library: FoundVulnerability.Library?
        var looked = 0
        func closeLibrary() {
            if let library { found.add(library) }
            library = nil
        }
        func close() throws {
            closeLibrary()
            guard found.id != 0, !found.isEmpty, let facts = try Self.facts(ofVulnerability: found.id, on: connection)
            else { return }
            for claim in found.claims(facts) { try body(claim) }
        }
        try connection.each(
            production.request.scope.clause + """
                SELECT v.id, l.uuid, e.claim, e.state, \(Decided.columns), coalesce(f.top_fix, ''), l.version, l.artifact,
                    e.scan, e.position
                FROM \(Joins.exposedLibraries)
                JOIN vulnerability v ON v.id = e.vulnerability
                \(Joins.finding) \(AlertSQL.ofExposure)
                ORDER BY v.name, l.uuid, s.project, e.position
                """
        ) { row in
            if row.integer(0) != found.id {
                try close()
                found = FoundVulnerability(id: row.integer(0))
            }
            if library?.uuid != row.string(1) { closeLibrary() }
            var next =
                library
                ?? FoundVulnerability.Library(
                    uuid: row.string(1), artifact: row.string(15), version: row.string(14), fix: row.string(13))
            next.isClaimed = next.isClaimed || row.integer(2) >= 0
            for ref in refs(row.integer(16), Int(row.integer(17)), row.string(1)) where !next.refs.contains(ref) {
                next.refs.append(ref)
            }
            var decided = Decided(row: row, at: 4, over: row.string(3))
            if decided == nil, !row.string(3).isEmpty {
                decided = try statement(about: row.integer(0), in: row.integer(16)).map(Decided.init)
            }
            next.decisions.append(decided)
            library = next
            looked += 1
            if looked % 1024 == 0, production.shouldStop() { throw ProductionError.stopped }
        }
        try close()
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

    /// The facts about a vulnerability, as a claim without components; nil when it is deleted.
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

    /// One for each version of CVSS, the newest first; the word alone where no vector rates it.
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

/// A vulnerability that advisories found, and the libraries that have it.
private struct FoundVulnerability {
    struct Library {
        let uuid: String
        let artifact: String
        let version: String
        let fix: String
        var isClaimed = false
        var refs: [String] = []
        /// In each project of the scope.
        var decisions: [Decided?] = []

        /// The state over all projects: open if it is open in one of them.
        var decided: Decided? { decisions.contains(nil) ? nil : decisions.first ?? nil }
    }

    let id: Int64
    private var groups: [(decided: Decided?, libraries: [Library])] = []

    init(id: Int64 = 0) { self.id = id }

    var isEmpty: Bool { groups.isEmpty }

    mutating func add(_ library: Library) {
        if library.isClaimed || library.refs.isEmpty { return }
        if let place = groups.firstIndex(where: { $0.decided == library.decided }) {
            groups[place].libraries.append(library)
        } else {
            groups.append((library.decided, [library]))
        }
    }

    /// One claim for all libraries about which the same was decided.
    func claims(_ facts: VulnerabilityClaim) -> [VulnerabilityClaim] {
        groups.map { decided, libraries in
            var claim = facts
            claim.analysis = decided?.analysis
            claim.affects = libraries.flatMap { library in
                library.refs.map { ref in
                    var affected = VulnerabilityClaim.Affected(ref: ref)
                    if !library.version.isEmpty {
                        var version = VulnerabilityClaim.Affected.Version()
                        version.version = library.version
                        affected.versions = [version]
                    }
                    return affected
                }
            }
            let fixes = libraries.filter { !$0.fix.isEmpty }.map { "Upgrade \($0.artifact) to version \($0.fix)" }
            if !fixes.isEmpty, !BOMSource.ruleOutFix(decided?.responses ?? []) {
                var seen: Set<String> = []
                claim.recommendation = fixes.filter { seen.insert($0).inserted }.joined(separator: "; ")
            }
            return claim
        }
    }
}

extension BOMSource {
    /// Whether responses say that there will be no fix, so that nobody is to be told of one.
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
