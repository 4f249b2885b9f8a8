/// The statements that a session of PostgreSQL keeps prepared, by their text and the kinds of their values.
struct PreparedStatements {
    private struct Statement: Hashable {
        let text: String
        let kinds: [Value.Kind]
    }

    /// Statements with more values than these have lists in them.
    private static let fewValues = 40
    /// A bound, for texts are made at run time, too: lists of varying length.
    private static let limit = 256

    private var names: [Statement: String] = [:]
    /// Names given out. No name is used twice in a session.
    private var count = 0

    /// Whether a statement with these values is kept. One with a list is planned each time: a plan that was kept from when a table was
    /// small reads all of it when it is large.
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
