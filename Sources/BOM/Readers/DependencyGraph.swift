// DESIGN. A bill of a million components has several million edges, and each is stored as two numbers and two bytes.
// `seal` sorts them by their start, so that the edges of a node are one range. No other structure is built.

/// The edges of one document (a component needs or contains another) as compact numbers.
package struct DependencyGraph: Sendable {
    /// One edge, in 12 bytes.
    package struct Edge: Sendable, Equatable {
        package var from: Int32
        package var to: Int32
        package var kind: Dependency.Kind
        /// Index into `labels`.
        package var label: UInt8
    }

    /// The most edges of a graph.
    package static let edgeLimit = 16_000_000

    /// The references of the document in the order of their first mention.
    package var references = ReferenceTable()
    /// After sealing sorted by their start, without duplicates.
    package private(set) var edges: [Edge] = []
    /// The names of relationships that `kind` does not express; the first is empty.
    package private(set) var labels: [String] = [""]
    /// The components that the document describes.
    package var roots: [Int32] = []
    /// The components that the document itself depends on (SPDX: SPDXRef-DOCUMENT DEPENDS_ON).
    package var neededByDocument: [Int32] = []
    /// The edges of node `n` are `edges[starts[n]..<starts[n + 1]]`.
    private var starts: [Int32] = []

    package init() {}

    package mutating func add(from: Int32, to: Int32, kind: Dependency.Kind, label: String = "") throws(BOMError) {
        guard edges.count < Self.edgeLimit else {
            throw .tooLarge(what: "the document has too many dependencies", limit: Self.edgeLimit)
        }
        var index = labels.firstIndex(of: label)
        if index == nil {
            guard labels.count <= 255 else {
                throw .tooLarge(what: "the document has too many kinds of relationships", limit: 255)
            }
            labels.append(label)
            index = labels.count - 1
        }
        edges.append(Edge(from: from, to: to, kind: kind, label: UInt8(index ?? 0)))
    }

    /// Replaces each end of each edge by the node that it means, drops edges that lack a node, sorts the others, and
    /// removes duplicates.
    package mutating func seal(resolving node: (Int32) -> Int32? = { $0 }) {
        var kept = 0
        for edge in edges {
            guard let from = node(edge.from), let to = node(edge.to) else { continue }
            edges[kept] = Edge(from: from, to: to, kind: edge.kind, label: edge.label)
            kept += 1
        }
        edges.removeLast(edges.count - kept)
        edges.sort { Self.order($0) < Self.order($1) || Self.order($0) == Self.order($1) && $0.label < $1.label }
        kept = 0
        for index in edges.indices where index == 0 || edges[index] != edges[kept - 1] {
            edges[kept] = edges[index]
            kept += 1
        }
        edges.removeLast(edges.count - kept)
        starts = Array(repeating: 0, count: references.count + 1)
        for edge in edges { starts[Int(edge.from) + 1] += 1 }
        for node in 0..<references.count { starts[node + 1] += starts[node] }
    }

    /// Node numbers are below 2^31, so both numbers and the kind fit into 64 bits.
    private static func order(_ edge: Edge) -> UInt64 {
        let kind: UInt64 =
            switch edge.kind {
            case .dependsOn: 0
            case .contains: 1
            case .other: 2
            }
        return UInt64(UInt32(bitPattern: edge.from)) << 33 | kind << 31 | UInt64(UInt32(bitPattern: edge.to))
    }

    /// The distance of each component from the described component.
    package struct Levels: Sendable {
        fileprivate let distances: [Int32]
        /// The greatest distance; 0 without edges.
        package let maximum: Int

        /// The number of edges on the shortest path from a root: 0 for a root, 1 for a direct dependency; nil without a
        /// path.
        package subscript(node: Int32) -> Int? {
            node >= 0 && node < distances.count && distances[Int(node)] >= 0 ? Int(distances[Int(node)]) : nil
        }
    }

    /// Distances along edges of some kinds from the described roots. If none of them has an edge, the distances start at
    /// every node that has edges and is the target of none. Cycles cause no problem. The graph must be sealed.
    package func levels(along kinds: [Dependency.Kind] = [.dependsOn]) -> Levels {
        var distances = [Int32](repeating: -1, count: references.count)
        var queue: [Int32] = roots.contains { !targets(of: $0, along: kinds).isEmpty } ? roots : sources(along: kinds)
        for node in queue { distances[Int(node)] = 0 }
        var next = 0
        var maximum: Int32 = 0
        while next < queue.count {
            let node = queue[next]
            next += 1
            for target in targets(of: node, along: kinds) where distances[Int(target)] < 0 {
                distances[Int(target)] = distances[Int(node)] + 1
                maximum = max(maximum, distances[Int(target)])
                queue.append(target)
            }
        }
        return Levels(distances: distances, maximum: Int(maximum))
    }

    /// The targets of a node's edges of some kinds.
    package func targets(of node: Int32, along kinds: [Dependency.Kind]) -> [Int32] {
        guard node >= 0, Int(node) + 1 < starts.count else { return [] }
        var targets: [Int32] = []
        for edge in edges[Int(starts[Int(node)])..<Int(starts[Int(node) + 1])] where kinds.contains(edge.kind) {
            targets.append(edge.to)
        }
        return targets
    }

    private func sources(along kinds: [Dependency.Kind]) -> [Int32] {
        var isTarget = [Bool](repeating: false, count: references.count)
        for edge in edges where kinds.contains(edge.kind) { isTarget[Int(edge.to)] = true }
        return (0..<Int32(references.count)).filter {
            !isTarget[Int($0)] && !targets(of: $0, along: kinds).isEmpty
        }
    }

    /// The number of cycles along edges of some kinds: groups of nodes that reach each other. A node that needs itself
    /// is a cycle. Tarjan's strongly connected components (1972), without recursion.
    package func cycles(along kinds: [Dependency.Kind] = [.dependsOn]) -> Int {
        let count = references.count
        var index = [Int32](repeating: -1, count: count)
        var low = [Int32](repeating: 0, count: count)
        var isOnStack = [Bool](repeating: false, count: count)
        var stack: [Int32] = []
        var path: [(node: Int32, next: Int32)] = []
        var (counter, groups): (Int32, Int) = (0, 0)
        for start in 0..<Int32(max(0, starts.count - 1)) where index[Int(start)] < 0 {
            path.append((start, starts[Int(start)]))
            while let (node, next) = path.last {
                let at = Int(node)
                if index[at] < 0 {
                    (index[at], low[at], isOnStack[at]) = (counter, counter, true)
                    counter += 1
                    stack.append(node)
                }
                if next < starts[at + 1] {
                    path[path.count - 1].next += 1
                    let edge = edges[Int(next)]
                    guard kinds.contains(edge.kind) else { continue }
                    if edge.to == node { groups += 1 }
                    if index[Int(edge.to)] < 0 {
                        path.append((edge.to, starts[Int(edge.to)]))
                    } else if isOnStack[Int(edge.to)] {
                        low[at] = min(low[at], index[Int(edge.to)])
                    }
                    continue
                }
                path.removeLast()
                if let parent = path.last?.node { low[Int(parent)] = min(low[Int(parent)], low[at]) }
                guard low[at] == index[at] else { continue }
                var size = 0
                while let member = stack.popLast() {
                    isOnStack[Int(member)] = false
                    size += 1
                    if member == node { break }
                }
                if size > 1 { groups += 1 }
            }
        }
        return groups
    }
}
