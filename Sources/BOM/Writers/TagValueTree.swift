package import Bytes

// DESIGN. Tag-value (SPDX 2.3 clause 4.4 and the tags of clauses 6 to 11) is flat: what an object is says which tag a member
// has. Objects that are one line there (checksums, references, relationships) wait until they are whole. There is no escape
// for `</text>`, so a blank goes into it, nor for names that look like a tag, an agent or a time: they get quotation marks.

/// An SPDX document as tag-value.
package struct TagValueTree: TreeWriter {
    private enum Section: Sendable {
        case document, creation, package, license
        /// Objects that become one line.
        case checksum, reference, relationship

        init(_ name: StaticString) {
            switch name.description {
            case "creationInfo": self = .creation
            case "packages": self = .package
            case "hasExtractedLicensingInfos": self = .license
            case "checksums": self = .checksum
            case "externalRefs": self = .reference
            case "relationships": self = .relationship
            default: self = .document
            }
        }
    }
    private struct Tag {
        let name: StaticString
        /// Whether the value may have several lines.
        var isText = false
    }

    private var sections: [Section] = []
    /// The members of an object that becomes one line.
    private var parts: [String: String] = [:]
    package private(set) var losses: [BOMLoss: Int] = [:]

    package init() {}

    package mutating func beginObject(_ name: TreeName, to out: inout ByteSink) {
        let section = Section(name.plain)
        sections.append(section)
        if section == .package || section == .license { out.append(UInt8(ascii: "\n")) }
    }

    package mutating func endObject(to out: inout ByteSink) {
        switch sections.removeLast() {
        case .document, .creation, .package, .license: return
        case .checksum:
            write(Tag(name: "PackageChecksum"), "\(part("algorithm")): \(part("checksumValue"))", to: &out)
        case .reference:
            // The categories have hyphens here in all versions.
            let category = String(part("referenceCategory").map { $0 == "_" ? "-" : $0 })
            write(
                Tag(name: "ExternalRef"), "\(category) \(part("referenceType")) \(part("referenceLocator"))", to: &out)
            if let comment = parts["comment"] {
                write(Tag(name: "ExternalRefComment", isText: true), comment, to: &out)
            }
        case .relationship:
            let name = part("relationshipType")
            write(
                Tag(name: "Relationship"), "\(part("spdxElementId")) \(name) \(part("relatedSpdxElement"))", to: &out)
            if let comment = parts["comment"] {
                write(Tag(name: "RelationshipComment", isText: true), comment, to: &out)
            }
        }
        parts.removeAll(keepingCapacity: true)
    }

    private func part(_ name: String) -> String { parts[name] ?? "" }

    package mutating func beginList(_ name: TreeName, to out: inout ByteSink) {
        if name.plain.description == "relationships" { out.append(UInt8(ascii: "\n")) }
    }

    package mutating func endList(to out: inout ByteSink) {}

    package mutating func field(_ name: TreeName, _ value: String, to out: inout ByteSink) {
        let member = name.plain.description
        guard let section = sections.last else { return }
        switch section {
        case .checksum, .reference, .relationship: parts[member] = value
        case .document, .creation, .package, .license:
            if let tag = Self.tag(member, in: section) { write(tag, value, to: &out) }
        }
    }

    package mutating func number(_ name: TreeName, _ value: Double, to out: inout ByteSink) {
        field(name, "\(value)", to: &out)
    }

    package mutating func integer(_ name: TreeName, _ value: Int, to out: inout ByteSink) {
        field(name, String(value), to: &out)
    }

    package mutating func boolean(_ name: TreeName, _ value: Bool, to out: inout ByteSink) {
        field(name, value ? "true" : "false", to: &out)
    }

    // MARK: - Lines

    private mutating func write(_ tag: Tag, _ value: String, to out: inout ByteSink) {
        out.append(tag.name)
        out.append(": ")
        if tag.isText, value != "NOASSERTION", value != "NONE" {
            out.append("<text>")
            out.append(raw: broken(value))
            out.append("</text>\n")
        } else if Self.isMistaken(value, in: tag) {
            // Such values may not stand between marks either: not by the specification, nor for its reference parser.
            losses[.word, default: 0] += 1
            out.append(raw: "\"\(value)\"\n")
        } else {
            out.append(raw: broken(value))
            out.append(UInt8(ascii: "\n"))
        }
    }

    /// Whether a value of one line would be taken for something else: for a tag, a word, a time or an agent (as spdx-tools does).
    private static func isMistaken(_ value: String, in tag: Tag) -> Bool {
        switch tag.name.description {
        case "PackageName", "PackageVersion", "PackageFileName", "DocumentName", "LicenseName": break
        default: return false
        }
        if let first = value.utf8.first, (48...57).contains(first) {
            return value.utf8.contains(UInt8(ascii: "T")) && value.utf8.contains(UInt8(ascii: "Z"))
        }
        if let colon = value.firstIndex(of: ":") { return prefixes.contains(String(value[..<colon])) }
        return tags.contains(value)
    }

    /// The text with a blank in the marks that would end it.
    private mutating func broken(_ value: String) -> String {
        guard value.utf8.contains(UInt8(ascii: "<")) else { return value }
        let result = value.replacing("<text>", with: "< text>").replacing("</text>", with: "</ text>")
        if result.utf8.count != value.utf8.count { losses[.mark, default: 0] += 1 }
        return result
    }

    private static func tag(_ member: String, in section: Section) -> Tag? {
        switch section {
        case .document: document[member]
        case .creation: creation[member]
        case .package: package[member]
        case .license: license[member]
        case .checksum, .reference, .relationship: nil
        }
    }

    private static let document: [String: Tag] = [
        "spdxVersion": Tag(name: "SPDXVersion"), "dataLicense": Tag(name: "DataLicense"), "SPDXID": Tag(name: "SPDXID"),
        "name": Tag(name: "DocumentName"), "documentNamespace": Tag(name: "DocumentNamespace"),
        "comment": Tag(name: "DocumentComment", isText: true),
    ]
    private static let creation: [String: Tag] = [
        "created": Tag(name: "Created"), "creators": Tag(name: "Creator"),
        "licenseListVersion": Tag(name: "LicenseListVersion"), "comment": Tag(name: "CreatorComment", isText: true),
    ]
    private static let package: [String: Tag] = [
        "name": Tag(name: "PackageName"), "SPDXID": Tag(name: "SPDXID"), "versionInfo": Tag(name: "PackageVersion"),
        "packageFileName": Tag(name: "PackageFileName"), "supplier": Tag(name: "PackageSupplier"),
        "originator": Tag(name: "PackageOriginator"), "downloadLocation": Tag(name: "PackageDownloadLocation"),
        "filesAnalyzed": Tag(name: "FilesAnalyzed"), "homepage": Tag(name: "PackageHomePage"),
        "sourceInfo": Tag(name: "PackageSourceInfo", isText: true),
        "licenseConcluded": Tag(name: "PackageLicenseConcluded"),
        "licenseDeclared": Tag(name: "PackageLicenseDeclared"),
        "licenseComments": Tag(name: "PackageLicenseComments", isText: true),
        "copyrightText": Tag(name: "PackageCopyrightText", isText: true),
        "summary": Tag(name: "PackageSummary", isText: true),
        "description": Tag(name: "PackageDescription", isText: true),
        "comment": Tag(name: "PackageComment", isText: true),
        "attributionTexts": Tag(name: "PackageAttributionText", isText: true),
        "primaryPackagePurpose": Tag(name: "PrimaryPackagePurpose"), "releaseDate": Tag(name: "ReleaseDate"),
    ]
    private static let license: [String: Tag] = [
        "licenseId": Tag(name: "LicenseID"), "extractedText": Tag(name: "ExtractedText", isText: true),
        "name": Tag(name: "LicenseName"), "seeAlsos": Tag(name: "LicenseCrossReference"),
        "comment": Tag(name: "LicenseComment", isText: true),
    ]

    private static let prefixes: Set<String> = [
        "Tool", "Organization", "Person", "ADLER32", "BLAKE2b-256", "BLAKE2b-384", "BLAKE2b-512", "BLAKE3", "MD2",
        "MD4", "MD5", "MD6", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "SHA3-256", "SHA3-384", "SHA3-512",
    ]
    /// All tags of SPDX 2.3, and the two words.
    private static let tags: Set<String> = [
        "AnnotationComment", "AnnotationDate", "AnnotationType", "Annotator", "BuiltDate", "Created",
        "Creator", "CreatorComment", "DataLicense", "DocumentComment", "DocumentName", "DocumentNamespace",
        "ExternalDocumentRef", "ExternalRef", "ExternalRefComment", "ExtractedText", "FileAttributionText",
        "FileChecksum", "FileComment", "FileContributor", "FileCopyrightText", "FileName", "FileNotice",
        "FileType", "FilesAnalyzed", "LicenseComment", "LicenseComments", "LicenseConcluded",
        "LicenseCrossReference", "LicenseID", "LicenseInfoInFile", "LicenseInfoInSnippet",
        "LicenseListVersion", "LicenseName", "PackageAttributionText", "PackageChecksum", "PackageComment",
        "PackageCopyrightText", "PackageDescription", "PackageDownloadLocation", "PackageFileName",
        "PackageHomePage", "PackageLicenseComments", "PackageLicenseConcluded", "PackageLicenseDeclared",
        "PackageLicenseInfoFromFiles", "PackageName", "PackageOriginator", "PackageSourceInfo",
        "PackageSummary", "PackageSupplier", "PackageVerificationCode", "PackageVersion",
        "PrimaryPackagePurpose", "Relationship", "RelationshipComment", "ReleaseDate", "SPDXID", "SPDXREF",
        "SPDXVersion", "SnippetAttributionText", "SnippetByteRange", "SnippetComment",
        "SnippetCopyrightText", "SnippetFromFileSPDXID", "SnippetLicenseComments",
        "SnippetLicenseConcluded", "SnippetLineRange", "SnippetName", "SnippetSPDXID", "ValidUntilDate", "NOASSERTION",
        "NONE",
    ]
}
