package import Bytes

/// Writes one bill of materials as a stream, in this order: `begin`, every `component`, `dependencies` or `unknownDependencies` of one
/// reference at a time, every `vulnerability`, `end`. Steps may be left out, not turned round.
///
/// The output is valid by its standard for every input: dangling references and malformed hashes, dates and links are left out and
/// counted in `losses`. Times, ids and order are the caller's, so that the same calls give the same bytes. Memory holds the references
/// that were seen, not the components.
///
///     try writer.begin(document, root: root, to: &out)
///     for component in components {
///         try writer.component(component, advisories: [], to: &out)
///     }
///     try writer.dependencies(of: root.ref, edges, to: &out)
///     try writer.end(to: &out)
package protocol BOMWriter: Sendable {
    /// The part of a component's output that follows from the component alone.
    associatedtype Preparation: Sendable

    /// Does that part of a component's work, on any thread and in any order. It depends on the package (name, version, file name,
    /// package URL), not on its place in the document.
    static func prepare(_ component: Component) -> Preparation

    /// The kinds of facts that could not be written, and how often.
    var losses: [BOMLoss: Int] { get }

    /// Opens the document. `document.created` must be a time (RFC 3339), `document.identifier` a `urn:uuid:` for CycloneDX
    /// (empty: none) and a URI without `#` for SPDX. `root` is the component that the document describes; it must not be repeated as a
    /// component. `advisories` are its vulnerabilities, as for `component`.
    mutating func begin(
        _ document: BOMDocument, root: Component?, advisories: [Advisory], to out: inout ByteSink
    ) throws(SinkError)
    /// Gives the licences that the `LicenseRef-`s of the components to come refer to, instead of those of `begin` or of the
    /// call before: documents that become one may mean different licences by the same id.
    mutating func declare(_ licenses: [ExtractedLicense])
    /// Adds a component. A component that comes right after its `parent` or the parent's other children is nested in it where the
    /// standard can. `advisories` are the vulnerabilities that SPDX mentions at the package; CycloneDX takes them from `vulnerability`.
    mutating func component(
        _ component: Component, _ preparation: Preparation, advisories: [Advisory], to out: inout ByteSink
    ) throws(SinkError)
    /// Adds the edges that lead from one reference: once for each, all at once.
    mutating func dependencies(of ref: String, _ edges: [Dependency], to out: inout ByteSink) throws(SinkError)
    /// States that the dependencies of the component with this reference are unknown; `contained` has the components that are known to
    /// be in it.
    mutating func unknownDependencies(
        of ref: String, contained: [Dependency], to out: inout ByteSink
    ) throws(SinkError)
    /// Says that parts of the component with this reference were left out. To be called before the first vulnerability.
    mutating func leavesOutParts(of ref: String)
    mutating func vulnerability(_ vulnerability: VulnerabilityClaim, to out: inout ByteSink) throws(SinkError)
    /// Closes the document; the caller flushes the sink.
    mutating func end(to out: inout ByteSink) throws(SinkError)
}

extension BOMWriter {
    /// Opens a document that describes something without vulnerabilities of its own.
    package mutating func begin(
        _ document: BOMDocument, root: Component?, to out: inout ByteSink
    ) throws(SinkError) {
        try begin(document, root: root, advisories: [], to: &out)
    }

    /// For standards that have a word for containing: it says nothing of needing.
    package mutating func unknownDependencies(
        of ref: String, contained: [Dependency], to out: inout ByteSink
    ) throws(SinkError) {
        if !contained.isEmpty { try dependencies(of: ref, contained, to: &out) }
    }

    /// For standards in which a document cannot state that parts are missing.
    package mutating func leavesOutParts(of _: String) {}

    /// Adds a component that was not prepared.
    package mutating func component(
        _ component: Component, advisories: [Advisory], to out: inout ByteSink
    ) throws(SinkError) {
        try self.component(component, Self.prepare(component), advisories: advisories, to: &out)
    }
}

/// A vulnerability as a package of SPDX mentions it.
package struct Advisory: Sendable, Equatable {
    /// The type of the address: the types of SPDX 2.3 Annex F, `SECURITY`.
    package enum Kind: String, Sendable {
        case advisory, fix, url
    }

    package var kind: Kind
    package var id: String
    /// The page of the advisory; empty takes the page of the database that the id belongs to.
    package var url: String

    package init(id: String, url: String = "", kind: Kind = .advisory) {
        self.id = id
        self.url = url
        self.kind = kind
    }

    /// An advisory that a document names with its source, whose address often is that of a whole database: it counts where it names
    /// the id, or where no page of the id is known.
    package init(id: String, source url: String) {
        let isKnown = ["CVE-", "GHSA-"].contains { id.hasPrefix($0) }
        self.init(id: id, url: isKnown && !url.lowercased().contains(id.lowercased()) ? "" : url)
    }

    /// `url`, or the page that the id is known by.
    package var page: String {
        if !url.isEmpty { return url }
        let id = URLText.path(id)
        if id.hasPrefix("CVE-") { return "https://nvd.nist.gov/vuln/detail/\(id)" }
        if id.hasPrefix("GHSA-") { return "https://github.com/advisories/\(id)" }
        return "https://osv.dev/vulnerability/\(id)"
    }
}

/// The facts that a document could not express.
package enum BOMLoss: String, Sendable, CaseIterable {
    case unresolvedEdge = "an edge to or from a reference that is not in the document"
    case edgeKind = "a relationship that the standard has no word for"
    case containment = "that a component contains another, which CycloneDX says by nesting only"
    case repeatedEdges = "edges of a reference that came a second time"
    case hash = "a digest that is none, or of an algorithm that the version does not know"
    case purl = "a package URL that is none (kept as a property or comment)"
    case link = "a link that is no URI, or not of a kind that the standard takes"
    case time = "a time that is none"
    case affected = "an affected component that is not in the document"
    case vulnerability = "a vulnerability that SPDX cannot describe in full"
    case licenseText = "the text of a licence, because the document has too many of them (its name stands instead)"
    case mark = "the words <text> and </text> in a text of tag-value (a blank was put into them)"
    case word = "a name or version that readers of tag-value take for something else (put into quotation marks)"
    case longCell = "the end of a text that is longer than what a cell of a spreadsheet holds"
    case longField = "an expression or a locator that is longer than what a cell of a spreadsheet holds"
}

/// The program that writes, as documents name it: `Waybill` and its version.
package struct BOMTool: Sendable, Equatable {
    package var name: String
    package var version: String

    package init(name: String = "Waybill", version: String) {
        self.name = name
        self.version = version
    }
}

/// Identifiers that follow from content.
package enum BOMIdentifier {
    /// A `urn:uuid:` (RFC 9562 §5.8, version 8) from the first 16 bytes of a digest of the content; nil of a shorter one.
    package static func serialNumber(digest: [UInt8]) -> String? {
        digest.count >= 16 ? "urn:uuid:\(Identifier.uuid(digest, version: 8))" : nil
    }
}
