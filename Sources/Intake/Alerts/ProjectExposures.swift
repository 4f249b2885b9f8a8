import Database

// DESIGN. Findings of advisories and claims of the document are merged in the order of position and vulnerability. Only this
// file decides which statement counts: a statement of a VEX document takes precedence over the project's own document. Within
// the project's document, an analysis takes precedence over a mere listing, and a claim about a library over one about the
// whole product. A vulnerability that the document claims for the product, and that no library has, belongs to the product's
// own component, if the component is listed.

/// The vulnerabilities of a project's libraries, with the document's statement about each.
struct ProjectExposures {
    private let view: ProjectView
    private let connection: any Connection
    private var exposures: [Exposure] = []
    /// The vulnerabilities of any library.
    private var exposed: Set<Int64> = []
    /// The occurrence of the described component, if it is among the libraries.
    private var product: Int64?
    /// The document's claims about the whole product, by vulnerability.
    private var ofProduct: [Int64: Claims.Statement] = [:]
    /// The VEX statements that count, from documents imported on their own.
    private(set) var verdicts = StatementVerdicts(.none, meaning: [:])

    init(of view: ProjectView, on connection: any Connection) {
        self.view = view
        self.connection = connection
    }

    /// Decides and writes them, and adds the cause of an alert for each. Returns the vulnerabilities whose exposures changed.
    mutating func decide(addingTo causes: inout AlertCauses) throws -> Set<Int64> {
        let statements = try ProjectStatements(of: view, on: connection)
        product = try view.productPlace(on: connection)
        var claimed = ClaimedVulnerabilities(
            of: view, with: statements, listsProduct: product != nil, on: connection)
        try claimed.resolve()
        try connection.readsOwnWrites()
        verdicts = StatementVerdicts(statements, meaning: claimed.meaning)
        let said = try Claims.statements(of: view.scan, on: connection)
        for statement in said.prefix(while: { $0.position == Claims.product }) {
            ofProduct[statement.vulnerability] = statement
        }
        let claims = said.drop { $0.position == Claims.product }
        var next = claims.startIndex
        var alone: [Claims.Statement] = []
        func key(_ claim: Claims.Statement) -> (Int64, Int64) { (claim.position, claim.vulnerability) }
        try view.eachFinding(on: connection) { place, danger in
            let place = (subject: place, key: (place.position, danger.vulnerability))
            while next < claims.endIndex, key(claims[next]) < place.key {
                alone.append(claims[next])
                next += 1
            }
            var claim: Claims.Statement?
            if next < claims.endIndex, key(claims[next]) == place.key {
                claim = claims[next]
                next += 1
            }
            add(danger, at: place.subject, claim: claim, isFound: true, &causes)
        }
        alone += claims[next...]
        let subjects = try view.subjects(at: Set(alone.map(\.position)), on: connection)
        let dangers = try ProjectView.dangers(Set(alone.map(\.vulnerability)), on: connection)
        for claim in alone {
            guard let subject = subjects[claim.position], let danger = dangers[claim.vulnerability] else { continue }
            add(danger, at: subject, claim: claim, isFound: false, &causes)
        }
        try addRemaining(&causes)
        try addProduct(&causes)
        exposures.sort { ($0.position, $0.vulnerability) < ($1.position, $1.vulnerability) }
        return try Exposures.replace(of: view.scan, with: exposures, on: connection)
    }

    /// Adds exposures that only VEX statements claim.
    private mutating func addRemaining(_ causes: inout AlertCauses) throws {
        var places = verdicts.remaining
        if places.isEmpty { return }
        let free = try Assessments.free(
            of: Set(places.map(\.vulnerability)), at: Set(places.map(\.position)), in: view.scan, on: connection)
        if !free.isEmpty {
            verdicts.withdraw(where: free)
            places = verdicts.remaining
        }
        let subjects = try view.subjects(at: Set(places.map(\.position)), on: connection)
        let dangers = try ProjectView.dangers(Set(places.map(\.vulnerability)), on: connection)
        for place in places {
            guard let subject = subjects[place.position], let danger = dangers[place.vulnerability] else { continue }
            add(danger, at: subject, claim: nil, isFound: false, &causes)
        }
    }

    /// Adds the vulnerabilities that the document claims for the product and that none of its libraries has.
    private mutating func addProduct(_ causes: inout AlertCauses) throws {
        guard let product else { return }
        let left = Set(ofProduct.keys).subtracting(exposed)
        guard !left.isEmpty, let subject = try view.subjects(at: [product], on: connection)[product] else { return }
        let dangers = try ProjectView.dangers(left, on: connection)
        for vulnerability in left.sorted() {
            guard let danger = dangers[vulnerability] else { continue }
            add(danger, at: subject, claim: nil, isFound: false, &causes)
        }
    }

    private mutating func add(
        _ danger: ProjectView.Danger, at place: ProjectView.Subject, claim: Claims.Statement?, isFound: Bool,
        _ causes: inout AlertCauses
    ) {
        let general = ofProduct[danger.vulnerability]
        let claim = claim ?? (place.position == product ? general : nil)
        let own = claim?.said
        let source = verdicts.verdict(position: place.position, vulnerability: danger.vulnerability)
        let said =
            source.map { ProjectView.Statement($0) }
            ?? (own?.state.isEmpty == false ? own : general?.said ?? own)
        exposed.insert(danger.vulnerability)
        exposures.append(
            Exposure(
                position: place.position, vulnerability: danger.vulnerability, isFound: isFound,
                claim: claim?.claim ?? -1, state: said?.state ?? "", edition: danger.edition, statement: source?.id ?? 0
            ))
        causes.addVulnerability(danger, at: place, statement: said)
    }
}
