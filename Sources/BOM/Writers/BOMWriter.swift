package import Bytes

/// Writes one bill of materials as a stream, in this order: `begin`, every `component`, `dependencies` or
/// `unknownDependencies` for one reference at a time, every `vulnerability`, `end`. Steps may be left out, but their
/// order is fixed.
///
/// The output is valid by its standard for every input: dangling references and malformed hashes, dates and links are
/// left out and counted in `losses`. The caller provides times, ids and order, so that equal calls give equal bytes.
/// Memory holds the references seen so far, not the components.
///
///     try writer.begin(document, root: root, to: &out)
///     for component in components {
///         try writer.component(component, advisories: [], to: &out)
///     }
///     try writer.dependencies(of: root.ref, edges, to: &out)
///     try writer.end(to: &out)
///
/// A writer belongs to one thread and writes one document. Times are milliseconds since 1970. Its errors are those of
/// the sink, whose destination must not call it; after an error it must not be called again.
package protocol BOMWriter: Sendable {
    /// The part of a component's output that depends only on the component.
    associatedtype Preparation: Sendable

    /// Does this part of the work for a component; may be called on any thread and in any order. It depends on the package
    /// (name, version, file name, package URL), not on its place in the document.
    static func prepare(_ component: Component) -> Preparation

    /// The kinds of facts that could not be written, with their numbers.
    var losses: [BOMLoss: Int] { get }

    /// Opens the document. `document.created` must be a time (RFC 3339). `document.identifier` must be a `urn:uuid:` or empty
    /// for CycloneDX, and a URI without `#` for SPDX. `root` is the described component, which must not be repeated as a
    /// component. `advisories` are its vulnerabilities, as for `component`.
    mutating func begin(
        _ document: BOMDocument, root: Component?, advisories: [Advisory], to out: inout ByteSink
    ) throws(SinkError)
    /// Declares the licences for the `LicenseRef-`s of the following components, instead of those of `begin` or of the
    /// previous call: when documents are merged, one id may mean different licences.
    mutating func declare(_ licenses: [ExtractedLicense])
    /// Adds a component. A component is nested in its `parent`, where the standard allows it, if it directly follows the parent
    /// or the parent's other children. `advisories` are the vulnerabilities that SPDX mentions at the package; CycloneDX takes
    /// them from `vulnerability`.
    mutating func component(
        _ component: Component, _ preparation: Preparation, advisories: [Advisory], to out: inout ByteSink
    ) throws(SinkError)
    /// Adds the edges from one reference. There must be one call for each reference, with all of its edges.
    mutating func dependencies(of ref: String, _ edges: [Dependency], to out: inout ByteSink) throws(SinkError)
    /// States that the dependencies of the component with this reference are unknown; `contained` has the components that it is
    /// known to contain.
    mutating func unknownDependencies(
        of ref: String, contained: [Dependency], to out: inout ByteSink
    ) throws(SinkError)
    /// States that parts of the component with this reference were left out. It must be called before the first
    /// vulnerability.
    mutating func leavesOutParts(of ref: String)
    mutating func vulnerability(_ vulnerability: VulnerabilityClaim, to out: inout ByteSink) throws(SinkError)
    /// Closes the document; the caller flushes the sink.
    mutating func end(to out: inout ByteSink) throws(SinkError)
}

extension BOMWriter {
    /// Begins a document whose subject has no vulnerabilities of its own.
    package mutating func begin(
        _ document: BOMDocument, root: Component?, to out: inout ByteSink
    ) throws(SinkError) {
        try begin(document, root: root, advisories: [], to: &out)
    }

    /// For standards with a word for containment: the call states no dependencies.
    package mutating func unknownDependencies(
        of ref: String, contained: [Dependency], to out: inout ByteSink
    ) throws(SinkError) {
        if !contained.isEmpty { try dependencies(of: ref, contained, to: &out) }
    }

    /// For standards whose documents cannot state that parts are missing.
    package mutating func leavesOutParts(of _: String) {}

    /// Adds a component without a preparation.
    package mutating func component(
        _ component: Component, advisories: [Advisory], to out: inout ByteSink
    ) throws(SinkError) {
        try self.component(component, Self.prepare(component), advisories: advisories, to: &out)
    }
}

/// A vulnerability in the form in which an SPDX package mentions it.
package struct Advisory: Sendable, Equatable {
    /// The type of the address: a type of SPDX 2.3 Annex F, `SECURITY`.
    package enum Kind: String, Sendable {
        case advisory, fix, url
    }

    package var kind: Kind
    package var id: String
    /// The page of the advisory; when empty, the page of the database that the id belongs to is used.
    package var url: String

    package init(id: String, url: String = "", kind: Kind = .advisory) {
        self.id = id
        self.url = url
        self.kind = kind
    }

    /// An advisory that a document names with its source. The source's address is often that of a whole database, so it counts
    /// only where it contains the id or no page of the id is known.
    package init(id: String, source url: String) {
        let isKnown = ["CVE-", "GHSA-"].contains { id.hasPrefix($0) }
        self.init(id: id, url: isKnown && !url.lowercased().contains(id.lowercased()) ? "" : url)
    }

    /// `url`, or else the known page of the id.
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

/// The program, under the name that documents give it: `Waybill` and its version.
package struct BOMTool: Sendable, Equatable {
    package var name: String
    package var version: String

    package init(name: String = "Waybill", version: String) {
        self.name = name
        self.version = version
    }
}

/// Identifiers that are derived from content.
package enum BOMIdentifier {
    /// A `urn:uuid:` (RFC 9562 §5.8, version 8) from the first 16 bytes of a digest of the content; nil for a shorter
    /// digest.
    package static func serialNumber(digest: [UInt8]) -> String? {
        digest.count >= 16 ? "urn:uuid:\(Identifier.uuid(digest, version: 8))" : nil
    }
}
