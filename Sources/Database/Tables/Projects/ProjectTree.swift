// DESIGN. The dependencies of one project as a graph of its occurrences in memory: numbers, and each library once.
// Entries of a document for one library are one node.

/// The dependencies between the libraries of a project.
package struct ProjectTree: Sendable {
    package let libraries: [LibraryRecord]
    /// For each library the libraries that it needs, in order.
    package let children: [[Int32]]
    /// The roots of the tree: direct dependencies, then libraries that no other library leads to.
    package let roots: [Int32]
    /// The number of direct dependencies among the roots.
    package let directRoots: Int
    /// Whether the document states any dependency; otherwise direct dependencies are unknown.
    package let isGraphKnown: Bool

    /// Reads the project of the scope.
    package static func read(_ scope: Scope, on connection: any Connection) throws -> ProjectTree {
        var places: [Int64: Int32] = [:]
        var libraries: [LibraryRecord] = []
        var direct: [Directness] = []
        try connection.each(
            """
            SELECT o.position, o.direct, \(LibraryRecord.columns) FROM project p JOIN occurrence o ON o.scan = p.scan
            JOIN library l ON l.id = o.library \(LibraryRecord.newer)
            WHERE \(scope.condition) ORDER BY o.position
            """
        ) { row in
            places[row.integer(0)] = Int32(libraries.count)
            direct.append(Directness(cell: 1, of: row))
            libraries.append(LibraryRecord(row: row, from: 2))
        }
        var children = [[Int32]](repeating: [], count: libraries.count)
        try connection.each(
            """
            SELECT a.occurrence, b.occurrence FROM project p JOIN dependency d ON d.scan = p.scan
            JOIN component a ON a.scan = d.scan AND a.position = d.source
            JOIN component b ON b.scan = d.scan AND b.position = d.target
            WHERE \(scope.condition) AND d.kind = 'dependsOn' ORDER BY a.occurrence, b.occurrence
            """
        ) { row in
            guard let from = places[row.integer(0)], let to = places[row.integer(1)], from != to,
                children[Int(from)].last != to
            else { return }
            children[Int(from)].append(to)
        }
        var roots = direct.indices.filter { direct[$0] == .direct }.map(Int32.init)
        let directRoots = roots.count
        // Unreachable libraries start trees of their own, so that none is missing.
        var isReached = [Bool](repeating: false, count: libraries.count)
        func reach(_ root: Int32) {
            var waiting = [root]
            while let next = waiting.popLast() {
                if isReached[Int(next)] { continue }
                isReached[Int(next)] = true
                waiting += children[Int(next)]
            }
        }
        roots.forEach(reach)
        var hasParent = [Bool](repeating: false, count: libraries.count)
        for list in children { for child in list { hasParent[Int(child)] = true } }
        for isSure in [true, false] {
            for place in libraries.indices where !isReached[place] && (!isSure || !hasParent[place]) {
                roots.append(Int32(place))
                reach(Int32(place))
            }
        }
        return ProjectTree(
            libraries: libraries, children: children, roots: roots, directRoots: directRoots,
            isGraphKnown: !direct.contains(.unknown))
    }
}
