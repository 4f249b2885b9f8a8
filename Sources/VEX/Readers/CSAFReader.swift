import BOM
import Bytes

/// Reads CSAF 2.0 (OASIS, csaf-v2.0): the VEX profile (4.5), and the same fields in security advisories (4.4).
struct CSAFReader: DialectReader {
    private(set) var head: StatementHead
    private(set) var tree = CSAFProductTree()
    private let document: StatementDocument

    init(_ document: StatementDocument) throws(BOMError) {
        self.document = document
        var head = StatementHead(dialect: StatementDocument.Dialect.csaf.rawValue)
        var tree = CSAFProductTree()
        try reading {
            var json = try document.reader()
            try json.beginObject()
            while try json.nextKey() {
                if json.keyEquals("document") {
                    try Self.read(&json, into: &head)
                } else if json.keyEquals("product_tree") {
                    try tree.read(&json)
                } else {
                    try json.skipValue()
                }
            }
            try json.finish()
        }
        (self.head, self.tree) = (head, tree)
    }

    func read(into receiver: inout some StatementReceiver) throws(BOMError) {
        try reading {
            var json = try document.reader()
            try json.beginObject()
            while try json.nextKey() {
                guard json.keyEquals("vulnerabilities") else {
                    try json.skipValue()
                    continue
                }
                guard try json.beginArrayUnlessNull() else { continue }
                while try json.nextObject() {
                    json.ceiling = json.offset + BOMReader.partLimit
                    let found = try CSAFVulnerability(&json)
                    json.ceiling = .max
                    for statement in found.statements(in: tree, of: head) { try receiver.statement(statement) }
                }
            }
            try json.finish()
        }
    }

    // MARK: The document

    private enum Field: String, CaseIterable, Sendable { case publisher, tracking }
    private static let fields = JSONKeys<Field>()
    private enum TrackingField: String, CaseIterable, Sendable {
        case id, version
        case current = "current_release_date"
        case initial = "initial_release_date"
    }
    private static let trackingFields = JSONKeys<TrackingField>()

    /// Reads 3.2.1 "Document Property".
    private static func read(_ json: inout JSONReader, into head: inout StatementHead) throws {
        guard try json.beginObjectUnlessNull() else { return }
        var seen = JSONSeenKeys()
        while try json.nextKey() {
            switch try json.key(in: fields, seen: &seen) {
            case .publisher:
                guard try json.beginObjectUnlessNull() else { continue }
                while try json.nextKey() {
                    if json.keyEquals("name") { head.author = try json.text() } else { try json.skipValue() }
                }
            case .tracking: try readTracking(&json, into: &head)
            case nil: try json.skipValue()
            }
        }
    }

    private static func readTracking(_ json: inout JSONReader, into head: inout StatementHead) throws {
        guard try json.beginObjectUnlessNull() else { return }
        var (initial, current): (Int64?, Int64?)
        var seen = JSONSeenKeys()
        while try json.nextKey() {
            switch try json.key(in: trackingFields, seen: &seen) {
            case .id: head.identifier = try json.text()
            case .version: head.version = try json.text()
            case .initial: initial = TimeText.milliseconds(try json.text())
            case .current: current = TimeText.milliseconds(try json.text())
            case nil: try json.skipValue()
            }
        }
        head.time = current ?? initial
    }
}
