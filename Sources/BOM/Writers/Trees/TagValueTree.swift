package import Bytes
import Glibc

// DESIGN. Tag-value (SPDX 2.3 clause 4.4 and the tags of clauses 6 to 11) is flat: the kind of an object decides the tag of
// a member. Objects that become one line (checksums, references, relationships) wait until they are complete. Tag-value has
// no escape for `</text>`, so a blank is inserted into it. Names that look like a tag, an agent or a time cannot be escaped
// either, so they get quotation marks.

/// An SPDX document as tag-value.
package struct TagValueTree: TreeWriter {
    private enum Section: UInt, Sendable {
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
    private struct Tag: Sendable {
        let name: StaticString
        /// Whether the value may have several lines.
        var isText = false
        /// Whether readers interpret the value.
        var isWord = false
    }

    /// The tag for a word of the program, found by the word's address in memory: equal addresses mean equal words.
    private struct Known: Sendable {
        var word: UInt = 0
        var section = Section.document
        var tag: Tag?
    }

    private var sections: [Section] = []
    /// The members of an object that becomes one line.
    private var parts: [(name: StaticString, value: String)] = []
    /// The tags that were looked up; word and section choose the slot, and the last tag stays in it.
    private var known = [Known](repeating: Known(), count: 256)
    /// The section of each object name.
    private var knownSections: [UInt: Section] = [:]
    package private(set) var losses: [BOMLoss: Int] = [:]

    package init() {}

    package mutating func beginObject(_ name: TreeName, to out: inout ByteSink) {
        let word = UInt(bitPattern: name.plain.utf8Start)
        if knownSections[word] == nil { knownSections[word] = Section(name.plain) }
        let section = knownSections[word] ?? .document
        sections.append(section)
        if section == .package || section == .license { out.append(UInt8(ascii: "\n")) }
    }

    package mutating func endObject(to out: inout ByteSink) {
        switch sections.removeLast() {
        case .document, .creation, .package, .license: return
        case .checksum:
            out.append("PackageChecksum: ")
            out.append(raw: part("algorithm"))
            out.append(": ")
            out.append(raw: broken(part("checksumValue")))
            out.append(UInt8(ascii: "\n"))
        case .reference:
            // The categories have hyphens here in all versions.
            var category = part("referenceCategory")
            if category.utf8.contains(UInt8(ascii: "_")) { category = category.replacing("_", with: "-") }
            line("ExternalRef", category, part("referenceType"), part("referenceLocator"), to: &out)
            if case let comment = part("comment"), !comment.isEmpty {
                write(Tag(name: "ExternalRefComment", isText: true), comment, to: &out)
            }
        case .relationship:
            line(
                "Relationship", part("spdxElementId"), part("relationshipType"), part("relatedSpdxElement"), to: &out)
            if case let comment = part("comment"), !comment.isEmpty {
                write(Tag(name: "RelationshipComment", isText: true), comment, to: &out)
            }
        }
        parts.removeAll(keepingCapacity: true)
    }

    private func part(_ name: StaticString) -> String {
        parts.first { $0.name.isSame(as: name) }?.value ?? ""
    }

    /// A line of three words.
    private mutating func line(
        _ tag: StaticString, _ first: String, _ second: String, _ third: String, to out: inout ByteSink
    ) {
        out.append(tag)
        out.append(": ")
        out.append(raw: broken(first))
        out.append(UInt8(ascii: " "))
        out.append(raw: broken(second))
        out.append(UInt8(ascii: " "))
        out.append(raw: broken(third))
        out.append(UInt8(ascii: "\n"))
    }

    package mutating func beginList(_ name: TreeName, to out: inout ByteSink) {
        if name.plain.isSame(as: "relationships") { out.append(UInt8(ascii: "\n")) }
    }

    package mutating func endList(to out: inout ByteSink) {}

    package mutating func field(_ name: TreeName, _ value: String, to out: inout ByteSink) {
        guard let section = sections.last else { return }
        switch section {
        case .checksum, .reference, .relationship: parts.append((name.plain, value))
        case .document, .creation, .package, .license:
            let word = UInt(bitPattern: name.plain.utf8Start)
            // The upper bits of a product with 2^64 divided by the golden ratio, which spreads neighbours far apart.
            let place = Int(((word &+ section.rawValue) &* 0x9e37_79b9_7f4a_7c15) >> 56)
            if known[place].word != word || known[place].section != section {
                known[place] = Known(word: word, section: section, tag: Self.tag(name.plain.description, in: section))
            }
            if let tag = known[place].tag { write(tag, value, to: &out) }
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
            // Neither the specification nor its reference parser allows such values between marks.
            losses[.word, default: 0] += 1
            out.append(raw: "\"\(value)\"\n")
        } else {
            out.append(raw: broken(value))
            out.append(UInt8(ascii: "\n"))
        }
    }

    /// Whether readers would mistake a value of one line for a tag, a word, a time or an agent (as spdx-tools does).
    private static func isMistaken(_ value: String, in tag: Tag) -> Bool {
        guard tag.isWord else { return false }
        // Nearly all values end here, because tags and words begin with a capital letter.
        guard let first = value.utf8.first else { return false }
        guard (48...57).contains(first) || (65...90).contains(first) else { return false }
        if (48...57).contains(first) {
            return value.utf8.contains(UInt8(ascii: "T")) && value.utf8.contains(UInt8(ascii: "Z"))
        }
        if let colon = value.utf8.firstIndex(of: UInt8(ascii: ":")) {
            return prefixes.contains(String(value[..<colon]))
        }
        return tags.contains(value)
    }

    /// The text with a blank inserted into the marks that would end it.
    private mutating func broken(_ value: String) -> String {
        var text = value
        let hasMark = text.withUTF8 { bytes in
            bytes.baseAddress.flatMap { memchr($0, Int32(UInt8(ascii: "<")), bytes.count) } != nil
        }
        guard hasMark else { return value }
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
        "name": Tag(name: "DocumentName", isWord: true), "documentNamespace": Tag(name: "DocumentNamespace"),
        "comment": Tag(name: "DocumentComment", isText: true),
    ]
    private static let creation: [String: Tag] = [
        "created": Tag(name: "Created"), "creators": Tag(name: "Creator"),
        "licenseListVersion": Tag(name: "LicenseListVersion"), "comment": Tag(name: "CreatorComment", isText: true),
    ]
    private static let package: [String: Tag] = [
        "name": Tag(name: "PackageName", isWord: true), "SPDXID": Tag(name: "SPDXID"),
        "versionInfo": Tag(name: "PackageVersion", isWord: true),
        "packageFileName": Tag(name: "PackageFileName", isWord: true), "supplier": Tag(name: "PackageSupplier"),
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
        "name": Tag(name: "LicenseName", isWord: true), "seeAlsos": Tag(name: "LicenseCrossReference"),
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
