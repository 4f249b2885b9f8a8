import Bytes

/// The suggestion for words that begin with no command.
enum Suggestion {
    /// The message. Flags are left out, because a value among them may be secret.
    static func unknownCommand(_ words: [String]) -> String {
        let given = words.prefix { !$0.hasPrefix("-") }
        let name = given.joined(separator: " ")
        guard let first = given.first else {
            return "waybill: no command is given; `waybill --help` lists them\n"
        }
        let further = Command.group(first).map { $0.words[1] }
        if !further.isEmpty {
            let all = further.joined(separator: ", ")
            guard given.count > 1 else { return "waybill \(first): which? \(all)\n" }
            let near = NearWord.nearest(to: given[given.startIndex + 1], among: further)
            let hint = near.map { "did you mean waybill \(first) \($0)?" } ?? "there are: \(all)"
            return "waybill: there is no command \(name); \(hint)\n"
        }
        guard let near = NearWord.nearest(to: first, among: Command.all.map { $0.words[0] }) else {
            return "waybill: there is no command \(name); `waybill --help` lists them\n"
        }
        // The first word alone is not a command if other commands begin with it.
        let others = Command.group(near).map { $0.words[1] }
        let second = given.count > 1 ? NearWord.nearest(to: given[given.startIndex + 1], among: others) : nil
        let meant = others.isEmpty ? near : "\(near) \(second ?? others.joined(separator: "|"))"
        return "waybill: there is no command \(name); did you mean waybill \(meant)?\n"
    }
}
