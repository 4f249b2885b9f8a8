import Database
import Inventory

// DESIGN. Each evaluation of a project's alerts decides which vulnerability a claim is about. A vulnerability that advisories
// know under one of the claim's names belongs to the advisories. All others are the organization's own. A claim with a CVE
// means that CVE, as in the linking of advisories (`VulnerabilityLinking`); other claims mean the vulnerability that shares a
// name in the organization's documents. A name belongs to one vulnerability of the organization. A CVE takes names over from
// vulnerabilities without a CVE, so documents agree in whatever order they arrive. Projects that show a vulnerability which
// lost a name are evaluated again. docs/adr/021 has the rules.

/// Decides which vulnerabilities the claims of the scan that a project shows are about. The caller must hold the
/// organization's row, and advisories must not change.
struct ClaimedVulnerabilities {
    private let view: ProjectView
    private let connection: any Connection
    /// For each name, the organization's own vulnerability with this name.
    private var owners: [String: String] = [:]
    private var before: [String: Claims.Owner] = [:]
    /// The claims of the scan about each of the organization's own.
    private var speakers: [String: [Int64]] = [:]
    /// The most claims of a document that are compared to describe one vulnerability.
    private static let speakerLimit = 20
    /// The most vulnerabilities of a claim that also apply to claims which repeat it.
    private static let twinLimit = 20
    /// Marks claims that a separate VEX document makes, rather than the scan's own document.
    private static let statementSpeaks: Int64 = -1
    /// The statements of separate documents; among the entries their ids are negative.
    private let statements: ProjectStatements
    /// Whether the described component is one of the libraries.
    private let listsProduct: Bool
    /// The vulnerabilities of each of these statements.
    private(set) var meaning: [Int64: Set<Int64>] = [:]

    init(
        of view: ProjectView, with statements: ProjectStatements, listsProduct: Bool, on connection: any Connection
    ) {
        self.listsProduct = listsProduct
        self.view = view
        self.statements = statements
        self.connection = connection
    }

    /// The claims of the scan and the statements, sorted by the name of the vulnerability, so that those with one
    /// name are adjacent.
    func entries() throws -> [Claims.Entry] {
        (try Claims.entries(of: view.scan, on: connection) + statementEntries).sorted {
            ($0.id, $0.claim) < ($1.id, $1.claim)
        }
    }

    /// The entries whose names no document of the organization has.
    func unheard(_ entries: [Claims.Entry]) throws -> [Claims.Entry] {
        let known = try Claims.owners(
            of: Set(entries.flatMap { $0.names + [$0.id] }), organization: view.organization, on: connection)
        return entries.filter { entry in known[entry.id] == nil && !entry.names.contains { known[$0] != nil } }
    }

    /// Names and describes unknown vulnerabilities of some entries, so that `resolve`, which decides all entries, has
    /// little left to write.
    mutating func introduce(_ entries: [Claims.Entry]) throws {
        try Advisories.share(on: connection)
        let known = try Advisories.known(by: Set(entries.flatMap { $0.names + [$0.id] }), on: connection)
        let own = entries.filter { Self.hits(of: $0, called: known.called, others: known.others).isEmpty }
        var links: Set<Claims.Link> = []
        if !own.isEmpty { try link(own, &links) }
    }

    /// Decides and writes. The caller deletes the earlier vulnerabilities of the claims once no row refers to them.
    mutating func resolve() throws {
        let entries = try Claims.entries(of: view.scan, on: connection) + statementEntries
        // No advisory with one of the names can be added in between, and later advisories find the vulnerabilities.
        if !entries.isEmpty { try Advisories.share(on: connection) }
        let names = Set(entries.flatMap { $0.names + [$0.id] })
        let known = try Advisories.known(by: names, on: connection)
        var links: Set<Claims.Link> = []
        var own: [Claims.Entry] = []
        for entry in entries {
            let hits = Self.hits(of: entry, called: known.called, others: known.others)
            if hits.isEmpty { own.append(entry) }
            for hit in hits { links.insert(Claims.Link(claim: entry.claim, vulnerability: hit)) }
        }
        if !own.isEmpty { try link(own, &links) }
        if !links.isEmpty { try linkTwins(&links) }
        for link in links where link.claim < 0 { meaning[-link.claim, default: []].insert(link.vulnerability) }
        try Claims.link(links.filter { $0.claim >= 0 }, of: view.scan, on: connection)
    }

