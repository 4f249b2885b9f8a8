import BOM
import Bytes
import Database

// DESIGN. A product contains its projects. A library that several projects use occurs once; its uuid names it, and it
// has the edges of all projects. Components come first, and the graph is collected after them, project by project. The
// dependencies of a project itself are written at once; edges between libraries wait until all projects are read.

extension BOMSource {
    mutating func writeProduct<Writer: BOMWriter>(
        _ scans: [Scan], to writer: inout Writer, _ out: inout ByteSink
    ) throws {
        let root = synthesized("product:\(facts.name)", name: facts.name)
        var document = try head()
        document.creators = try creators(of: scans)
        try writer.begin(document, root: root, to: &out)
        let advisories = try mergedAdvisories(of: scans)
        var seen = Set<String>()
        var hidden = Set<String>()
        for scan in scans {
            let told = try facts(of: scan)
            let advised = try FoundAdvisories(of: scan.id, wanted: wanted, on: connection)
            writer.declare(told?.document.extractedLicenses ?? [])
            var project = told?.root ?? synthesized("", name: scan.project)
            project.ref = Self.ref(of: scan)
            project.parent = nil
            try writer.component(
                project, advisories: Self.merged(advisories[project.ref] ?? [], advised[0]), to: &out)
            try eachComponent(of: scan, preparing: Writer.prepare) { found in
                if wanted.hides(depth: found.depth) {
                    hidden.insert(found.uuid)
                    return
                }
                guard seen.insert(found.uuid).inserted else { return }
                var component = found.component
                component.ref = found.uuid
                component.parent = nil
                // The position belongs to one project, the library to all.
                component.scope = ""
                component.locations = []
                try writer.component(
                    component, found.preparation,
                    advisories: Self.merged(advisories[found.uuid] ?? [], advised[found.occurrence]), to: &out)
                try production.step(&rows)
            }
        }
        described = try differentDescriptions(of: scans)
        try writeEdges(of: scans, root: root, to: &writer, &out)
        leftOut = hidden.subtracting(seen).count
        if leftOut > 0 { writer.leavesOutParts(of: root.ref) }
        guard wanted.includesVulnerabilities else { return }
        try writeClaims(of: scans, shown: seen, to: &writer, &out)
        let projects = Dictionary(uniqueKeysWithValues: scans.map { ($0.id, Self.ref(of: $0)) })
        try eachVulnerability { scan, position, uuid in
            // The component that a project's document describes is written as the project itself.
            if position == 0 { return projects[scan].map { [$0] } ?? [] }
            return seen.contains(uuid) ? [uuid] : []
        } _: {
            try writer.vulnerability($0, to: &out)
        }
    }

    private static func ref(of scan: Scan) -> String { "project:\(scan.project)" }

    private func creators(of scans: [Scan]) throws -> [Agent] {
        var found: [Agent] = []
        var seen = Set<String>()
        for scan in scans {
            for agent in try facts(of: scan)?.document.creators ?? [] {
                if seen.insert("\(agent.kind) \(agent.email) \(agent.name)").inserted { found.append(agent) }
            }
        }
        return found
    }

    /// The number of libraries that share a uuid with an earlier one.
    private func differentDescriptions(of scans: [Scan]) throws -> Int {
        guard !scans.isEmpty else { return 0 }
        let list = SQL.list(scans.map { Value.integer($0.id) })
        return Int(
            try connection.integer(
                """
                SELECT count(DISTINCT l.id) - count(DISTINCT l.uuid) FROM occurrence o JOIN library l ON l.id = o.library
                WHERE o.scan IN \(list)
                """) ?? 0)
    }

    // MARK: Edges

    private func writeEdges(
        of scans: [Scan], root: Component, to writer: inout some BOMWriter, _ out: inout ByteSink
    ) throws {
        // CycloneDX expresses containment by nesting only, and a component of several projects cannot be nested in
        // all of them.
        let holds: Dependency.Kind = wanted.standard == .spdx ? .contains : .dependsOn
        try writer.dependencies(
            of: root.ref, scans.map { Dependency(from: root.ref, to: Self.ref(of: $0), kind: holds) }, to: &out)
        var graph = MergedGraph()
        for scan in scans {
            let project = Self.ref(of: scan)
            var nodes: [Int: Int32] = [:]
            var held: [Dependency] = []
            var direct: [String] = []
            try eachPlace(of: scan) { position, uuid, depth in
                if wanted.hides(depth: depth) { return }
                nodes[position] = graph.node(uuid)
                if depth == 1 { direct.append(uuid) }
                if holds == .contains || depth < 0 { held.append(Dependency(from: project, to: uuid, kind: holds)) }
            }
            var own: [Dependency] = []
            try eachSource(of: scan) { source, edges in
                for edge in edges {
                    guard let to = nodes[edge.target] else { continue }
                    if source == 0 {
                        own.append(Self.dependency(edge.kind, project, graph.refs[Int(to)]))
                    } else if let from = nodes[source] {
                        graph.add(edge.kind, from: from, to: to)
                    }
                }
            }
            if try isGraphKnown(of: scan) {
                own = rootEdges(project, told: own, direct: direct)
                try writer.dependencies(of: project, own + held, to: &out)
            } else if holds == .contains {
                try writer.unknownDependencies(of: project, contained: own + held, to: &out)
            } else {
                // Otherwise the document would not say whose libraries these are. The composition says that they need
                // not be direct dependencies.
                own = rootEdges(project, told: own, direct: direct)
                try writer.dependencies(of: project, own + held, to: &out)
                try writer.unknownDependencies(of: project, contained: [], to: &out)
            }
        }
        for node in graph.refs.indices {
            let edges = graph.edges(from: node)
            if !edges.isEmpty { try writer.dependencies(of: graph.refs[node], edges, to: &out) }
        }
    }

