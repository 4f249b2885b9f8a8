extension Array where Element: Hashable {
    /// The elements in their order, each once. Short lists, which nearly all are, cost no hashing.
    func withoutRepetition() -> [Element] {
        guard count > 1 else { return self }
        if count <= 8 {
            // Compared where they are: to take an element out counts all that it refers to.
            let repeats = withUnsafeBufferPointer { elements in
                elements.indices.contains { later in
                    (0..<later).contains { elements[$0] == elements[later] }
                }
            }
            return repeats ? indices.filter { !self[..<$0].contains(self[$0]) }.map { self[$0] } : self
        }
        var seen = Set<Element>()
        return filter { seen.insert($0).inserted }
    }
}

extension Hash {
    /// The value in the letters that documents want.
    var lowerCased: String {
        var text = value
        let hasCapital = text.withUTF8 { letters in letters.contains { $0 >= 65 && $0 <= 90 } }
        return hasCapital ? value.lowercased() : value
    }
}
