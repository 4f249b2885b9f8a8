import BOM
import Database
import VEX

// DESIGN. The statements are searched with each evaluation of a project's alerts, page by page of its libraries. So statements
// that were imported before the project, or before one of its libraries, apply as soon as these exist. A statement about a part
// of a product counts if the project is that product, or if its document was imported for the project, whatever name the
// document uses. A statement without a version concerns the versions that have the vulnerability. So it does not claim, against
// advisories, that a further version has it.

/// The statements of documents that concern a project or its libraries.
struct ProjectStatements {
    /// The number of libraries that are checked at once.
    private static let page = 2000
    /// The most comparisons between a statement's product and a library.
    private static let comparisonLimit = 5_000_000

    /// The statements by their ids.
    private(set) var said: [Int64: SaidStatement] = [:]
    /// The occurrences that each statement is about; `Claims.product` for the whole product.
    private(set) var places: [Int64: Set<Int64>] = [:]
    /// The occurrences of `places` whose version the statement does not state.
    private(set) var versionless: [Int64: Set<Int64>] = [:]
    private var comparisons = 0
    /// The number of places of all statements together, and its limit: each place becomes an alert, and one transaction writes
    /// all of them.
    private var placeCount = 0
    private static let placeLimit = 50_000
    /// The parsed targets, by statement and number.
    private var targets: [TargetKey: Statement.Target] = [:]

    private struct TargetKey: Hashable {
        let statement: Int64
        let number: Int64
    }

    static let none = ProjectStatements()

    private init() {}

    init(of view: ProjectView, on connection: any Connection) throws {
        guard try StatementDocuments.areThere(for: view, on: connection) else { return }
        let project = try ProjectIdentity(of: view, on: connection)
        try findProducts(of: view, project, on: connection)
        let allDigests = try Statements.nameOtherDigests(organization: view.organization, on: connection)
        var last: Int64 = -1
        while true {
            let libraries = try ProductLibrary.page(
                of: view, after: last, limit: Self.page, allDigests: allDigests, on: connection)
            guard let end = libraries.last else { break }
            last = end.position
            try find(libraries, of: view, project, on: connection)
        }
    }

    var isEmpty: Bool { said.isEmpty }

    private mutating func note(_ candidate: StatementCandidate, at place: Int64, namesVersion: Bool = true) {
        let id = candidate.statement
        said[id] = candidate.said
        guard placeCount < Self.placeLimit else { return }
        let isNew = places[id, default: []].insert(place).inserted
        if isNew { placeCount += 1 }
        if namesVersion {
            versionless[id]?.remove(place)
        } else if isNew {
            versionless[id, default: []].insert(place)
        }
    }

    private mutating func target(of candidate: StatementCandidate) throws -> Statement.Target {
        let key = TargetKey(statement: candidate.statement, number: candidate.target)
        if let known = targets[key] { return known }
        var target = Statement.Target(try ProductReference.decode(candidate.product))
        if !candidate.part.isEmpty { target.part = try ProductReference.decode(candidate.part) }
        targets[key] = target
        return target
    }

    // MARK: The product

    private mutating func findProducts(
        of view: ProjectView, _ project: ProjectIdentity, on connection: any Connection
    ) throws {
        var found: [StatementCandidate] = []
        try Statements.candidates(for: view, keys: project.keys(inProject: view.project), on: connection) {
            found.append($0)
        }
        var references: [Int32: String] = [:]
        var waiting: [Int32: StatementCandidate] = [:]
        for candidate in found {
            let target = try target(of: candidate)
            let meant = target.part ?? target.product
            guard target.part == nil || candidate.isOfProject || project.isMeant(by: target.product) else { continue }
            if target.part == nil, project.isMeant(by: target.product) {
                note(candidate, at: Claims.product)
            } else if meant.bomLink != nil || !meant.reference.isEmpty {
                let number = Int32(references.count)
                references[number] = meant.bomLink == nil ? meant.reference : meant.text
                waiting[number] = candidate
            }
        }
        guard let document = project.shown, !references.isEmpty else { return }
        let resolved = try ClaimTargets(document: document, described: project.described).find(
            references, in: view.scan, on: connection)
        for (number, target) in resolved.sorted(by: { $0.key < $1.key }) {
            guard case .places(let places) = target, let candidate = waiting[number] else { continue }
            for place in places { note(candidate, at: Int64(place)) }
        }
    }

    // MARK: Libraries

    private mutating func find(
        _ libraries: [ProductLibrary], of view: ProjectView, _ project: ProjectIdentity, on connection: any Connection
    ) throws {
        var owners: [String: [Int]] = [:]
        for (index, library) in libraries.enumerated() {
            for key in library.keys { owners[key, default: []].append(index) }
        }
        targets.removeAll(keepingCapacity: true)
        var looked: Set<TargetKey> = []
        var found: [StatementCandidate] = []
        try Statements.candidates(for: view, keys: owners.keys.sorted(), on: connection) { candidate in
            let key = TargetKey(statement: candidate.statement, number: candidate.target)
            if looked.insert(key).inserted { found.append(candidate) }
        }
        for candidate in found {
            let target = try target(of: candidate)
            guard target.part == nil || candidate.isOfProject || project.isMeant(by: target.product) else { continue }
            let meant = target.part ?? target.product
            let near = Set(meant.keys(inProject: view.project).flatMap { owners[$0] ?? [] })
            for index in near.sorted() where comparisons < Self.comparisonLimit {
                comparisons += 1
                let library = libraries[index]
                guard library.isMeant(by: meant) else { continue }
                note(candidate, at: library.position, namesVersion: library.isVersionNamed(by: meant))
            }
        }
    }
}
