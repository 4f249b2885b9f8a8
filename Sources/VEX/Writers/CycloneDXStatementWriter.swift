package import BOM
package import Bytes

/// Writes CycloneDX 1.4 to 1.6 by BOM's writer; the only components are those that statements name.
package struct CycloneDXStatementWriter<Tree: TreeWriter>: StatementWriter {
    private var writer: CycloneDXWriter<Tree>
    private var root = ""

    package init(version: CycloneDXVersion, tool: BOMTool) {
        writer = CycloneDXWriter(version: version, tool: tool)
    }

    package mutating func begin(_ head: StatementDocumentHead, to out: inout ByteSink) throws(SinkError) {
        var document = BOMDocument(standard: .cycloneDX, version: "")
        document.name = head.root.name
        document.identifier = "urn:uuid:\(head.uuid)"
        document.created = head.created
        document.creators = [Agent(.organization, name: head.author)]
        var component = Self.component(head.root)
        component.kind = .application
        root = head.root.ref
        try writer.begin(document, root: component, to: &out)
    }

    package mutating func product(_ product: StatedProduct, to out: inout ByteSink) throws(SinkError) {
        if product.ref == root { return }
        try writer.component(Self.component(product), advisories: [], to: &out)
    }

    private static func component(_ product: StatedProduct) -> Component {
        var component = Component(ref: product.ref, name: product.name.isEmpty ? product.ref : product.name)
        component.version = product.version
        component.purl = product.purl
        return component
    }

    package mutating func vulnerability(
        _ vulnerability: VulnerabilityClaim, _ statements: [(statement: Statement, products: [StatedProduct])],
        to out: inout ByteSink
    ) throws(SinkError) {
        for (statement, products) in statements {
            var claim = vulnerability
            var analysis = VulnerabilityClaim.Analysis()
            analysis.state = statement.state.rawValue
            let why = statement.justification?.cycloneDX
            analysis.justification = why?.rawValue ?? ""
            analysis.responses = statement.responses
            analysis.detail = statement.impact
            analysis.firstIssued = statement.firstTime ?? ""
            analysis.lastUpdated = statement.lastTime ?? ""
            claim.analysis = analysis
            if !statement.action.isEmpty { claim.recommendation = statement.action }
            let mark = ExactWords.mark(statement, saidState: statement.state, saidWhy: why)
            if !mark.isEmpty { claim.properties.append(Property(name: ExactWords.property, value: mark)) }
            claim.affects = products.map { VulnerabilityClaim.Affected(ref: $0.ref) }
            try writer.vulnerability(claim, to: &out)
        }
    }

    package mutating func end(to out: inout ByteSink) throws(SinkError) { try writer.end(to: &out) }
}
