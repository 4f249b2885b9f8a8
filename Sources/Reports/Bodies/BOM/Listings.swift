import Database

extension BOMSource {
    /// The shown entries of each occurrence, in their order.
    struct Listings {
        /// The last entry of each occurrence, and for each entry the previous one; -1 for none.
        private var last: [Int32] = []
        private var before: [Int32] = []

        mutating func add(_ position: Int, of occurrence: Int) {
            while last.count <= occurrence { last.append(-1) }
            while before.count <= position { before.append(-1) }
            before[position] = last[occurrence]
            last[occurrence] = Int32(position)
        }

        func positions(of occurrence: Int) -> [Int] {
            var found: [Int] = []
            var next = last.indices.contains(occurrence) ? last[occurrence] : -1
            while next >= 0 {
                found.append(Int(next))
                next = before[Int(next)]
            }
            return found.sorted()
        }
    }

    /// Whether the document of a scan states any dependencies; true for a document without libraries. All libraries of a scan
    /// have the same answer.
    func isGraphKnown(of scan: Scan) throws -> Bool {
        try connection.integer(
            "SELECT direct FROM occurrence WHERE scan = \(scan.id) AND position > 0 ORDER BY position LIMIT 1")
            != Directness.unknown.rawValue
    }
}
