/// Known words that are similar to a mistyped one.
enum Suggestion {
    /// The most similar word; nil when none is similar: at most one edit for each three letters, and one for shorter
    /// words.
    static func nearest(to word: String, among words: [String]) -> String? {
        let wanted = Array(word.lowercased())
        // A long text is no mistyped word, and comparing it would take long.
        guard (1...40).contains(wanted.count) else { return nil }
        let limit = max(1, wanted.count / 3)
        return words.map { ($0, edits(wanted, Array($0.lowercased()))) }
            .filter { $0.1 <= limit }
            .min { $0.1 < $1.1 }?.0
    }

    /// The message for words that begin with no command. Flags are left out: a value among them may be secret.
    static func unknownCommand(_ words: [String]) -> String {
        let given = words.prefix { !$0.hasPrefix("-") }
        let name = given.joined(separator: " ")
        guard let first = given.first else {
            return "waybill: no command is given; `waybill --help` lists them\n"
        }
        let further = Command.all.filter { $0.words.count > 1 && $0.words[0] == first }.map { $0.words[1] }
        if !further.isEmpty {
            let near = given.dropFirst().first.flatMap { nearest(to: $0, among: further) }
            let all = "there are: \(further.joined(separator: ", "))"
            let hint = near.map { "did you mean waybill \(first) \($0)?" } ?? all
            return "waybill: there is no command \(name); \(hint)\n"
        }
        let near = nearest(to: first, among: Command.all.map { $0.words[0] })
        let hint = near.map { "did you mean waybill \($0)?" } ?? "`waybill --help` lists them"
        return "waybill: there is no command \(name); \(hint)\n"
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
