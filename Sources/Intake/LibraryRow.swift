import BOM
import Database
import Inventory

// DESIGN. What reports show of a library is decided here, once, when its facts are first seen. The digest covers the facts
// and the number of these rules: a rule that changes makes new rows, and rows never change.

/// A library as the inventory keeps it.
struct LibraryRow: Sendable {
    /// Counts up when the columns are derived otherwise.
    static let rules: UInt8 = 2

    var digest: LibraryDigest
    var body: String
    var component: Component
    /// What its document says of its licences.
    var licenses = FoundLicenses.nothing

    private var purl: PackageURL? { component.purl.isEmpty ? nil : PackageURL(component.purl) }

    private func coordinates(_ purl: PackageURL?) -> LibraryCoordinates {
        var coordinates =
            purl.map { LibraryCoordinates($0) }
            ?? LibraryCoordinates(group: component.group, name: component.name, version: component.version)
        if coordinates.version.isEmpty { coordinates.version = component.version }
        return coordinates
    }

    /// The SHA-1, or empty.
    var sha1: String { component.hashes.first { $0.algorithm == "SHA-1" }?.value ?? "" }

    /// What the library is, whoever describes it: its package URL, or type, group, name and version; and its SHA-1.
    var identity: LibraryDigest {
        let purl = purl
        return identity(purl?.text ?? "", type: coordinates(purl).type.constant)
    }

    private func identity(_ canonical: String, type: String) -> LibraryDigest {
        let identity =
            canonical.isEmpty
            ? [type, component.group, component.name, component.version, sha1] : [canonical, sha1]
        return LibraryDigest(of: Array(identity.joined(separator: "\0").utf8))
    }

    /// How reports name the library.
    var coordinates: LibraryCoordinates { coordinates(purl) }

    /// The name of the library's file.
    var fileName: String { fileName(coordinates(purl)) }

    private func fileName(_ coordinates: LibraryCoordinates) -> String {
        component.fileName.isEmpty ? coordinates.fileName : Self.lastPart(of: component.fileName)
    }

    /// Appends the cells of `StagedScan.libraryColumns` and the facts.
    func append(to rows: inout RowBuffer) {
        let purl = purl
        let coordinates = coordinates(purl)
        let canonical = purl?.text ?? ""
        let name = identity(canonical, type: coordinates.type.constant)
        rows.beginRow()
        rows.append(digest.bytes)
        rows.append(name.uuid)
        rows.append(name.number)
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
        rows.append(body)
    }

    /// Who wrote it: whom the document calls the author, else who made it, else who published it.
    private var author: String {
        [component.author, component.originator?.name ?? "", component.publisher].first(where: Self.said) ?? ""
    }

    /// External references that lead to the home of a library, the best first: of CycloneDX, of SPDX (where the type of a
    /// reference of the category OTHER is free), and the source code where there is nothing else.
    private static let homepages = ["website", "OTHER website", "OTHER homepage", "vcs", "OTHER vcs"]

    /// SPDX says NONE where there is nothing.
    private static func said(_ text: String) -> Bool { !text.isEmpty && text != "NONE" && text != "NOASSERTION" }

    private func reference(_ kinds: [String]) -> String {
        for kind in kinds {
            if let found = component.externalReferences.first(where: { $0.kind == kind }) { return found.url }
        }
        return ""
    }

    /// What follows the last slash: SPDX gives file names with their folders.
    private static func lastPart(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), path.index(after: slash) < path.endIndex else {
            return path
        }
        return String(path[path.index(after: slash)...])
    }
}
