import Bytes

// DESIGN. Both forms of an upload are read here: the members of the JSON object, or the fields of the form, under the
// same names. Fields without a meaning in Waybill (`projectTags`, `isLatest`, `parentVersion`, `classifier`, …) are
// ignored.

/// The fields of an upload.
struct UploadFields: Equatable {
    /// A project's token in lower case, or its UUID form.
    var project: String?
    /// The name of the project with its version, as in reports.
    var projectName: String?
    /// If the request names no project: the version to append to the document's own name.
    var projectVersion: String?
    /// The name of the uploaded file, which becomes the project's name when nothing else names it.
    var fileName = ""
    /// The token of the organization, needed when the key is valid in several.
    var organization: String?
    var isToBeMade = false
    /// A product's token in lower case, or its UUID form.
    var parent: String?
    var parentName: String?

    /// The names of the fields that are read.
    static let names: Set<String> = [
        "project", "projectName", "projectVersion", "autoCreate", "parentUUID", "parentName", "orgToken",
    ]
    /// The longest name, in bytes of UTF-8.
    static let nameLimit = 255

    /// Whether no field names the destination of the upload.
    var isAboutAll: Bool { project == nil && projectName == nil && parent == nil && parentName == nil }

    /// - Parameters:
    ///   - isStatement: whether the document is about vulnerabilities (VEX); such a document may itself name its
    ///     subjects.
    ///   - text: returns a field without blanks at its ends; nil when the field is absent or empty.
    init(isStatement: Bool = false, _ text: (String) throws -> String?) throws {
        project = try text("project").map { try Self.identifier($0, of: "project") }
        parent = try text("parentUUID").map { try Self.identifier($0, of: "parentUUID") }
        parentName = try text("parentName").map { try Self.name($0, of: "parentName") }
        organization = try text("orgToken").map { try Self.identifier($0, of: "orgToken") }
        let version = try text("projectVersion").map { try Self.name($0, of: "projectVersion") }
        if let name = try text("projectName") {
            projectName = try Self.name(name, of: "projectName") + (version.map { " - \($0)" } ?? "")
        } else {
            projectVersion = version
        }
        switch try text("autoCreate")?.lowercased() {
        case nil, "false": isToBeMade = false
        case "true": isToBeMade = true
        case .some(let other): throw UploadError.invalid("autoCreate", value: other, accepted: "true or false")
        }
        // If the product is named, the document itself may provide the name of the project.
        let isNamedInside = isStatement ? isAboutAll : isToBeMade && (parent != nil || parentName != nil)
        guard project != nil || projectName != nil || isNamedInside else {
            throw UploadError.invalid(
                "projectName", value: "",
                accepted: """
                    a name, or the token of a project as project; or nothing beside autoCreate and parentName, for the name that \
                    the document gives
                    """)
        }
    }

    private static func identifier(_ text: String, of field: String) throws -> String {
        let text = text.lowercased()
        let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }
        let isHexadecimal = digits.allSatisfy(\.isHexadecimalDigit)
        let hyphens = text.utf8.enumerated().filter { $0.element == UInt8(ascii: "-") }.map(\.offset)
        let isUUID = text.utf8.count == 36 && hyphens == [8, 13, 18, 23]
        guard isHexadecimal, isUUID || text.utf8.count == 64 && hyphens.isEmpty else {
            throw UploadError.invalid(field, value: text, accepted: "a token of 64 characters, or its form as a UUID")
        }
        return text
    }

    private static func name(_ text: String, of field: String) throws -> String {
        // Control characters would break the files and terminals that show names.
        let isPrintable = !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
        guard isPrintable, text.utf8.count <= nameLimit else {
            throw UploadError.invalid(
                field, value: text, accepted: "1 to \(nameLimit) bytes of text without control characters")
        }
        return text
    }
}
