/// The prepared statements of a PostgreSQL session, by their text and the kinds of their values.
struct PreparedStatements {
    private struct Statement: Hashable {
        let text: String
        let kinds: [Value.Kind]
    }

    /// Statements with more values than this contain lists.
    private static let fewValues = 40
    /// The most statements that are kept; texts may be computed, too, with lists of varying length.
    private static let limit = 256

    private var names: [Statement: String] = [:]
    /// The number of names given out. No name is used twice in a session.
    private var count = 0

    /// Whether a statement with these values is kept. A statement with a list is planned each time: a plan from the time when a
    /// table was small would read all of the table when it is large.
    static func keeps(_ kinds: [Value.Kind]) -> Bool { kinds.count <= fewValues }

    var isFull: Bool { names.count >= Self.limit }

    func name(of text: String, _ kinds: [Value.Kind]) -> String? { names[Statement(text: text, kinds: kinds)] }

    mutating func newName() -> String {
        count += 1
        return "s\(count)"
    }

    mutating func add(_ text: String, _ kinds: [Value.Kind], as name: String) {
        names[Statement(text: text, kinds: kinds)] = name
    }

    mutating func removeAll() { names.removeAll() }
}
