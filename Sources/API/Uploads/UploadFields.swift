import Bytes

// DESIGN. Both forms of an upload end here: the members of the JSON object, or the fields of the form, under the same
// names. Fields that Waybill has no place for (`projectTags`, `isLatest`, `parentVersion`, `classifier`, …) are
// ignored.

/// The fields of an upload.
struct UploadFields: Equatable {
    /// A project's token, or the UUID form of it, in lower case.
    var project: String?
    /// The name of the project with its version, as reports show it.
    var projectName: String?
    var isToBeMade = false
    /// A product's token, or the UUID form of it, in lower case.
    var parent: String?
    var parentName: String?

    /// The names of the fields that are looked at.
    static let names: Set<String> = [
        "project", "projectName", "projectVersion", "autoCreate", "parentUUID", "parentName",
    ]
    /// The longest name, in bytes of UTF-8.
    static let nameLimit = 255

    /// - Parameter text: gives a field without blanks at its ends; nil when it is absent or empty.
    init(_ text: (String) throws -> String?) throws {
        project = try text("project").map { try Self.identifier($0, of: "project") }
        parent = try text("parentUUID").map { try Self.identifier($0, of: "parentUUID") }
        parentName = try text("parentName").map { try Self.name($0, of: "parentName") }
        if let name = try text("projectName") {
            let version = try text("projectVersion").map { try Self.name($0, of: "projectVersion") }
            projectName = try Self.name(name, of: "projectName") + (version.map { " - \($0)" } ?? "")
        }
        switch try text("autoCreate")?.lowercased() {
        case nil, "false": isToBeMade = false
        case "true": isToBeMade = true
        case .some(let other): throw UploadError.invalid("autoCreate", value: other, accepted: "true or false")
        }
        guard project != nil || projectName != nil else {
            throw UploadError.invalid(
                "projectName", value: "", accepted: "a name, or the token of a project as project")
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
        // Control characters break the files and terminals in which names are shown.
        let isPrintable = !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
        guard isPrintable, text.utf8.count <= nameLimit else {
            throw UploadError.invalid(
                field, value: text, accepted: "1 to \(nameLimit) bytes of text without control characters")
        }
        return text
    }
}
