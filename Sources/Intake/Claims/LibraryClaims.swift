import BOM
import Database
import VEX

// DESIGN. A document's claims about vulnerabilities name components by references, which may come before the components. So
// claims are kept small until the end, when every reference is known. A claim counts under all of its names, as advisories
// may know the vulnerability by another one. A claim about the described component counts for all components that have the
// vulnerability, and is kept once, for occurrence 0.

/// A document's findings about vulnerabilities of its components.
struct LibraryClaims: Sendable {
    /// Bytes of a justification's detail that are kept.
    private static let detailLimit = 1000
    /// Rows at most: names of vulnerabilities times components. All of them are decided with the end of an import, in one transaction,
    /// and a small document of a few hundred of each can mean millions.
    static let rowLimit = 20_000
    /// The most statements that are compared with findings, to report those that decide nothing.
    private static let comparedLimit = 1000
    /// How many warnings of one kind are written in full.
    private static let warningsOfAKind = 10

    /// The place of what the document describes, among occurrences.
    static let product = 0

    /// The target of a reference.
    enum Target {
        /// Positions of occurrences, or `product`.
        case places([Int])
        /// The reason why a claim cannot be about it, as the end of a sentence.
        case nothing(String)
    }

    private struct Claim: Sendable {
        /// Its number among the claims of the document.
        let number: Int
        let id: String
        let names: [String]
        let state: String
        let justification: String
        let detail: String
        /// Numbers of references.
        let references: [Int32]
    }

    private var claims: [Claim] = []
    private var rows = 0
    /// Statements that do not name what they are about.
    private var withoutTarget: [String] = []

    /// States that are decisions: nothing is left to do (CycloneDX 1.6, `analysis.state`).
    static let decidingStates: Set<String> = ["not_affected", "false_positive", "resolved", "resolved_with_pedigree"]

    /// Keeps a claim, the document's with this number; `number` gives the number of a reference. False when there are too
    /// many.
    mutating func add(
        _ claim: VulnerabilityClaim, at place: Int, number: (String) throws -> Int
    ) throws -> Bool {
        let names = ([claim.id] + claim.aliases).map { $0.trimmingPrefix { $0 == " " } }.map(String.init)
        let kept = Array(Set(names.filter { !$0.isEmpty && $0.utf8.count <= 200 })).sorted()
        guard !kept.isEmpty, !claim.affects.isEmpty else {
            if claim.analysis?.state.isEmpty == false { withoutTarget.append(claim.id) }
            return true
        }
        guard rows + kept.count * claim.affects.count <= Self.rowLimit else { return false }
        rows += kept.count * claim.affects.count
        var byState: [String: [Int32]] = [:]
        // A word that is not in the standard has no meaning.
        let said = claim.analysis.flatMap { Statement.State(rawValue: $0.state) }?.rawValue ?? ""
        let why = claim.analysis.flatMap { Statement.Justification(rawValue: $0.justification) }?.rawValue ?? ""
        for affected in claim.affects {
            var state = said
            // Said of all versions that are named: it is not affected, whatever else is left open.
            if state.isEmpty, !affected.versions.isEmpty, affected.versions.allSatisfy({ $0.status == "unaffected" }) {
                state = "not_affected"
            }
            byState[state, default: []].append(Int32(try number(affected.ref)))
        }
        for (state, references) in byState.sorted(by: { $0.key < $1.key }) {
            claims.append(
                Claim(
                    number: place, id: claim.id, names: kept, state: state,
                    justification: why,
                    detail: String((claim.analysis?.detail ?? "").prefix(Self.detailLimit)), references: references))
        }
        return true
    }

    var isEmpty: Bool { claims.isEmpty && withoutTarget.isEmpty }

    /// The numbers of all references, each once.
    var references: Set<Int32> { Set(claims.flatMap(\.references)) }

    /// A row of `library_claim`.
    struct Row {
        let place: Int
        let name: String
        let state: String
        let justification: String
        let detail: String
        /// The number of the claim.
        let claim: Int
    }

    /// Calls `body` with each row of `library_claim`, each place and name once. Where a claim shares a name with one before it
    /// about the same place, both describe one vulnerability, and its other names are the earlier one's, but for CVEs.
    func each(targets: [Int32: Target], _ body: (Row) throws -> Void) rethrows {
        var seen: [String: Int] = [:]
        // An analysed statement counts before one that is only listed, else the first statement about a vulnerability
        // counts.
        for isAnalysed in [true, false] {
            for claim in claims where claim.state.isEmpty != isAnalysed {
                for reference in claim.references {
                    guard case .places(let places) = targets[reference] else { continue }
                    for place in places {
                        let known = claim.names.lazy.compactMap { seen["\(place) \($0)"] }.first
                        let fresh = claim.names.filter { seen["\(place) \($0)"] == nil }
                        let owner = fresh.contains(where: OSVRecord.isCVE) ? claim.number : known ?? claim.number
                        for name in fresh {
                            seen["\(place) \(name)"] = owner
                            try body(
                                Row(
                                    place: place, name: name, state: claim.state, justification: claim.justification,
                                    detail: claim.detail, claim: owner))
                        }
                    }
                }
            }
        }
    }

    static let columns: [StaticString] = [
        "scan", "occurrence", "vulnerability", "state", "justification", "detail", "claim",
    ]

    /// The reasons why claims match no component, a sentence each.
    func warnings(targets: [Int32: Target], text: (Int32) -> String) -> [String] {
        var warnings: [String] = []
        var count = 0
        func warn(_ warning: @autoclosure () -> String) {
            count += 1
            if count <= Self.warningsOfAKind { warnings.append(warning()) }
        }
        for id in withoutTarget {
            warn("the statement about \(id.prefix(100)) was not applied: it names no component")
        }
        for claim in claims {
            let what = claim.state.isEmpty ? "what is said" : "the statement \"\(claim.state.prefix(50))\""
            for reference in claim.references {
                guard case .nothing(let why) = targets[reference] else { continue }
                warn("\(what) about \(claim.id.prefix(100)) was not applied: \"\(text(reference).prefix(200))\" \(why)")
            }
        }
        if count > Self.warningsOfAKind {
            warnings.append("\(count - Self.warningsOfAKind) more statements about vulnerabilities were not applied")
        }
        return warnings
    }

    /// Whether each of them says what an analysis came to, so that all are statements and none only lists a vulnerability.
    var areAnalysed: Bool { !claims.isEmpty && claims.allSatisfy { !$0.state.isEmpty } }

    /// Whether one of them says that the whole product has a vulnerability, or leaves it open.
    func leaveOpen(ofProduct targets: [Int32: Target]) -> Bool {
        claims.contains { claim in
            !Self.decidingStates.contains(claim.state) && isAboutProduct(claim, targets)
        }
    }

    private func isAboutProduct(_ claim: Claim, _ targets: [Int32: Target]) -> Bool {
        claim.references.contains { reference in
            if case .places(let places) = targets[reference] { places.contains(Self.product) } else { false }
        }
    }

    /// The first claims about the whole product; whether they decide something.
    func claimsAboutProduct(targets: [Int32: Target]) -> [(names: [String], decides: Bool)] {
        var found: [(names: [String], decides: Bool)] = []
        for claim in claims where found.count < Self.comparedLimit {
            if isAboutProduct(claim, targets) { found.append((claim.names, Self.decidingStates.contains(claim.state))) }
        }
        return found
    }
}
