import BOM
import Database

// DESIGN. The distance of each entry from the described component. Without a graph, direct dependencies are unknown and not
// guessed. All entries then have depth 1, because such an SBOM lists them below its root. With a graph, an entry has depth 1
// when the described component or the document itself needs it. It also has depth 1 when nothing needs its library, because
// something must have brought it in. Components that only a cycle leads to have no depth.

/// The depths of the entries of a document.
struct Depths {
    /// The number of edges from the root, by position: 0 for the root, -1 without a path.
    fileprivate(set) var values: [Int32]
    /// For each position the entry that needs it on a shortest path; -1 for the root, for entries at depth 1, and without a
    /// path.
    fileprivate(set) var via: [Int32]
    /// Whether the document states any dependency.
    let isGraphKnown: Bool

    /// The directness of a library, by the smallest depth of its entries.
    func directness(at depth: Int32) -> Directness {
        isGraphKnown ? depth == 1 ? .direct : .transitive : .unknown
    }
}

extension ScanStaging {
    func depths(in graph: DependencyGraph, positions: [Int32], root: Int?) -> Depths {
        let isGraphKnown = hasDependencies(graph, positions)
        var depths = [Int32](repeating: isGraphKnown ? -1 : 1, count: entries.count + 1)
        var via = [Int32](repeating: -1, count: depths.count)
        if let root { depths[root] = 0 }
        guard isGraphKnown else { return Depths(values: depths, via: via, isGraphKnown: false) }
        var queue: [Int32] = root.map { [Int32($0)] } ?? []
        for start in starts(in: graph, positions: positions, root: root) where depths[Int(start)] < 0 {
            depths[Int(start)] = 1
            queue.append(start)
        }
        let nodes = nodes(of: positions)
        var next = 0
        // The root comes first, then depth 1, so each entry is reached by its shortest path.
        while next < queue.count {
            let position = queue[next]
            next += 1
            for target in graph.targets(of: nodes[Int(position)], along: [.dependsOn]) {
                let to = positions[Int(target)]
                guard to > 0, depths[Int(to)] < 0 else { continue }
                depths[Int(to)] = depths[Int(position)] + 1
                if depths[Int(position)] > 0 { via[Int(to)] = position }
                queue.append(to)
            }
        }
        return Depths(values: depths, via: via, isGraphKnown: true)
    }

    /// Whether the document states any dependency.
    private func hasDependencies(_ graph: DependencyGraph, _ positions: [Int32]) -> Bool {
        !graph.neededByDocument.isEmpty
            || graph.edges.contains {
                $0.kind == .dependsOn && $0.from != $0.to && positions[Int($0.from)] > 0 && positions[Int($0.to)] > 0
            }
    }

    /// The entries at depth 1 that are not targets of the root.
    private func starts(in graph: DependencyGraph, positions: [Int32], root: Int?) -> [Int32] {
        var isNeeded = [Bool](repeating: false, count: libraries.count)
        for edge in graph.edges where edge.kind == .dependsOn && edge.from != edge.to {
            let (from, to) = (positions[Int(edge.from)], positions[Int(edge.to)])
            guard from > 0, to > 0 else { continue }
            // A library that is listed several times does not need itself.
            let needing = libraries.library(of: entries[Int(from) - 1].description)
            let needed = libraries.library(of: entries[Int(to) - 1].description)
            if needing != needed { isNeeded[needed] = true }
        }
        var starts: [Int32] = []
        // Each of several described components counts as the subject of the document.
        for node in graph.neededByDocument + (root == nil ? graph.roots : []) where positions[Int(node)] > 0 {
            starts.append(positions[Int(node)])
        }
        for (index, entry) in entries.enumerated()
        where index + 1 != root && !isNeeded[libraries.library(of: entry.description)] {
            starts.append(Int32(index + 1))
        }
        return starts
    }

    /// The graph node of each position; -1 where there is none.
    private func nodes(of positions: [Int32]) -> [Int32] {
        var nodes = [Int32](repeating: -1, count: entries.count + 1)
        for (node, position) in positions.enumerated() where position > 0 { nodes[Int(position)] = Int32(node) }
        return nodes
    }
}
