/// Known words that are similar to a mistyped one.
package enum NearWord {
    /// The most similar word. Nil when none is similar: a word may differ by one edit for each three letters, shorter
    /// words by one edit.
    package static func nearest(to word: String, among words: [String]) -> String? {
        let wanted = Array(word.lowercased())
        // A long text is not a mistyped word, and comparing it would take long.
        guard (1...40).contains(wanted.count) else { return nil }
        let limit = max(1, wanted.count / 3)
        return words.map { ($0, edits(wanted, Array($0.lowercased()))) }
            .filter { $0.1 <= limit }
            .min { $0.1 < $1.1 }?.0
    }

    /// The number of single letters to insert, remove, replace or swap with the next (optimal string alignment distance).
    private static func edits(_ left: [Character], _ right: [Character]) -> Int {
        var (before, last) = ([Int](), Array(0...right.count))
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var least = min(last[column + 1] + 1, current[column] + 1, last[column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    least = min(least, before[column - 1] + 1)
                }
                current.append(least)
            }
            (before, last) = (last, current)
        }
        return last[right.count]
    }
}