    /// Links claims that repeat others to the vulnerabilities of those.
    private func linkTwins(_ links: inout Set<Claims.Link>) throws {
        var meant: [Int64: [Int64]] = [:]
        for link in links { meant[link.claim, default: []].append(link.vulnerability) }
        for twin in try Claims.twins(of: view.scan, on: connection) {
            guard let vulnerabilities = meant[twin.of], vulnerabilities.count <= Self.twinLimit else { continue }
            for vulnerability in vulnerabilities {
                links.insert(Claims.Link(claim: twin.claim, vulnerability: vulnerability))
            }
        }
    }

    private var statementEntries: [Claims.Entry] {
        statements.said.values.sorted { $0.id < $1.id }.map { said in
            Claims.Entry(
                claim: -said.id, id: said.name, names: said.names,
                isAboutLibrary: statements.places[said.id]?.contains { $0 != Claims.product } ?? false)
        }
    }

    /// An entry's description of a vulnerability, as JSON.
    private func body(of claim: Int64) throws -> String? {
        claim < 0
            ? try Statements.body(of: -claim, on: connection)
            : try Claims.body(of: claim, in: view.scan, on: connection)
    }

    /// Whether the description of a vulnerability is still valid and comes from another project.
    private func speaksElsewhere(_ row: VulnerabilityRow, among current: Set<Int64>) throws -> Bool {
        if row.claimScan == Self.statementSpeaks {
            return try statements.said[row.claim] == nil && Statements.body(of: row.claim, on: connection) != nil
        }
        if row.claimScan == view.coming?.replaced { return false }
        return row.claimScan != view.scan && current.contains(row.claimScan)
    }

    /// The vulnerabilities that advisories know for a claim: first by the claim's name, then by its other names, then by the
    /// names of the advisories that describe them. Two CVEs are never one vulnerability.
    private static func hits(
        of entry: Claims.Entry, called: [String: Int64], others: [String: [Int64: String]]
    ) -> Set<Int64> {
        let cves = Self.cves(of: entry)
        let same = Set(cves.compactMap { called[$0] })
        if !same.isEmpty { return same }
        let names = Set(entry.names + [entry.id]).filter { !OSVRecord.isCVE($0) }
        let alike = Set(names.compactMap { called[$0] })
        if !alike.isEmpty { return alike }
        var found: Set<Int64> = []
        for name in names {
            for (id, name) in others[name] ?? [:] where cves.isEmpty || !OSVRecord.isCVE(name) { found.insert(id) }
        }
        return found
    }

    /// The CVEs of a claim: its main name if that is a CVE, otherwise all CVEs among its names.
    private static func cves(of entry: Claims.Entry) -> [String] {
        OSVRecord.isCVE(entry.id) ? [entry.id] : entry.names.filter(OSVRecord.isCVE)
    }

    // MARK: The organization's own

    private mutating func link(_ all: [Claims.Entry], _ links: inout Set<Claims.Link>) throws {
        before = try Claims.owners(
            of: Set(all.flatMap(\.names)), organization: view.organization, on: connection)
        owners = before.mapValues(\.name)
        var roots: [(claim: Int64, roots: [String])] = []
        // Claims with a CVE come first, and the others join them. If the product is one of the libraries, a claim
        // about the product counts for that library.
        let own = all.filter { $0.isAboutLibrary || listsProduct && $0.claim >= 0 }
        let ofProduct = all.filter { !$0.isAboutLibrary && !(listsProduct && $0.claim >= 0) }
        for entry in own {
            let cves = Self.cves(of: entry)
            let others = entry.names.filter { !OSVRecord.isCVE($0) }
            for cve in cves { take(cves.count == 1 ? others + [cve] : [cve], for: cve) }
            if !cves.isEmpty { roots.append((entry.claim, cves)) }
        }
        for entry in own where Self.cves(of: entry).isEmpty {
            let known = Set(entry.names.compactMap { owners[$0] })
            let candidates = known.isEmpty ? Set(entry.names) : known
            guard let root = candidates.min(by: { VulnerabilityMerge.rank($0) < VulnerabilityMerge.rank($1) }) else {
                continue
            }
            take(entry.names, for: root)
            roots.append((entry.claim, [root]))
        }
        let ids = try Advisories.vulnerabilities(
            named: Set(roots.flatMap(\.roots)), organization: view.organization, on: connection)
        for (claim, roots) in roots {
            for root in roots {
                guard let id = ids[root] else { continue }
                links.insert(Claims.Link(claim: claim, vulnerability: id))
                if speakers[root, default: []].count < Self.speakerLimit { speakers[root, default: []].append(claim) }
            }
        }
        // A statement about the whole product counts for the vulnerabilities of its libraries.
        for entry in ofProduct {
            for owner in Set(entry.names.compactMap { owners[$0] }) {
                guard let id = ids[owner] ?? before.values.first(where: { $0.name == owner })?.vulnerability else {
                    continue
                }
                links.insert(Claims.Link(claim: entry.claim, vulnerability: id))
            }
        }
        try name(ids)
        try connection.readsOwnWrites()
        try describe(ids)
    }

