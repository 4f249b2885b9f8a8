import BOM
import Bytes
import Inventory

/// The statements in a CycloneDX document, alone or beside components (ECMA-424, `vulnerabilities[].analysis`), read by BOM's
/// reader.
struct CycloneDXStatements: DialectReader {
    private(set) var head: StatementHead
    private let path: String
    private let parts: ReferencedParts

    init(file path: String) throws(BOMError) {
        self.path = path
        var parts = ReferencedParts()
        try BOMReader.read(file: path, into: &parts)
        self.parts = parts
        head = StatementHead(dialect: BOMDocument.Standard.cycloneDX.rawValue)
        head.author = parts.document.creators.first?.name ?? parts.document.tools.first ?? ""
        head.identifier = parts.document.identifier
        head.version = String(parts.document.edition)
        head.time = TimeText.milliseconds(parts.document.created)
    }

    func read(into receiver: inout some StatementReceiver) throws(BOMError) {
        var claims = ClaimsAsStatements(receiver: receiver, statements: statements(of:))
        defer { receiver = claims.receiver }
        try BOMReader.read(file: path, into: &claims)
    }

    // MARK: Statements

    private func statements(of claim: VulnerabilityClaim) -> [Statement] {
        let analysis = claim.analysis
        var facts = claim
        facts.analysis = nil
        facts.affects = []
        facts.extra = ""
        let said = analysis?.state ?? ""
        var made: [(state: String, statement: Statement)] = []
        for affected in claim.affects {
            for (state, target) in targets(affected, said: said) {
                if let place = made.firstIndex(where: { $0.state == state }) {
                    made[place].statement.targets.append(target)
                } else {
                    var statement = statement(facts, analysis, state: state)
                    statement.targets = [target]
                    made.append((state, statement))
                }
            }
        }
        if made.isEmpty {
            var empty = statement(facts, analysis, state: said)
            empty.fault = empty.fault ?? "it names no component"
            made.append((said, empty))
        }
        return made.map(\.statement)
    }

    private func statement(
        _ facts: VulnerabilityClaim, _ analysis: VulnerabilityClaim.Analysis?, state: String
    ) -> Statement {
        var it = Statement(facts, .inTriage)
        it.vulnerability.properties.removeAll { $0.name == ExactWords.property }
        if let known = Statement.State(rawValue: state) {
            it.state = known
        } else {
            let words = Statement.State.allCases.map(\.rawValue).joined(separator: ", ")
            it.fault = state.isEmpty ? "it has no analysis" : "its state \"\(state.prefix(50))\" is none of \(words)"
        }
        if let why = analysis?.justification, !why.isEmpty {
            if let known = Statement.Justification(rawValue: why) {
                it.justification = known
            } else {
                it.fault = it.fault ?? "its justification \"\(why.prefix(80))\" is not known to CycloneDX"
            }
        }
        it.impact = analysis?.detail ?? ""
        it.action = facts.recommendation.isEmpty ? facts.workaround : facts.recommendation
        it.responses = analysis?.responses ?? []
        func time(_ texts: String...) -> Int64? { texts.lazy.compactMap { TimeText.milliseconds($0) }.first }
        it.firstIssued = time(analysis?.firstIssued ?? "", facts.created)
        it.lastUpdated = time(analysis?.lastUpdated ?? "") ?? head.time ?? time(facts.updated)
        if let exact = facts.properties.first(where: { $0.name == ExactWords.property })?.value {
            _ = ExactWords.take(from: exact, into: &it)
        }
        return it
    }

    /// The subjects of an entry of `affects`, with the state of each, because versions may have their own.
    private func targets(
        _ affected: VulnerabilityClaim.Affected, said: String
    ) -> [(state: String, target: Statement.Target)] {
        let target = target(affected.ref)
        if affected.versions.isEmpty { return [(said, target)] }
        var found: [(state: String, versions: [VulnerabilityClaim.Affected.Version])] = []
        for version in affected.versions {
            let state =
                !said.isEmpty ? said : version.status == "unaffected" ? Statement.State.notAffected.rawValue : said
            if let place = found.firstIndex(where: { $0.state == state }) {
                found[place].versions.append(version)
            } else {
                found.append((state, [version]))
            }
        }
        return found.map { state, versions in
            var target = target
            func limit(_ product: inout ProductReference) {
                // A known reference already has its version; versions beside it only repeat it.
                guard product.purl?.version.isEmpty ?? product.version.isEmpty else { return }
                product.ranges += versions.map(\.range).filter { !$0.isEmpty }
                let single = versions.map(\.version).filter { !$0.isEmpty }
                if single.count == 1, product.ranges.isEmpty {
                    product.version = single[0]
                } else if !single.isEmpty, let type = product.purl?.type {
                    product.ranges.append("vers:\(type)/\(single.joined(separator: "|"))")
                }
            }
            if target.part == nil {
                limit(&target.product)
            } else if var part = target.part {
                limit(&part)
                target.part = part
            }
            return (state, target)
        }
    }

    private func target(_ ref: String) -> Statement.Target {
        let root = parts.document.describes.first
        if let link = BOMLink(ref), link.leads(to: parts.document) {
            guard let inner = link.decodedFragment ?? link.fragment, let part = parts.components[inner] else {
                return Statement.Target(ProductReference(identifier: ref))
            }
            return known(part, ref: inner, root: root)
        }
        if let part = parts.components[ref] { return known(part, ref: ref, root: root) }
        return Statement.Target(ProductReference(identifier: ref))
    }

    private func known(_ part: ProductReference, ref: String, root: String?) -> Statement.Target {
        guard let root, root != ref, let whole = parts.components[root] else { return Statement.Target(part) }
        return Statement.Target(whole, part: part)
    }
}

/// The components of a document, by their references.
private struct ReferencedParts: BOMReceiver {
    private(set) var components: [String: ProductReference] = [:]
    private(set) var document = BOMDocument(standard: .cycloneDX, version: "")

    mutating func component(_ component: Component) throws(BOMError) {
        var it = ProductReference(text: component.purl.isEmpty ? component.name : component.purl)
        it.purl = PackageURL(component.purl)
        it.name = component.group.isEmpty ? component.name : "\(component.group)/\(component.name)"
        it.version = component.version
        for hash in component.hashes { it.take(digest: hash.value) }
        components[component.ref] = it
    }
    mutating func file(_: SourceFile) throws(BOMError) {}
    mutating func dependency(_: Dependency) throws(BOMError) {}
    mutating func vulnerability(_: VulnerabilityClaim) throws(BOMError) {}
    mutating func warning(_: String) {}
    mutating func document(_ document: BOMDocument) throws(BOMError) { self.document = document }
}

/// Passes on a document's claims about vulnerabilities, as statements.
private struct ClaimsAsStatements<Receiver: StatementReceiver>: BOMReceiver {
    var receiver: Receiver
    let statements: (VulnerabilityClaim) -> [Statement]

    mutating func component(_: Component) throws(BOMError) {}
    mutating func file(_: SourceFile) throws(BOMError) {}
    mutating func dependency(_: Dependency) throws(BOMError) {}
    mutating func vulnerability(_ vulnerability: VulnerabilityClaim) throws(BOMError) {
        for statement in statements(vulnerability) { try receiver.statement(statement) }
    }
    mutating func warning(_ text: String) { receiver.warning(text) }
    mutating func document(_: BOMDocument) throws(BOMError) {}
}
