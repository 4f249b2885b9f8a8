import BOM
import Bytes
import Database
import Inventory

// DESIGN. The values that reports show for a library are decided here once, when its facts are first seen. The digest
// covers the facts and the number of these rules. So a changed rule makes new rows, and existing rows never change.

/// A library in the form of the inventory.
struct LibraryRow: Sendable {
    /// Rises when the columns are derived differently.
    static let rules: UInt8 = 2

    /// The most bytes of a group and of a name in the columns of reports. PostgreSQL stores both in one index entry, which may
    /// take at most a third of a page.
    static let nameLimit = 1000

    let digest: LibraryDigest
    let body: String
    let component: Component
    /// The identity of the library, which does not depend on the document, with its digest.
    let identity: LibraryIdentity
    let name: LibraryDigest
    /// Whether its document has only the digest, and other documents provide the name.
    let isNamedByDigest: Bool
    /// The licences that its document states.
    var licenses = FoundLicenses.nothing

    private let purl: PackageURL?

    /// - Parameters:
    ///   - digest: SHA-256 of the facts and of `LibraryRow.rules`.
    ///   - body: the facts in the form of `ComponentFacts`.
    init(digest: LibraryDigest, body: String, component: Component, isNamedByDigest: Bool = false) {
        self.isNamedByDigest = isNamedByDigest
        self.digest = digest
        self.body = body
        self.component = component
        purl = component.purl.isEmpty ? nil : PackageURL(component.purl)
        identity = LibraryIdentity(
            purl: purl, group: component.group, name: component.name, version: component.version,
            fileName: Self.lastPart(of: component.fileName), digests: component.hashes.map { ($0.algorithm, $0.value) })
        name = LibraryDigest(of: Array(identity.text.utf8))
    }

    /// The digest of the facts in a writer. A library that was named by a digest has no description from a document.
    static func digest(of facts: borrowing FactsWriter, isNamedByDigest: Bool = false) -> LibraryDigest {
        LibraryDigest(of: facts.bytes + (isNamedByDigest ? [rules, 1] : [rules]))
    }

    /// `library.uuid`.
    var uuid: String { name.uuid }

    /// The uuid of the same package without distinguishing qualifiers; empty if it has none.
    var base: String { identity.baseUUID }

    /// The source of its name.
    var naming: DigestNames.Naming {
        isNamedByDigest ? .byDigest : identity.digest.isEmpty ? .named : .unnamed
    }

    /// Empty for a component without a readable package URL.
    var canonicalPURL: String { purl?.text ?? "" }

    private func coordinates(_ purl: PackageURL?) -> LibraryCoordinates {
        var coordinates =
            purl.map {
                LibraryCoordinates($0.spelled(as: component.purl, group: component.group, name: component.name))
            }
            ?? LibraryCoordinates(group: component.group, name: component.name, version: component.version)
        if coordinates.version.isEmpty { coordinates.version = component.version }
        coordinates.groupId = Self.shortened(coordinates.groupId)
        coordinates.artifactId = Self.shortened(coordinates.artifactId)
        return coordinates
    }

    /// Whether group or name are too long for the columns of reports, which then have their beginnings.
    var isShortened: Bool {
        let longest = max(component.purl.utf8.count, component.group.utf8.count, component.name.utf8.count)
        guard longest > Self.nameLimit else { return false }
        let coordinates = coordinates(purl)
        return [coordinates.groupId, coordinates.artifactId].contains { $0.hasSuffix(Self.ellipsis) }
    }

    private static let ellipsis = "…"

    /// The beginning of a text that is too long, with a digest of the whole, so that different texts stay different.
    private static func shortened(_ text: String) -> String {
        guard text.utf8.count > nameLimit else { return text }
        let digest = Array(Digest.of(text.utf8, .sha256).prefix(8))
        return "\(text.beginning(bytes: nameLimit - 100)) \(digest.hexadecimal)\(ellipsis)"
    }

    /// The SHA-1, or empty.
    var sha1: String { component.hashes.first { $0.algorithm == "SHA-1" }?.value ?? "" }

    /// The names of the library in reports.
    var coordinates: LibraryCoordinates { coordinates(purl) }

    /// The name of the library's file.
    var fileName: String { fileName(coordinates(purl)) }

    private func fileName(_ coordinates: LibraryCoordinates) -> String {
        component.fileName.isEmpty ? coordinates.fileName : Self.lastPart(of: component.fileName)
    }

    /// The names that advisories may use for it, or the obstacle.
    func packageKeys() -> Result<[PackageKey], MatchingObstacle> { PackageKey.find(component, purl) }

    /// Appends the cells of `StagedScan.libraryColumns`, the facts, and the uuid of the identity without qualifiers.
    func append(to rows: inout RowBuffer, lookup: Lookup) {
        let coordinates = coordinates(purl)
        let canonical = canonicalPURL
        rows.beginRow()
        rows.append(digest.bytes)
        rows.append(uuid)
        rows.append(coordinates.type.displayName)
        rows.append(coordinates.type.constant)
        rows.append(coordinates.groupId)
        rows.append(coordinates.artifactId)
        rows.append(coordinates.version)
        rows.append(fileName(coordinates))
        rows.append(canonical)
        rows.append(sha1)
        rows.append(component.description.isEmpty ? component.summary : component.description)
        rows.append(LicenseRows.names(licenses.rows))
        rows.append(Self.said(component.homepage) ? component.homepage : reference(Self.homepages))
        rows.append(Self.said(component.downloadLocation) ? component.downloadLocation : reference(["distribution"]))
        rows.append(Self.said(component.copyright) ? component.copyright : "")
        rows.append(author)
        rows.append(component.supplier?.name ?? component.publisher)
        rows.append(component.releaseDate)
        rows.append(component.hashes.isEmpty && canonical.isEmpty ? "Filename Match" : "Exact Match")
        rows.append(licenses.text)
        rows.append(licenses.text)
        rows.append(licenses.decision.hasChoice ? 1 : 0)
        rows.append(Int(naming.rawValue))
        rows.append(lookup.text)
        rows.append(body)
        rows.append(base)
    }

    /// The author in the document, otherwise the manufacturer, otherwise the publisher.
    private var author: String {
        [component.author, component.originator?.name ?? "", component.publisher].first(where: Self.said) ?? ""
    }

    /// External references that may be the home page of a library, the best first: those of CycloneDX, those of SPDX
    /// (where references of the category OTHER have free types), and the source code if there is nothing else.
    private static let homepages = ["website", "OTHER website", "OTHER homepage", "vcs", "OTHER vcs"]

    /// SPDX writes NONE for an absent value.
    private static func said(_ text: String) -> Bool { !text.isEmpty && text != "NONE" && text != "NOASSERTION" }

    private func reference(_ kinds: [String]) -> String {
        for kind in kinds {
            if let found = component.externalReferences.first(where: { $0.kind == kind }) { return found.url }
        }
        return ""
    }

    /// The part after the last slash, because SPDX gives file names with their folders.
    private static func lastPart(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), path.index(after: slash) < path.endIndex else {
            return path
        }
        return String(path[path.index(after: slash)...])
    }
}