    /// Adds names to a vulnerability, except those of another CVE.
    private mutating func take(_ names: [String], for root: String) {
        for name in names {
            if let owner = owners[name], owner != root, OSVRecord.isCVE(owner) { continue }
            owners[name] = root
        }
    }

    private func name(_ ids: [String: Int64]) throws {
        var changed: [String: Int64] = [:]
        var lost: Set<Int64> = []
        for (name, root) in owners {
            guard let id = ids[root], before[name]?.vulnerability != id else { continue }
            changed[name] = id
            if let old = before[name]?.vulnerability { lost.insert(old) }
        }
        try Claims.name(changed, organization: view.organization, on: connection)
        try Exposures.markStale(showing: lost, but: view.project, on: connection)
    }

    /// Describes the vulnerabilities by the current documents: the description with the highest rank counts, in
    /// whatever order they arrive.
    private func describe(_ ids: [String: Int64]) throws {
        let known = try VulnerabilityRow.read(ids.values, on: connection)
        let names = try Claims.names(of: ids.values, on: connection)
        let current = try StagedScan.current(
            among: Set(known.values.map(\.claimScan).filter { $0 > 0 }), on: connection)
        var made: [Int64: VulnerabilityRow] = [:]
        var changed: Set<Int64> = []
        for (root, id) in ids {
            guard let old = known[id] else { continue }
            // The description of another document stays until this document has a better one.
            var best = try speaksElsewhere(old, among: current) ? old : nil
            for claim in speakers[root] ?? [] {
                let (scan, number) = claim < 0 ? (Self.statementSpeaks, -claim) : (view.scan, claim)
                if old.claimScan == scan, old.claim == number, speakers[root]?.count == 1 {
                    best = old
                    break
                }
                guard let body = try body(of: claim) else { continue }
                var row = try ClaimDescription.row(named: root, from: body, for: view.organization)
                row.claimScan = scan
                row.claim = number
                if best.map({ ClaimDescription.outranks(row, $0) }) ?? true { best = row }
            }
            guard var row = best else { continue }
            row.aliases = Self.aliases(names[id] ?? [], of: root)
            row.edition = old.edition
            if row == old { continue }
            if row.isMoved(from: old) {
                // The content is the same, and the source is not read before the next evaluation.
                try connection.unread(
                    """
                    UPDATE vulnerability SET claim_scan = \(row.claimScan), claim = \(row.claim)
                    WHERE id = \(id) AND claim_scan = \(old.claimScan)
                    """)
                continue
            }
            if !ClaimDescription.isSame(row, old) {
                row.edition += 1
                changed.insert(id)
            }
            made[id] = row
        }
        try VulnerabilityRow.replace(made.keys.sorted(), with: made, on: connection)
        try Exposures.markStale(showing: changed, but: view.project, on: connection)
    }

    private static func aliases(_ names: [String], of root: String) -> String {
        names.filter { $0 != root }.sorted { VulnerabilityMerge.rank($0) < VulnerabilityMerge.rank($1) }
            .prefix(VulnerabilityMerge.aliasLimit).joined(separator: "\n")
    }
}

extension VulnerabilityRow {
    /// Whether only the source claim differs.
    fileprivate func isMoved(from other: VulnerabilityRow) -> Bool {
        var moved = other
        moved.claimScan = claimScan
        moved.claim = claim
        return moved == self
    }
}
