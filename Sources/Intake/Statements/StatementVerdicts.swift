import Database

// DESIGN. The newest statement about a vulnerability of a library counts, whoever made it. At the same time, a statement
// about the library takes precedence over one about the whole product, then the last imported one. For each other
// statement, the outcome is stored with its reason.

/// Decides which statement counts in which place, and the outcomes of the others.
struct StatementVerdicts {
    private struct Place: Hashable {
        let position: Int64
        let vulnerability: Int64
    }

    private let statements: ProjectStatements
    private var byPlace: [Place: [Int64]] = [:]
    private var ofProduct: [Int64: [Int64]] = [:]
    /// The number of places that each statement decides.
    private(set) var wins: [Int64: Int] = [:]
    /// The statement that decides instead.
    private var losses: [Int64: Int64] = [:]

    /// - Parameter meaning: the vulnerabilities that each statement concerns.
    init(_ statements: ProjectStatements, meaning: [Int64: Set<Int64>]) {
        self.statements = statements
        for (id, places) in statements.places {
            for vulnerability in meaning[id] ?? [] {
                for position in places {
                    if position == Claims.product {
                        ofProduct[vulnerability, default: []].append(id)
                    } else {
                        byPlace[Place(position: position, vulnerability: vulnerability), default: []].append(id)
                    }
                }
            }
        }
    }

    /// The statement that counts for a vulnerability of an occurrence; asked once for each pair.
    mutating func verdict(position: Int64, vulnerability: Int64) -> SaidStatement? {
        let own = byPlace.removeValue(forKey: Place(position: position, vulnerability: vulnerability)) ?? []
        let general = ofProduct[vulnerability] ?? []
        guard !own.isEmpty || !general.isEmpty else { return nil }
        let specific = Set(own)
        let all = specific.union(general).compactMap { statements.said[$0] }
        func rank(_ it: SaidStatement) -> (Int64, Int, Int64, Int64) {
            (it.at, specific.contains(it.id) ? 1 : 0, it.document, it.id)
        }
        guard let best = all.max(by: { rank($0) < rank($1) }) else { return nil }
        wins[best.id, default: 0] += 1
        for other in all where other.id != best.id { losses[other.id] = best.id }
        return best
    }

    /// The libraries that no caller asked about: only the statement says that they have the vulnerability.
    var remaining: [(position: Int64, vulnerability: Int64)] {
        byPlace.keys.map { ($0.position, $0.vulnerability) }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
    }

    /// Removes statements without a version from places that only they mention, if advisories know the library and find
    /// its version free of the vulnerability.
    ///
    /// - Parameter free: the vulnerabilities that the library of an occurrence is free of, by position.
    mutating func withdraw(where free: [Int64: Set<Int64>]) {
        for (position, vulnerabilities) in free {
            for vulnerability in vulnerabilities {
                let place = Place(position: position, vulnerability: vulnerability)
                guard let speaking = byPlace[place],
                    speaking.allSatisfy({ statements.versionless[$0]?.contains(position) == true })
                else { continue }
                byPlace[place] = nil
            }
        }
    }

    /// The outcome of each statement.
    ///
    /// - Parameter overruled: the number of places that a person decided differently.
    func uses(overruled: [Int64: Int]) -> [StatementUse] {
        let left = Set(byPlace.values.joined())
        return statements.said.keys.sorted().map { id in
            if let count = wins[id] {
                return StatementUse(statement: id, outcome: overruled[id] == count ? .overruled : .applied)
            }
            if let winner = losses[id].flatMap({ statements.said[$0] }), let mine = statements.said[id] {
                let isSame = winner.author == mine.author
                return StatementUse(
                    statement: id, outcome: isSame ? .superseded : .outdone, detail: isSame ? "" : winner.author)
            }
            return StatementUse(statement: id, outcome: left.contains(id) ? .inHouse : .waiting)
        }
    }
}
