/// The tags of SPDX 2.x tag-value (spdx-spec 2.3, clauses 6 to 13): the object of each, and its member in the JSON
/// form.
enum TagTable {
    /// The object that a tag belongs to.
    enum Section: Hashable {
        case document, creation, package, file, snippet, license, relationship, annotation, review
        /// An identifier was read, but its object is not known yet.
        case unknown
    }

    /// The form of a tag's value in JSON.
    enum Value {
        /// A member with this name. `begins` marks the tag that begins its section.
        case text(String, begins: Bool = false)
        case boolean(String)
        /// An element of the array with this name.
        case element(of: String)
        /// An element of `checksums`: `SHA1: 0123…`.
        case checksum
        /// An element of `externalRefs`: `CATEGORY type locator`; a comment may follow.
        case externalReference
        case externalReferenceComment
        /// A verification code: `d6a7… (excludes: ./a, ./b)`.
        case verificationCode
        /// A reference to another document: `DocumentRef-x https://… SHA1: 0123…`.
        case externalDocument
        /// A relationship: `SPDXRef-a CONTAINS SPDXRef-b`.
        case relationship
        /// Tags that the JSON form lacks or no reader uses.
        case ignored
    }

    /// The tag's definition for the current section.
    static let identifier = "SPDXID"

    static let tags: [String: (section: Section, value: Value)] = {
        var tags: [String: (section: Section, value: Value)] = [:]
        func add(_ section: Section, _ list: [(String, Value)]) {
            for (tag, value) in list { tags[tag] = (section, value) }
        }
        add(
            .document,
            [
                ("SPDXVersion", .text("spdxVersion")), ("DataLicense", .text("dataLicense")),
                ("DocumentName", .text("name")), ("DocumentNamespace", .text("documentNamespace")),
                ("DocumentComment", .text("comment")), ("ExternalDocumentRef", .externalDocument),
            ])
        add(
            .creation,
            [
                ("LicenseListVersion", .text("licenseListVersion")), ("Creator", .element(of: "creators")),
                ("Created", .text("created")), ("CreatorComment", .text("comment")),
            ])
        add(
            .package,
            [
                ("PackageName", .text("name", begins: true)), ("PackageVersion", .text("versionInfo")),
                ("PackageFileName", .text("packageFileName")), ("PackageSupplier", .text("supplier")),
                ("PackageOriginator", .text("originator")), ("PackageDownloadLocation", .text("downloadLocation")),
                ("FilesAnalyzed", .boolean("filesAnalyzed")), ("PackageVerificationCode", .verificationCode),
                ("PackageChecksum", .checksum), ("PackageHomePage", .text("homepage")),
                ("PackageSourceInfo", .text("sourceInfo")), ("PackageLicenseConcluded", .text("licenseConcluded")),
                ("PackageLicenseInfoFromFiles", .element(of: "licenseInfoFromFiles")),
                ("PackageLicenseDeclared", .text("licenseDeclared")),
                ("PackageLicenseComments", .text("licenseComments")), ("PackageCopyrightText", .text("copyrightText")),
                ("PackageSummary", .text("summary")), ("PackageDescription", .text("description")),
                ("PackageComment", .text("comment")), ("ExternalRef", .externalReference),
                ("ExternalRefComment", .externalReferenceComment),
                ("PackageAttributionText", .element(of: "attributionTexts")),
                ("PrimaryPackagePurpose", .text("primaryPackagePurpose")), ("ReleaseDate", .text("releaseDate")),
                ("BuiltDate", .text("builtDate")), ("ValidUntilDate", .text("validUntilDate")),
            ])
        add(
            .file,
            [
                ("FileName", .text("fileName", begins: true)), ("FileType", .element(of: "fileTypes")),
                ("FileChecksum", .checksum), ("LicenseConcluded", .text("licenseConcluded")),
                ("LicenseInfoInFile", .element(of: "licenseInfoInFiles")),
                ("LicenseComments", .text("licenseComments")), ("FileCopyrightText", .text("copyrightText")),
                ("FileComment", .text("comment")), ("FileNotice", .text("noticeText")),
                ("FileContributor", .element(of: "fileContributors")),
                ("FileAttributionText", .element(of: "attributionTexts")),
                ("FileDependency", .element(of: "fileDependencies")), ("ArtifactOfProjectName", .ignored),
                ("ArtifactOfProjectHomePage", .ignored), ("ArtifactOfProjectURI", .ignored),
            ])
        add(
            .snippet,
            [
                ("SnippetSPDXID", .text("SPDXID", begins: true)), ("SnippetFromFileSPDXID", .text("snippetFromFile")),
                ("SnippetByteRange", .ignored), ("SnippetLineRange", .ignored),
                ("SnippetLicenseConcluded", .text("licenseConcluded")),
                ("LicenseInfoInSnippet", .element(of: "licenseInfoInSnippets")),
                ("SnippetLicenseComments", .text("licenseComments")),
                ("SnippetCopyrightText", .text("copyrightText")), ("SnippetComment", .text("comment")),
                ("SnippetName", .text("name")), ("SnippetAttributionText", .element(of: "attributionTexts")),
            ])
        add(
            .license,
            [
                ("LicenseID", .text("licenseId", begins: true)), ("ExtractedText", .text("extractedText")),
                ("LicenseName", .text("name")), ("LicenseCrossReference", .element(of: "seeAlsos")),
                ("LicenseComment", .text("comment")),
            ])
        add(.relationship, [("Relationship", .relationship), ("RelationshipComment", .ignored)])
        add(
            .annotation,
            [
                ("Annotator", .text("annotator", begins: true)), ("AnnotationDate", .text("annotationDate")),
                ("AnnotationType", .text("annotationType")), ("SPDXREF", .ignored),
                ("AnnotationComment", .text("comment")),
            ])
        add(
            .review,
            [
                ("Reviewer", .text("reviewer", begins: true)), ("ReviewDate", .text("reviewDate")),
                ("ReviewComment", .text("comment")),
            ])
        return tags
    }()
}
