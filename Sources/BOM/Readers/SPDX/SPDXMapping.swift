import Bytes
import Inventory

/// The part that all syntaxes of SPDX 2.x share: the mapping from the terms of the standard (2.3, clauses 6 to 12) to
/// the model.
enum SPDXMapping {
    static let documentID = "SPDXRef-DOCUMENT"

    /// The version that `spdxVersion` names, as "2.2"; nil for versions that are not supported. A third number counts
    /// the corrected editions of a version: SPDX-2.2.1 is the text of 2.2 as ISO/IEC 5962:2021.
    static func version(_ text: String) -> String? {
        guard text.hasPrefix("SPDX-") else { return nil }
        let numbers = text.dropFirst(5).split(separator: ".", omittingEmptySubsequences: false)
        let isEdition = numbers.count == 3 && !numbers[2].isEmpty && numbers[2].allSatisfy { "0"..."9" ~= $0 }
        guard numbers.count == 2 || isEdition else { return nil }
        let version = numbers.prefix(2).joined(separator: ".")
        return ["2.1", "2.2", "2.3"].contains(version) ? version : nil
    }

    /// The text, or empty for NOASSERTION. NONE is kept, because it states that there is no licence.
    static func said(_ text: String) -> String { text == "NOASSERTION" ? "" : text }

    /// An agent: `Person: Jane Doe (jane@example.com)`, `Organization: …`, `Tool: …` (§6.8, §7.5); nil for
    /// NOASSERTION.
    static func agent(_ text: String) -> Agent? {
        guard text != "NOASSERTION", text != "NONE", !text.isEmpty else { return nil }
        let prefixes: [(String, Agent.Kind)] = [
            ("Organization:", .organization), ("Person:", .person), ("Tool:", .tool),
        ]
        var agent = Agent(.organization, name: text)
        for (prefix, kind) in prefixes where text.hasPrefix(prefix) {
            agent.kind = kind
            agent.name = text.dropFirst(prefix.count).trimmingBlanks()
        }
        if agent.kind != .tool, agent.name.hasSuffix(")"), let open = agent.name.lastIndex(of: "(") {
            agent.email = agent.name[agent.name.index(after: open)...].dropLast().trimmingBlanks()
            agent.name = agent.name[..<open].trimmingBlanks()
        }
        return agent.name.isEmpty || agent.name == "NOASSERTION" ? nil : agent
    }

    /// A licence field (§7.13, §7.15); no claim when it is empty.
    static func claims(_ text: String) -> [LicenseClaim] {
        text.isEmpty ? [] : [LicenseClaim(form(withoutLicense: text) ?? .expression(text))]
    }

    /// The meaning of NONE and NOASSERTION; nil for other texts.
    static func form(withoutLicense text: String) -> LicenseClaim.Form? {
        guard LicenseMeaning.isNothing(text) else { return nil }
        return text.utf8.count == 4 ? LicenseClaim.Form.none : .noAssertion
    }

    /// A package purpose (§7.24); nil when the standard has no such purpose.
    static func kind(_ purpose: String) -> Component.Kind? {
        switch purpose.uppercased() {
        case "APPLICATION": .application
        case "FRAMEWORK": .framework
        case "LIBRARY": .library
        case "CONTAINER": .container
        case "OPERATING-SYSTEM", "OPERATING_SYSTEM": .operatingSystem
        case "DEVICE": .device
        case "FIRMWARE": .firmware
        case "SOURCE": .source
        case "ARCHIVE": .archive
        case "FILE": .file
        case "INSTALL": .install
        case "OTHER": .other
        default: nil
        }
    }

    /// Stores one external reference (§7.21) in the field of the model that fits it.
    static func add(category: String, type: String, locator: String, comment: String, to component: inout Component) {
        guard !locator.isEmpty else { return }
        let name = type.hasPrefix("http://spdx.org/rdf/references/") ? String(type.dropFirst(31)) : type
        switch name {
        case "purl" where component.purl.isEmpty: component.purl = locator
        case "cpe22Type", "cpe23Type": component.cpes.append(locator)
        default:
            let category = String(category.map { $0 == "_" ? "-" : $0 })
            component.externalReferences.append(
                ExternalReference(kind: "\(category) \(type)", url: locator, comment: comment))
        }
    }

    /// The form of a relationship in the model (§11.1, table 68).
    enum Meaning {
        case describes(isReversed: Bool)
        case edge(Dependency.Kind, isReversed: Bool, label: String)
    }

    /// The meaning of a relationship's name; nil when the standard has no such name.
    static func meaning(_ name: String) -> Meaning? {
        switch name {
        case "DESCRIBES": .describes(isReversed: false)
        case "DESCRIBED_BY": .describes(isReversed: true)
        case "CONTAINS": .edge(.contains, isReversed: false, label: "")
        case "CONTAINED_BY": .edge(.contains, isReversed: true, label: "")
        case "DEPENDS_ON": .edge(.dependsOn, isReversed: false, label: "")
        case "DEPENDENCY_OF": .edge(.dependsOn, isReversed: true, label: "")
        case "BUILD_DEPENDENCY_OF", "DEV_DEPENDENCY_OF", "OPTIONAL_DEPENDENCY_OF", "PROVIDED_DEPENDENCY_OF",
            "RUNTIME_DEPENDENCY_OF", "TEST_DEPENDENCY_OF":
            .edge(.dependsOn, isReversed: true, label: name)
        case "DEPENDENCY_MANIFEST_OF", "GENERATES", "GENERATED_FROM", "ANCESTOR_OF", "DESCENDANT_OF", "VARIANT_OF",
            "DISTRIBUTION_ARTIFACT", "PATCH_FOR", "PATCH_APPLIED", "COPY_OF", "FILE_ADDED", "FILE_DELETED",
            "FILE_MODIFIED", "EXPANDED_FROM_ARCHIVE", "DYNAMIC_LINK", "STATIC_LINK", "DATA_FILE_OF", "TEST_CASE_OF",
            "BUILD_TOOL_OF", "DEV_TOOL_OF", "TEST_OF", "TEST_TOOL_OF", "DOCUMENTATION_OF", "OPTIONAL_COMPONENT_OF",
            "METAFILE_OF", "PACKAGE_OF", "AMENDS", "PREREQUISITE_FOR", "HAS_PREREQUISITE", "EXAMPLE_OF",
            "REQUIREMENT_DESCRIPTION_FOR", "SPECIFICATION_FOR", "OTHER":
            .edge(.other, isReversed: false, label: name)
        default: nil
        }
    }
}
