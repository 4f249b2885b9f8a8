import BOM
import Database
import VEX

// DESIGN. A document's claims about vulnerabilities name components by references, which may come before the components. So
// claims are stored in a compact form until the end, when every reference is known. A claim counts under all of its names,
// because advisories may use another one for the vulnerability. A claim about the described component counts for all
// components with the vulnerability, and is stored once, for occurrence 0.

/// A document's findings about vulnerabilities of its components.
struct LibraryClaims: Sendable {
    /// The most stored bytes of a justification's detail.
    private static let detailLimit = 1000
    /// The most rows: names of vulnerabilities times components. The end of an import decides all of them in one transaction,
    /// and a small document with a few hundred of each can mean millions.
    static let rowLimit = 20_000
    /// The most statements that are compared with findings, to report statements without effect.
    private static let comparedLimit = 1000
    /// The number of warnings of one kind that are written in full.
    private static let warningsOfAKind = 10

    /// The occurrence number of the described component.
    static let product = 0

    /// The target of a reference.
    enum Target {
        /// Positions of occurrences, or `product`.
        case places([Int])
        /// The reason why a claim cannot have this target, as the end of a sentence.
        case nothing(String)
    }

    private struct Claim: Sendable {
        /// The number of the claim in the document.
        let number: Int
        let id: String
        let names: [String]
        let state: String
        let justification: String
        let detail: String
        /// The numbers of its references.
        let references: [Int32]
    }

    private var claims: [Claim] = []
    private var rows = 0
    /// Statements without a subject.
    private var withoutTarget: [String] = []

    /// States that are decisions, so that no work remains (CycloneDX 1.6, `analysis.state`).
    static let decidingStates: Set<String> = ["not_affected", "false_positive", "resolved", "resolved_with_pedigree"]

    /// Stores a claim under its number in the document; `number` returns the number of a reference. False when there are
    /// too many claims.
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
        // A word outside of the standard has no meaning.
        let said = claim.analysis.flatMap { Statement.State(rawValue: $0.state) }?.rawValue ?? ""
        let why = claim.analysis.flatMap { Statement.Justification(rawValue: $0.justification) }?.rawValue ?? ""
        for affected in claim.affects {
            var state = said
            // All named versions are called not affected, so the component is not affected, even if the claim says
            // nothing else.
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

    /// Calls `body` with each row of `library_claim`: each place and name once. If a claim shares a name with an earlier claim
    /// about the same place, both describe one vulnerability. Its other names then belong to the earlier claim, except CVEs.
    func each(targets: [Int32: Target], _ body: (Row) throws -> Void) rethrows {
        var seen: [String: Int] = [:]
        // An analysed statement takes precedence over a mere listing; otherwise the first statement about a
        // vulnerability counts.
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

    /// The reasons why claims match no component, one sentence each.
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

    /// Whether every claim states the result of an analysis, so that all are statements and none is a mere listing.
    var areAnalysed: Bool { !claims.isEmpty && claims.allSatisfy { !$0.state.isEmpty } }

    /// Whether a claim states that the whole product has a vulnerability, or leaves it open.
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

    /// The first claims about the whole product, and whether they decide something.
    func claimsAboutProduct(targets: [Int32: Target]) -> [(names: [String], decides: Bool)] {
        var found: [(names: [String], decides: Bool)] = []
        for claim in claims where found.count < Self.comparedLimit {
            if isAboutProduct(claim, targets) { found.append((claim.names, Self.decidingStates.contains(claim.state))) }
        }
        return found
    }
}
