package import BOM
package import Bytes

// DESIGN. A document of statements is a stream: its own facts, its products, then each vulnerability with all statements about
// it, as CSAF requires. A writer names products and chooses words; the caller decides the content. Memory holds the names of
// products.

/// The metadata of a document to write.
package struct StatementDocumentHead: Sendable {
    /// A UUID that is derived from the content.
    package var uuid: String
    package var author: String
    package var title: String
    /// RFC 3339, UTC.
    package var created: String
    package var tool: BOMTool
    /// The common subject of the statements.
    package var root: StatedProduct
    /// Whether any vulnerability follows.
    package var isEmpty: Bool

    package init(
        uuid: String, author: String, title: String, created: String, tool: BOMTool, root: StatedProduct, isEmpty: Bool
    ) {
        self.uuid = uuid
        self.author = author
        self.title = title
        self.created = created
        self.tool = tool
        self.root = root
        self.isEmpty = isEmpty
    }
}

/// A product, or a part of one, in a document to write.
package struct StatedProduct: Sendable, Hashable {
    /// Unique in the document.
    package var ref: String
    package var name: String
    package var version: String
    /// Empty if there is none.
    package var purl: String

    package init(ref: String, name: String, version: String, purl: String) {
        self.ref = ref
        self.name = name
        self.version = version
        self.purl = purl
    }

    /// The package URL, or one of the type `generic` made from the name if a dialect requires one.
    var identifier: String {
        if !purl.isEmpty { return purl }
        let name = name.percentEncoded
        return version.isEmpty ? "pkg:generic/\(name)" : "pkg:generic/\(name)@\(version.percentEncoded)"
    }
}

/// Writes one document of statements, in this order: `begin`, every `product`, every `vulnerability` once, `end`.
///
/// The output is valid by its standard for every input. Equal calls give equal bytes.
///
///     try writer.begin(head, to: &out)
///     for product in products { try writer.product(product, to: &out) }
///     try writer.vulnerability(facts, [(statement, [product])], to: &out)
///     try writer.end(to: &out)
///     try out.flush()
///
/// A writer belongs to one thread and writes one document. Times are milliseconds since 1970. Its errors are those of
/// the sink, whose destination must not call it; after an error it must not be called again.
package protocol StatementWriter {
    /// Opens the document.
    mutating func begin(_ head: StatementDocumentHead, to out: inout ByteSink) throws(SinkError)
    /// Adds a part of the root that statements name.
    mutating func product(_ product: StatedProduct, to out: inout ByteSink) throws(SinkError)
    /// Adds all statements about a vulnerability, each with its products.
    mutating func vulnerability(
        _ vulnerability: VulnerabilityClaim, _ statements: [(statement: Statement, products: [StatedProduct])],
        to out: inout ByteSink
    ) throws(SinkError)
    /// Closes the document; the caller flushes the sink.
    mutating func end(to out: inout ByteSink) throws(SinkError)
}

extension Statement {
    /// The recommended action: its own text, or one that follows from the author's plan.
    var advice: String {
        if !action.isEmpty { return action }
        if responses.contains("update") { return "Update to a version that is not affected." }
        if responses.contains("rollback") { return "Go back to a version that is not affected." }
        if responses.contains("workaround_available") { return "A workaround is available." }
        if responses.contains("will_not_fix") || responses.contains("can_not_fix") { return "No fix is planned." }
        return "No fix is known yet."
    }

    var firstTime: String? { firstIssued.map { TimeText.rfc3339($0) } }
    var lastTime: String? { (lastUpdated ?? firstIssued).map { TimeText.rfc3339($0) } }
}
