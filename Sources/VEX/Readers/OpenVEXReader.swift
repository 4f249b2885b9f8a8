import BOM
import Bytes
import Inventory

/// Reads OpenVEX 0.2.0 (openvex/spec, OPENVEX-SPEC.md), and the forms of 0.0.1 and 0.0.2, where vulnerabilities and products
/// are plain texts.
struct OpenVEXReader: DialectReader {
    let head: StatementHead
    private let document: StatementDocument

    init(_ document: StatementDocument) throws(BOMError) {
        self.document = document
        head = try reading { try Self.head(of: document) }
    }

    private enum Field: String, CaseIterable, Sendable {
        case author, timestamp, version, statements
        case id = "@id"
        case lastUpdated = "last_updated"
    }
    private static let fields = JSONKeys<Field>()

    private static func head(of document: StatementDocument) throws -> StatementHead {
        var head = StatementHead(dialect: StatementDocument.Dialect.openVEX.rawValue)
        var json = try document.reader()
        var seen = JSONSeenKeys()
        var (made, changed): (Int64?, Int64?)
        try json.beginObject()
        while try json.nextKey() {
            switch try json.key(in: fields, seen: &seen) {
            case .id: head.identifier = try json.text()
            case .author: head.author = try json.text()
            case .version: head.version = try json.text()
            case .timestamp: made = TimeText.milliseconds(try json.text())
            case .lastUpdated: changed = TimeText.milliseconds(try json.text())
            case .statements, nil: try json.skipValue()
            }
        }
        try json.finish()
        head.time = changed ?? made
        return head
    }

    func read(into receiver: inout some StatementReceiver) throws(BOMError) {
        try reading {
            var json = try document.reader()
            try json.beginObject()
            while try json.nextKey() {
                guard json.keyEquals("statements") else {
                    try json.skipValue()
                    continue
                }
                guard try json.beginArrayUnlessNull() else { continue }
                while try json.nextObject() { try receiver.statement(try statement(&json)) }
            }
            try json.finish()
        }
    }

    // MARK: A statement

    private enum StatementField: String, CaseIterable, Sendable {
        case vulnerability, timestamp, products, subcomponents, status, justification
        case lastUpdated = "last_updated"
        case statusNotes = "status_notes"
        case impact = "impact_statement"
        case action = "action_statement"
        case description = "vuln_description"
    }
    private static let statementFields = JSONKeys<StatementField>()

    private func statement(_ json: inout JSONReader) throws -> Statement {
        json.ceiling = json.offset + BOMReader.partLimit
        defer { json.ceiling = .max }
        var it = Statement(VulnerabilityClaim(id: ""), .inTriage)
        var (status, justification, notes) = ("", "", "")
        var products: [Statement.Target] = []
        var parts: [ProductReference] = []
        var seen = JSONSeenKeys()
        while try json.nextKey() {
            switch try json.key(in: Self.statementFields, seen: &seen) {
            case .vulnerability: try vulnerability(&json, into: &it.vulnerability)
            case .description: it.vulnerability.description = try json.text()
            case .timestamp: it.firstIssued = TimeText.milliseconds(try json.text())
            case .lastUpdated: it.lastUpdated = TimeText.milliseconds(try json.text())
            case .products: products = try self.products(&json)
            case .subcomponents: parts = try self.products(&json).map(\.product)
            case .status: status = try json.text()
            case .statusNotes: notes = try json.text()
            case .justification: justification = try json.text()
            case .impact: it.impact = try json.text()
            case .action: it.action = try json.text()
            case nil: try json.skipValue()
            }
        }
        it.lastUpdated = it.lastUpdated ?? it.firstIssued ?? head.time
        // In 0.0.x the statement has the parts.
        it.targets =
            parts.isEmpty
            ? products : products.flatMap { product in parts.map { Statement.Target(product.product, part: $0) } }
        judge(&it, status: status, justification: justification)
        notes = ExactWords.take(from: notes, into: &it)
        if it.impact.isEmpty { it.impact = notes }
        return it
    }

