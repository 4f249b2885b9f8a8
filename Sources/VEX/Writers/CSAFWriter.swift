package import BOM
package import Bytes

// DESIGN. The tree of products precedes the statements about them and stays open while products arrive: first the branches,
// then the relationships that make them parts of the root. The relationships wait, as numbers of products.

/// Writes CSAF 2.0 (OASIS) in the VEX profile (4.5). A document without statements belongs to the base profile (4.1).
package struct CSAFWriter: StatementWriter {
    private var tree = JSONTree()
    private var head: StatementDocumentHead?
    /// Numbers of products, by their references; the root is 0.
    private var numbers: [String: Int] = [:]
    /// The names of the parts, for the relationships.
    private var names: [String] = []
    private var phase = Phase.products

    private enum Phase { case products, vulnerabilities }

    package init() {}

    package mutating func begin(_ head: StatementDocumentHead, to out: inout ByteSink) throws(SinkError) {
        self.head = head
        tree.beginObject("document", to: &out)
        tree.beginObject("document", to: &out)
        tree.field("category", head.isEmpty ? "csaf_base" : "csaf_vex", to: &out)
        tree.field("csaf_version", "2.0", to: &out)
        tree.beginObject("publisher", to: &out)
        tree.field("category", "vendor", to: &out)
        tree.field("name", head.author, to: &out)
        tree.field("namespace", Self.namespace(of: head.author), to: &out)
        tree.endObject(to: &out)
        tree.field("title", head.title, to: &out)
        tree.beginObject("tracking", to: &out)
        tree.field("current_release_date", head.created, to: &out)
        tree.beginObject("generator", to: &out)
        tree.beginObject("engine", to: &out)
        tree.field("name", head.tool.name, to: &out)
        tree.field("version", head.tool.version, to: &out)
        tree.endObject(to: &out)
        tree.endObject(to: &out)
        tree.field("id", head.uuid, to: &out)
        tree.field("initial_release_date", head.created, to: &out)
        tree.beginList("revision_history", to: &out)
        tree.beginObject("revision", to: &out)
        tree.field("date", head.created, to: &out)
        tree.field("number", "1", to: &out)
        tree.field("summary", "Written from the inventory.", to: &out)
        tree.endObject(to: &out)
        tree.endList(to: &out)
        tree.field("status", "final", to: &out)
        tree.field("version", "1", to: &out)
        tree.endObject(to: &out)
        tree.endObject(to: &out)
        guard !head.isEmpty else { return }
        tree.beginObject("product_tree", to: &out)
        tree.beginList("branches", to: &out)
        write(head.root, to: &out)
        try out.drain()
    }

    package mutating func product(_ product: StatedProduct, to out: inout ByteSink) throws(SinkError) {
        guard phase == .products, head?.isEmpty == false, numbers[product.ref] == nil else { return }
        write(product, to: &out)
        try out.drain()
    }

    private mutating func write(_ product: StatedProduct, to out: inout ByteSink) {
        numbers[product.ref] = names.count
        let name = [product.name.isEmpty ? product.ref : product.name, product.version].filter { !$0.isEmpty }
            .joined(separator: " ")
        // A branch for the name, with one for the version below it (3.1.2).
        tree.beginObject("branch", to: &out)
        if product.version.isEmpty {
            tree.field("category", "product_name", to: &out)
            tree.field("name", name, to: &out)
            write(product, called: name, to: &out)
        } else {
            tree.beginList("branches", to: &out)
            tree.beginObject("branch", to: &out)
            tree.field("category", "product_version", to: &out)
            tree.field("name", product.version, to: &out)
            write(product, called: name, to: &out)
            tree.endObject(to: &out)
            tree.endList(to: &out)
            tree.field("category", "product_name", to: &out)
            tree.field("name", product.name.isEmpty ? product.ref : product.name, to: &out)
        }
        tree.endObject(to: &out)
        names.append(name)
    }

    /// The full product name (3.1.3).
    private mutating func write(_ product: StatedProduct, called name: String, to out: inout ByteSink) {
        tree.beginObject("product", to: &out)
        tree.field("name", name, to: &out)
        tree.field("product_id", "P\(names.count)", to: &out)
        if !product.purl.isEmpty {
            tree.beginObject("product_identification_helper", to: &out)
            tree.field("purl", product.purl, to: &out)
            tree.endObject(to: &out)
        }
        tree.endObject(to: &out)
    }

    /// Ends the products: each part becomes a part of the root (3.2.2.4).
    private mutating func enterVulnerabilities(to out: inout ByteSink) throws(SinkError) {
        guard phase == .products else { return }
        phase = .vulnerabilities
        tree.endList(to: &out)
        if names.count > 1 {
            tree.beginList("relationships", to: &out)
            for number in 1..<names.count {
                tree.beginObject("relationship", to: &out)
                tree.field("category", "default_component_of", to: &out)
                tree.beginObject("full_product_name", to: &out)
                tree.field("name", "\(names[number]) as a part of \(names[0])", to: &out)
                tree.field("product_id", "R\(number)", to: &out)
                tree.endObject(to: &out)
                tree.field("product_reference", "P\(number)", to: &out)
                tree.field("relates_to_product_reference", "P0", to: &out)
                tree.endObject(to: &out)
                try out.drain()
            }
            tree.endList(to: &out)
        }
        tree.endObject(to: &out)
        tree.beginList("vulnerabilities", to: &out)
    }

    private func id(of product: StatedProduct) -> String {
        let number = numbers[product.ref] ?? 0
        return number == 0 ? "P0" : "R\(number)"
    }

    // MARK: A vulnerability

    package mutating func vulnerability(
        _ vulnerability: VulnerabilityClaim, _ statements: [(statement: Statement, products: [StatedProduct])],
        to out: inout ByteSink
    ) throws(SinkError) {
        try enterVulnerabilities(to: &out)
        tree.beginObject("vulnerability", to: &out)
        let isCVE = Self.isCVE(vulnerability.id)
        if isCVE { tree.field("cve", vulnerability.id, to: &out) }
        writeFlags(statements, to: &out)
        if !isCVE {
            tree.beginList("ids", to: &out)
            tree.beginObject("id", to: &out)
            tree.field("system_name", Self.system(of: vulnerability.id), to: &out)
            tree.field("text", vulnerability.id, to: &out)
            tree.endObject(to: &out)
            tree.endList(to: &out)
        }
        tree.beginList("notes", to: &out)
        tree.beginObject("note", to: &out)
        tree.field("category", "description", to: &out)
        let text =
            vulnerability.description.isEmpty
            ? "\(vulnerability.id): no description is known." : vulnerability.description
        tree.field("text", text, to: &out)
        tree.endObject(to: &out)
        tree.endList(to: &out)
        writeStatus(statements, to: &out)
        writeOtherNames(vulnerability, to: &out)
        writeRemediations(statements, to: &out)
        writeThreats(statements, to: &out)
        tree.endObject(to: &out)
        try out.drain()
    }

    /// Other names are written as references, because lib4vex (0.2.3) fails on `ids`; the name is in the summary.
    private mutating func writeOtherNames(_ vulnerability: VulnerabilityClaim, to out: inout ByteSink) {
        let names = vulnerability.aliases.filter { $0 != vulnerability.id && !$0.isEmpty }
        guard !names.isEmpty else { return }
        tree.beginList("references", to: &out)
        for name in names {
            tree.beginObject("reference", to: &out)
            tree.field("category", "external", to: &out)
            tree.field("summary", name, to: &out)
            tree.field("url", "https://osv.dev/vulnerability/\(name.percentEncoded)", to: &out)
            tree.endObject(to: &out)
        }
        tree.endList(to: &out)
    }

    /// The same for all documents of an author (3.2.1.8.5).
    private static func namespace(of author: String) -> String {
        "urn:uuid:\(Identifier.uuid(Digest.of(Array("publisher \(author)".utf8), .sha256), version: 8))"
    }

    /// The pattern of `cve` in the schema.
    private static func isCVE(_ id: String) -> Bool {
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0] == "CVE" && parts[1].utf8.count == 4 && parts[2].utf8.count >= 4
            && (parts[1] + parts[2]).utf8.allSatisfy { (48...57).contains($0) }
    }

    private static func system(of id: String) -> String {
        if id.hasPrefix("GHSA-") { return "GitHub Security Advisory" }
        if id.hasPrefix("CVE-") { return "CVE" }
        return "OSV"
    }

    private typealias Said = [(statement: Statement, products: [StatedProduct])]

    private mutating func ids(_ products: [StatedProduct], to out: inout ByteSink) {
        tree.beginList("product_ids", to: &out)
        for product in products { tree.field("product_id", id(of: product), to: &out) }
        tree.endList(to: &out)
    }

    private mutating func writeFlags(_ statements: Said, to out: inout ByteSink) {
        let flagged = statements.filter {
            $0.statement.state.status == .notAffected && $0.statement.justification != nil
        }
        guard !flagged.isEmpty else { return }
        tree.beginList("flags", to: &out)
        for (statement, products) in flagged {
            tree.beginObject("flag", to: &out)
            if let time = statement.lastTime { tree.field("date", time, to: &out) }
            tree.field("label", statement.justification?.label.rawValue ?? "", to: &out)
            ids(products, to: &out)
            tree.endObject(to: &out)
        }
        tree.endList(to: &out)
    }

    private mutating func writeStatus(_ statements: Said, to out: inout ByteSink) {
        tree.beginObject("product_status", to: &out)
        for status in Statement.Status.allCases {
            let products = statements.filter { $0.statement.state.status == status }.flatMap(\.products)
            if products.isEmpty { continue }
            switch status {
            case .notAffected: tree.beginList("known_not_affected", to: &out)
            case .affected: tree.beginList("known_affected", to: &out)
            case .fixed: tree.beginList("fixed", to: &out)
            case .underInvestigation: tree.beginList("under_investigation", to: &out)
            }
            for product in products { tree.field("product_id", id(of: product), to: &out) }
            tree.endList(to: &out)
        }
        tree.endObject(to: &out)
    }

    /// An affected product must have one (4.5).
    private mutating func writeRemediations(_ statements: Said, to out: inout ByteSink) {
        let affected = statements.filter { $0.statement.state.status == .affected }
        guard !affected.isEmpty else { return }
        tree.beginList("remediations", to: &out)
        for (statement, products) in affected {
            tree.beginObject("remediation", to: &out)
            let category: String
            if statement.responses.contains("update") {
                category = "vendor_fix"
            } else if statement.responses.contains("workaround_available") {
                category = "workaround"
            } else if statement.responses.contains(where: { $0 == "will_not_fix" || $0 == "can_not_fix" }) {
                category = "no_fix_planned"
            } else {
                category = statement.action.isEmpty ? "none_available" : "mitigation"
            }
            tree.field("category", category, to: &out)
            tree.field("details", statement.advice, to: &out)
            ids(products, to: &out)
            tree.endObject(to: &out)
        }
        tree.endList(to: &out)
    }

    /// The reason for the state of products; those that are not affected must have a flag or this text (4.5).
    private mutating func writeThreats(_ statements: Said, to out: inout ByteSink) {
        let said: [(text: String, statement: Statement, products: [StatedProduct])] = statements.compactMap {
            statement, products in
            let status = statement.state.status
            let why = status == .notAffected ? statement.justification?.label.justification : nil
            let mark = ExactWords.mark(statement, saidState: status.state, saidWhy: why)
            var impact = statement.impact
            if impact.isEmpty, status == .notAffected, statement.justification == nil {
                impact = "The product is not affected."
            }
            let text = [mark, impact].filter { !$0.isEmpty }.joined(separator: " ")
            return text.isEmpty ? nil : (text, statement, products)
        }
        guard !said.isEmpty else { return }
        tree.beginList("threats", to: &out)
        for (text, statement, products) in said {
            tree.beginObject("threat", to: &out)
            tree.field("category", "impact", to: &out)
            if let time = statement.lastTime { tree.field("date", time, to: &out) }
            tree.field("details", text, to: &out)
            ids(products, to: &out)
            tree.endObject(to: &out)
        }
        tree.endList(to: &out)
    }

    package mutating func end(to out: inout ByteSink) throws(SinkError) {
        if head?.isEmpty == false {
            try enterVulnerabilities(to: &out)
            tree.endList(to: &out)
        }
        tree.endObject(to: &out)
        try out.drain()
    }
}
