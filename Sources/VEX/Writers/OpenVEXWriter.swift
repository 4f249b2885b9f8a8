package import BOM
package import Bytes

/// Writes OpenVEX 0.2.0 (openvex/spec, OPENVEX-SPEC.md).
///
/// If the root has a package URL, the root is the product, and the affected library is its subcomponent. Otherwise the
/// library itself is the product, so that scanners find it by its package URL.
package struct OpenVEXWriter: StatementWriter {
    private var tree = JSONTree()
    private var root = StatedProduct(ref: "", name: "", version: "", purl: "")

    package init() {}

    package mutating func begin(_ head: StatementDocumentHead, to out: inout ByteSink) throws(SinkError) {
        root = head.root
        tree.beginObject("document", to: &out)
        tree.field("@context", "https://openvex.dev/ns/v0.2.0", to: &out)
        tree.field("@id", "urn:uuid:\(head.uuid)", to: &out)
        tree.field("author", head.author, to: &out)
        tree.field("role", "Document Creator", to: &out)
        tree.field("timestamp", head.created, to: &out)
        tree.integer("version", 1, to: &out)
        tree.field("tooling", "\(head.tool.name) \(head.tool.version)", to: &out)
        tree.beginList("statements", to: &out)
    }

    package mutating func product(_: StatedProduct, to _: inout ByteSink) throws(SinkError) {}

    package mutating func vulnerability(
        _ vulnerability: VulnerabilityClaim, _ statements: [(statement: Statement, products: [StatedProduct])],
        to out: inout ByteSink
    ) throws(SinkError) {
        for (statement, products) in statements {
            tree.beginObject("statement", to: &out)
            tree.beginObject("vulnerability", to: &out)
            tree.field("name", vulnerability.id, to: &out)
            if !vulnerability.description.isEmpty { tree.field("description", vulnerability.description, to: &out) }
            let aliases = vulnerability.aliases.filter { $0 != vulnerability.id && !$0.isEmpty }
            if !aliases.isEmpty {
                tree.beginList("aliases", to: &out)
                for alias in aliases { tree.field("alias", alias, to: &out) }
                tree.endList(to: &out)
            }
            tree.endObject(to: &out)
            if let time = statement.firstTime { tree.field("timestamp", time, to: &out) }
            if let time = statement.lastTime { tree.field("last_updated", time, to: &out) }
            write(products, to: &out)
            write(statement, to: &out)
            tree.endObject(to: &out)
            try out.drain()
        }
    }

    private mutating func write(_ products: [StatedProduct], to out: inout ByteSink) {
        tree.beginList("products", to: &out)
        let isNamed = !root.purl.isEmpty
        let parts = products.filter { $0.ref != root.ref }
        if isNamed, parts.count < products.count { write([], of: root, to: &out) }
        if isNamed, !parts.isEmpty { write(parts, of: root, to: &out) }
        if !isNamed { for product in products { write([], of: product, to: &out) } }
        tree.endList(to: &out)
    }

    private mutating func write(_ parts: [StatedProduct], of product: StatedProduct, to out: inout ByteSink) {
        tree.beginObject("product", to: &out)
        tree.field("@id", product.identifier, to: &out)
        identify(product, to: &out)
        if !parts.isEmpty {
            tree.beginList("subcomponents", to: &out)
            for part in parts {
                tree.beginObject("subcomponent", to: &out)
                tree.field("@id", part.identifier, to: &out)
                identify(part, to: &out)
                tree.endObject(to: &out)
            }
            tree.endList(to: &out)
        }
        tree.endObject(to: &out)
    }

    private mutating func identify(_ product: StatedProduct, to out: inout ByteSink) {
        tree.beginObject("identifiers", to: &out)
        tree.field("purl", product.identifier, to: &out)
        tree.endObject(to: &out)
    }

    private mutating func write(_ statement: Statement, to out: inout ByteSink) {
        let status = statement.state.status
        tree.field("status", status.rawValue, to: &out)
        let label = status == .notAffected ? statement.justification?.label : nil
        let mark = ExactWords.mark(statement, saidState: status.state, saidWhy: label?.justification)
        let isImpact = status == .notAffected
        // Only the status "not_affected" has an impact statement; for others the text becomes a note.
        let notes = isImpact ? mark : [mark, statement.impact].filter { !$0.isEmpty }.joined(separator: " ")
        if !notes.isEmpty { tree.field("status_notes", notes, to: &out) }
        if isImpact {
            if let label { tree.field("justification", label.rawValue, to: &out) }
            // One of the two must be present.
            let impact = statement.impact.isEmpty && label == nil ? "The product is not affected." : statement.impact
            if !impact.isEmpty { tree.field("impact_statement", impact, to: &out) }
        }
        if status == .affected { tree.field("action_statement", statement.advice, to: &out) }
    }

    package mutating func end(to out: inout ByteSink) throws(SinkError) {
        tree.endList(to: &out)
        tree.endObject(to: &out)
        try out.drain()
    }
}
