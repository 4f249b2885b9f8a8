/// The sheets of the SPDX spreadsheet, in the layout that the SPDX Java tools read and write (spdx-java-spreadsheet-store).
enum SPDXSheet: Int, CaseIterable, Sendable {
    case documentInfo = 1
    case packageInfo, externalRefs, extractedLicenses, perFile, relationships, annotations, snippets

    /// The most rows of a sheet including its heading (Excel's limit for ECMA-376).
    static let rowLimit = 1_048_576

    /// The path in the workbook.
    var path: String { "xl/worksheets/sheet\(rawValue).xml" }

    var title: StaticString {
        switch self {
        case .documentInfo: "Document Info"
        case .packageInfo: "Package Info"
        case .externalRefs: "External Refs"
        case .extractedLicenses: "Extracted License Info"
        case .perFile: "Per File Info"
        case .relationships: "Relationships"
        case .annotations: "Annotations"
        case .snippets: "Snippets"
        }
    }

    /// A heading, and the member of the JSON form below it; empty for a column without content.
    struct Column: Sendable {
        let title: StaticString
        let member: StaticString

        init(_ title: StaticString, _ member: StaticString = "") {
            self.title = title
            self.member = member
        }
    }

    func columns(_ version: SPDXVersion) -> [Column] {
        switch self {
        case .documentInfo: Self.documentColumns
        case .packageInfo:
            Self.packageColumns + (version.hasPurpose ? Self.laterColumns : []) + [Column("User Defined Columns...")]
        case .externalRefs:
            [
                Column("Package ID", "package"), Column("Category", "referenceCategory"),
                Column("Type", "referenceType"), Column("Locator", "referenceLocator"), Column("Comment", "comment"),
                Column("User Defined ..."),
            ]
        case .extractedLicenses:
            [
                Column("Identifier", "licenseId"), Column("Extracted Text", "extractedText"),
                Column("License Name", "name"), Column("Cross Reference URLs", "seeAlsos"),
                Column("Comment", "comment"), Column("User Defined Columns..."),
            ]
        case .perFile: Self.fileColumns
        case .relationships:
            [
                Column("SPDX Identifier A", "spdxElementId"), Column("Relationship", "relationshipType"),
                Column("SPDX Identifier B", "relatedSpdxElement"), Column("Relationship Comment", "comment"),
                Column("Optional User Defined Columns..."),
            ]
        case .annotations:
            [
                Column("SPDX Identifier being Annotated"), Column("Annotation Comment"), Column("Annotation Date"),
                Column("Annotator"), Column("Annotation Type"), Column("Optional User Defined Columns..."),
            ]
        case .snippets: Self.snippetColumns
        }
    }

    private static let documentColumns = [
        Column("Spreadsheet Version", "spreadsheetVersion"), Column("SPDX Version", "spdxVersion"),
        Column("Data License", "dataLicense"), Column("SPDX Identifier", "SPDXID"),
        Column("License List Version", "licenseListVersion"), Column("Document Name", "name"),
        Column("Document Namespace", "documentNamespace"), Column("Document Contents", "describes"),
        Column("External Document References"), Column("Document Comment", "comment"), Column("Creator", "creators"),
        Column("Created", "created"), Column("Creator Comment"), Column("Optional User Defined Columns..."),
    ]
    private static let packageColumns = [
        Column("Package Name", "name"), Column("SPDX Identifier", "SPDXID"), Column("Package Version", "versionInfo"),
        Column("Package FileName", "packageFileName"), Column("Package Supplier", "supplier"),
        Column("Package Originator", "originator"), Column("Home Page", "homepage"),
        Column("Package Download Location", "downloadLocation"), Column("Package Checksum", "checksums"),
        Column("Package Verification Code"), Column("Verification Code Excluded Files"),
        Column("Source Info", "sourceInfo"), Column("License Declared", "licenseDeclared"),
        Column("License Concluded", "licenseConcluded"), Column("License Info From Files"),
        Column("License Comments", "licenseComments"), Column("Package Copyright Text", "copyrightText"),
        Column("Summary", "summary"), Column("Description", "description"),
        Column("Attribution Text", "attributionTexts"), Column("Files Analyzed", "filesAnalyzed"),
        Column("Comments", "comment"),
    ]
    private static let laterColumns = [
        Column("Primary Purpose", "primaryPackagePurpose"), Column("Release Date", "releaseDate"), Column("Built Date"),
        Column("Valid Until Date"),
    ]
    private static let fileColumns = [
        Column("File Name"), Column("SPDX Identifier"), Column("Package Identifier"), Column("File Type(s)"),
        Column("File Checksum(s)"), Column("License Concluded"), Column("License Info in File"),
        Column("License Comments"), Column("File Copyright Text"), Column("Notice Text"), Column("Artifact of Project"),
        Column("Artifact of Homepage"), Column("Artifact of URL"), Column("Contributors"), Column("File Comment"),
        Column("File Dependencies"), Column("Attribution Text"), Column("User Defined Columns..."),
    ]
    private static let snippetColumns = [
        Column("ID"), Column("Name"), Column("From File ID"), Column("Byte Range"), Column("Line Range"),
        Column("License Concluded"), Column("License Info in Snippet"), Column("License Comments"),
        Column("Snippet Copyright Text"), Column("Comment"), Column("User Defined Columns..."),
    ]
}
