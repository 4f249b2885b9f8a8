import BOM
import Database

// DESIGN. What a document says of vulnerabilities names components by their references, which may come before the components
// do: so it is kept small until the end, when it is known which occurrence each reference is. A claim counts under all of
// its names, as advisories may know the vulnerability by another one.

/// What a document found out about vulnerabilities of its components.
struct LibraryClaims {
    /// Bytes of a justification's detail that are kept.
    private static let detailLimit = 1000
    /// Rows at most; a document with more is no description of an analysis.
    private static let rowLimit = 2_000_000

    private struct Claim {
        let names: [String]
        let state: String
        let justification: String
        let detail: String
        /// Numbers of references.
        let references: [Int32]
    }

    private var claims: [Claim] = []
    private var rows = 0

    /// Keeps a claim; `number` gives the number of a reference. False when there are too many.
    mutating func add(_ claim: VulnerabilityClaim, number: (String) throws -> Int) throws -> Bool {
        let names = ([claim.id] + claim.aliases).map { $0.trimmingPrefix { $0 == " " } }.map(String.init)
        let kept = Array(Set(names.filter { !$0.isEmpty && $0.utf8.count <= 200 })).sorted()
        guard !kept.isEmpty, !claim.affects.isEmpty else { return true }
        guard rows + kept.count * claim.affects.count <= Self.rowLimit else { return false }
        rows += kept.count * claim.affects.count
        var byState: [String: [Int32]] = [:]
        for affected in claim.affects {
            var state = claim.analysis?.state ?? ""
            // Said of all versions that are named: it is not affected, whatever else is left open.
            if state.isEmpty, !affected.versions.isEmpty, affected.versions.allSatisfy({ $0.status == "unaffected" }) {
                state = "not_affected"
            }
            byState[state, default: []].append(Int32(try number(affected.ref)))
        }
        for (state, references) in byState.sorted(by: { $0.key < $1.key }) {
            claims.append(
                Claim(
                    names: kept, state: state, justification: claim.analysis?.justification ?? "",
                    detail: String((claim.analysis?.detail ?? "").prefix(Self.detailLimit)), references: references))
        }
        return true
    }

    /// Calls `body` with rows of `library_claim`, some at a time. `occurrence` gives the position of what a reference
    /// names; nil when it is none.
    func write(
        scan: Int64, occurrence: (Int32) -> Int?, chunk: Int, _ body: (consuming RowBuffer) throws -> Void
    ) throws {
        var seen: Set<String> = []
        var rows = RowBuffer()
        for claim in claims {
            for reference in claim.references {
                guard let occurrence = occurrence(reference) else { continue }
                // The first statement about a vulnerability counts.
                for name in claim.names where seen.insert("\(occurrence) \(name)").inserted {
                    rows.beginRow()
                    rows.append(scan)
                    rows.append(occurrence)
                    rows.append(name)
                    rows.append(claim.state)
                    rows.append(claim.justification)
                    rows.append(claim.detail)
                }
            }
            if rows.rowCount >= chunk {
                var full = RowBuffer()
                swap(&full, &rows)
                try body(full)
            }
        }
        try body(rows)
    }
}
