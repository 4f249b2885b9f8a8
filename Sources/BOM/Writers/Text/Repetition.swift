extension Array where Element: Hashable {
    /// The elements in their order, each once. Nearly all lists are short, and short lists need no hashing.
    func withoutRepetition() -> [Element] {
        guard count > 1 else { return self }
        if count <= 8 {
            // Elements are compared in place: taking one out would count references to everything that it refers to.
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
    /// The value in the letters that documents use.
    var lowerCased: String {
        var text = value
        let hasCapital = text.withUTF8 { letters in letters.contains { $0 >= 65 && $0 <= 90 } }
        return hasCapital ? value.lowercased() : value
    }
}