    /// Translates the words of a statement, or returns its fault.
    private func judge(_ it: inout Statement, status: String, justification: String) {
        if let known = Statement.Status(rawValue: status) {
            it.state = known.state
        } else {
            let words = Statement.Status.allCases.map(\.rawValue).joined(separator: ", ")
            it.fault =
                status.isEmpty
                ? "it has no status (\(words))" : "its status \"\(status.prefix(50))\" is none of \(words)"
        }
        if !justification.isEmpty, it.state == .notAffected {
            if let label = Statement.Justification.Label(rawValue: justification) {
                it.justification = label.justification
            } else {
                it.fault = it.fault ?? "its justification \"\(justification.prefix(80))\" is not known to OpenVEX"
            }
        }
        if it.vulnerability.id.isEmpty { it.fault = "it names no vulnerability" }
        if it.targets.isEmpty { it.fault = it.fault ?? "it names no product" }
    }

    private enum VulnerabilityField: String, CaseIterable, Sendable {
        case name, description, aliases
        case id = "@id"
    }
    private static let vulnerabilityFields = JSONKeys<VulnerabilityField>()

    private func vulnerability(_ json: inout JSONReader, into it: inout VulnerabilityClaim) throws {
        if try json.peek() == .string {
            it.id = try json.string()
            return
        }
        guard try json.beginObjectUnlessNull() else { return }
        var address = ""
        var seen = JSONSeenKeys()
        while try json.nextKey() {
            switch try json.key(in: Self.vulnerabilityFields, seen: &seen) {
            case .name: it.id = try json.text()
            case .description: it.description = try json.text()
            case .aliases: it.aliases = try json.texts()
            case .id: address = try json.text()
            case nil: try json.skipValue()
            }
        }
        if it.id.isEmpty { it.id = String(address.split(separator: "/").last ?? "") }
        if address.hasPrefix("http") { it.sourceURL = address }
    }

    // MARK: Products

    private enum ProductField: String, CaseIterable, Sendable {
        case identifiers, hashes, subcomponents
        case id = "@id"
    }
    private static let productFields = JSONKeys<ProductField>()

    private func products(_ json: inout JSONReader) throws -> [Statement.Target] {
        var targets: [Statement.Target] = []
        guard try json.beginArrayUnlessNull() else { return targets }
        while try json.nextElement() {
            if try json.peek() == .string {
                targets.append(Statement.Target(ProductReference(identifier: try json.string())))
                continue
            }
            guard try json.beginObjectUnlessNull() else { continue }
            var product = ProductReference(text: "")
            var parts: [ProductReference] = []
            var seen = JSONSeenKeys()
            while try json.nextKey() {
                switch try json.key(in: Self.productFields, seen: &seen) {
                case .id:
                    product.text = try json.text()
                    product.take(identifier: product.text)
                case .identifiers: try identifiers(&json, into: &product)
                case .hashes:
                    guard try json.beginObjectUnlessNull() else { continue }
                    while try json.nextKey() { product.take(digest: try json.text()) }
                case .subcomponents: parts = try products(&json).map(\.product)
                case nil: try json.skipValue()
                }
            }
            if product.text.isEmpty { product.text = product.purl?.text ?? product.digests.first ?? "" }
            targets +=
                parts.isEmpty
                ? [Statement.Target(product)] : parts.map { Statement.Target(product, part: $0) }
        }
        return targets
    }

    /// Reads `identifiers`: a package URL, and CPEs, which Waybill cannot look up.
    private func identifiers(_ json: inout JSONReader, into product: inout ProductReference) throws {
        guard try json.beginObjectUnlessNull() else { return }
        while try json.nextKey() {
            let isPurl = json.keyEquals("purl")
            let text = try json.text()
            if isPurl { product.take(identifier: text) } else if product.text.isEmpty { product.text = text }
        }
    }
}
