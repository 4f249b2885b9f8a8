import Bytes

/// A flag of the command line.
struct Flag: Sendable {
    let name: String
    /// The word for its value in the help; nil for a flag without a value.
    let value: String?
    let meaning: String
    var isRequired = false

    init(_ name: String, _ value: String? = nil, _ meaning: String, required: Bool = false) {
        self.name = name
        self.value = value
        self.meaning = meaning
        isRequired = required
    }

    /// The flag of commands that print data.
    static let json = Flag("json", nil, "print one JSON value and nothing else")

    /// The flag of commands that ask a person for confirmation.
    static let yes = Flag("yes", nil, "do not ask")

    /// Flags of every command.
    static let shared =
        [
            Flag("data", "DIR", "the directory of the database and the artifacts (./waybill-data)"),
            Flag("database", "URL", "sqlite:PATH or postgresql://… (sqlite below the data directory)"),
            Flag("artifacts", "URL", "file:DIR or s3://bucket/prefix (below the data directory)"),
            Flag("workers", "N", "report workers in this process; 0 for none (the number of processors)"),
            Flag("log-level", "LEVEL", "debug, info, warning or error (info)"),
            Flag("config", "FILE", "settings, one `name = value` a line, names as those of the flags"),
            Flag("help", nil, "show this help"),
        ] + s3
}

/// Wrong usage, printed with the line that shows the usage of the command; exit status 2.
struct UsageError: Error, CustomStringConvertible {
    let description: String
}

/// A command line, taken apart.
struct Arguments: Sendable {
    private var flags: [String: [String]] = [:]
    private(set) var operands: [String] = []

    /// - Parameter known: the flags of the command, including the shared ones.
    init(_ words: [String], known: [Flag]) throws(UsageError) {
        let byName = Dictionary(known.map { ($0.name, $0) }) { first, _ in first }
        var index = 0
        var isOver = false
        while index < words.count {
            let word = words[index]
            index += 1
            if isOver || word == "-" || !word.hasPrefix("-") {
                operands.append(word)
            } else if word == "--" {
                isOver = true
            } else if word == "-h" {
                flags["help"] = ["true"]
            } else {
                let parts = word.drop { $0 == "-" }.split(
                    separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let name = String(parts.first ?? "")
                guard word.hasPrefix("--"), let flag = byName[name] else {
                    guard name != "server" else {
                        throw UsageError(description: "--server: this command works on the data itself, at no server")
                    }
                    // A value behind the name may be secret.
                    let near = NearWord.nearest(to: name, among: byName.keys.sorted())
                    throw UsageError(
                        description: "unknown flag \(word.prefix { $0 != "=" })"
                            + (near.map { "; did you mean --\($0)?" } ?? ""))
                }
                if flag.value == nil {
                    guard parts.count == 1 else { throw UsageError(description: "--\(name) takes no value") }
                    flags[name] = ["true"]
                } else if parts.count == 2 {
                    flags[name, default: []].append(String(parts[1]))
                } else if index < words.count {
                    flags[name, default: []].append(words[index])
                    index += 1
                } else {
                    throw UsageError(description: "--\(name) needs a value: \(flag.value ?? "")")
                }
            }
        }
    }

    /// The value of a flag; the last one if it occurs several times.
    subscript(_ name: String) -> String? { flags[name]?.last }

    /// All values of a flag that may occur several times.
    func all(_ name: String) -> [String] { flags[name] ?? [] }

    func has(_ name: String) -> Bool { flags[name] == ["true"] }
}