    /// Calls a closure with each position of a scan and the library at this position.
    private func eachPlace(of scan: Scan, _ body: (Int, String, Int) throws -> Void) throws {
        try connection.each(
            """
            SELECT c.position, l.uuid, c.depth FROM component c
            JOIN occurrence o ON o.scan = c.scan AND o.position = c.occurrence JOIN library l ON l.id = o.library
            WHERE c.scan = \(scan.id) AND c.position > 0 ORDER BY c.position
            """
        ) { row in try body(Int(row.integer(0)), row.string(1), Int(row.integer(2))) }
    }

    // MARK: Vulnerabilities

    /// Writes the documents' claims about vulnerabilities that do not concern any library.
    private func writeClaims(
        of scans: [Scan], shown: Set<String>, to writer: inout some BOMWriter, _ out: inout ByteSink
    ) throws {
        var seen = Set<[UInt8]>()
        for scan in scans {
            let names = try names(in: scan)
            try eachUnshownClaim(of: scan) { claim in
                var claim = claim
                claim.affects = claim.affects.compactMap { affected in
                    guard let name = names[affected.ref] else { return nil }
                    if !shown.contains(name), name != Self.ref(of: scan) { return nil }
                    var affected = affected
                    affected.ref = name
                    return affected
                }
                if claim.affects.isEmpty, !names.isEmpty { return }
                claim.ref = ""
                // Equal claims of several projects about one library are written once.
                let digest = Digest.of(Array(BOM.VulnerabilityFacts.encode(claim).utf8), .sha1)
                if seen.insert(digest).inserted { try writer.vulnerability(claim, to: &out) }
            }
        }
    }

    /// The references of a scan's document that vulnerabilities may name, as this document spells them.
    private func names(in scan: Scan) throws -> [String: String] {
        var names: [String: String] = [:]
        guard
            try connection.integer("SELECT 1 FROM vulnerability_claim WHERE scan = \(scan.id) LIMIT 1") != nil
        else { return names }
        try connection.each(
            """
            SELECT c.ref, l.uuid FROM component c
            LEFT JOIN occurrence o ON o.scan = c.scan AND o.position = c.occurrence AND c.position > 0
            LEFT JOIN library l ON l.id = o.library WHERE c.scan = \(scan.id)
            """
        ) { row in names[row.string(0)] = row.isNull(1) ? Self.ref(of: scan) : row.string(1) }
        return names
    }

    /// The advisories of all projects, grouped by the uuid of the library.
    private func mergedAdvisories(of scans: [Scan]) throws -> [String: [Advisory]] {
        var merged: [String: [Advisory]] = [:]
        guard wanted.mentionsAdvisories else { return merged }
        for scan in scans {
            let names = try names(in: scan)
            for (ref, found) in try advisories(of: scan) {
                guard let name = names[ref] else { continue }
                for advisory in found where merged[name]?.contains(advisory) != true {
                    merged[name, default: []].append(advisory)
                }
            }
        }
        for name in merged.keys { merged[name]?.sort { ($0.id, $0.url) < ($1.id, $1.url) } }
        return merged
    }
}

/// The edges between the libraries of a product, as numbers.
private struct MergedGraph {
    private struct Edge: Hashable, Comparable {
        let to: Int32
        let kind: Int32

        static func < (left: Self, right: Self) -> Bool { (left.to, left.kind) < (right.to, right.kind) }
    }
    private(set) var refs: [String] = []
    private var numbers: [String: Int32] = [:]
    private var targets: [Set<Edge>] = []
    private var kinds: [String] = []

    mutating func node(_ ref: String) -> Int32 {
        if let number = numbers[ref] { return number }
        let number = Int32(refs.count)
        numbers[ref] = number
        refs.append(ref)
        targets.append([])
        return number
    }

    mutating func add(_ kind: String, from: Int32, to: Int32) {
        guard from != to else { return }
        let number = kinds.firstIndex(of: kind) ?? kinds.count
        if number == kinds.count { kinds.append(kind) }
        targets[Int(from)].insert(Edge(to: to, kind: Int32(number)))
    }

    /// The targets in the order of their first mention.
    func edges(from node: Int) -> [Dependency] {
        targets[node].sorted().map { BOMSource.dependency(kinds[Int($0.kind)], refs[node], refs[Int($0.to)]) }
    }
}
