import Database

/// The options of an attribution.
struct AttributionSettings {
    let title: String
    let header: String
    let footer: String
    /// The name of a custom attribute.
    let attribute: String?
    let byComponent: Bool
    /// Whether each text stands once after all libraries, instead of beside each library.
    let hasAppendix: Bool
    /// Whether a missing text is replaced by its address, and whether its place stays empty.
    let namesMissing: Bool
    private let hidesMissing: Bool
    let includesVersions: Bool
    private let sections: Set<String>

    init(_ options: [String: [String]], format: Format, scope: ScopeFacts) {
        func one(_ key: String) -> String? { options[key]?.first }
        title = one("reporttitle") ?? "Attribution report for \(scope.name)"
        header = one("reportheader") ?? ""
        footer = one("reportfooter") ?? ""
        attribute = one("customattribute")
        byComponent = one("reportingaggregationmode") == "by_component"
        // Readers of the text and of the JSON look for licence texts beside the libraries; pages have links.
        let placement = one("licensereferencetextplacement")
        hasAppendix = placement == "appendix_section" || placement == nil && (format == .html || format == .pdf)
        namesMissing = one("missinglicensedisplayoption") == "generic_license"
        hidesMissing = one("missinglicensedisplayoption") == "blank"
        includesVersions = one("includeversions") != "false"
        sections = Set(
            options["reportingscope"] ?? ["summary", "licenses", "copyrights", "notices", "primary_attributes"])
    }

    /// The introduction of the list of missing texts.
    static let missingExplanation =
        "Add these texts before this document is given to anybody: it is not complete without them."

    func shows(_ section: String) -> Bool { sections.contains(section.lowercased()) }

    var showsDetail: Bool {
        ["LICENSES", "COPYRIGHTS", "NOTICES", "PRIMARY_ATTRIBUTES"].contains { shows($0) }
    }

    /// The lists after the libraries that the requested sections include.
    var lists: [AttributionList] { AttributionList.allCases.filter { shows($0.section) } }

    /// The parts of a page or a PDF, each with its anchor and title.
    ///
    /// - Parameters:
    ///   - hasMissingTexts: whether a text is missing.
    ///   - hasTexts: whether any text is known.
    func contents(hasMissingTexts: Bool, hasTexts: Bool) -> [(anchor: String, title: String)] {
        var entries: [(anchor: String, title: String)] = []
        if shows("SUMMARY") { entries.append(("summary", "Components by license")) }
        if showsDetail { entries.append(("components", "Components")) }
        entries += lists.map { (anchor: $0.anchor, title: $0.title) }
        if shows("LICENSES") {
            if hasMissingTexts { entries.append(("missing", "Text not known")) }
            if hasAppendix, hasTexts { entries.append(("texts", "Texts of the licenses")) }
        }
        return entries
    }

    /// The name of a library in the document. The file name contains the version.
    func label(_ library: AttributedLibrary) -> String {
        if includesVersions { return library.filename }
        return library.name.isEmpty ? library.filename : library.name
    }

    /// The expression of a library, if it shows more than the licences in effect: that there are several, or that a choice was
    /// made.
    func expression(_ library: AttributedLibrary) -> String? {
        library.expression.contains(" AND ") || library.hasChoice ? library.expression : nil
    }

    /// The placeholder of an unknown text.
    func missing(_ license: AttributedLibrary.License) -> String {
        "The text of \(license.label) is not known here." + (license.url.isEmpty ? "" : " See \(license.url)")
    }

    /// The replacement for an unknown licence text in the entry of a library; nil if all texts are known or the request wants
    /// no replacement.
    func gap(of license: AttributedLibrary.License) -> String? {
        guard license.lacksText, !hidesMissing else { return nil }
        return namesMissing ? missing(license) : "The text of this license is not here."
    }

    /// The text of a licence beside a library.
    func text(of license: AttributedLibrary.License) -> String {
        if !license.text.isEmpty { return license.text }
        return namesMissing && license.lacksText ? missing(license) : ""
    }
}

/// A list of libraries that the user has to check before shipping the document. The lists follow all libraries.
enum AttributionList: CaseIterable {
    case noLicense
    case noCopyright
    case choices
    case sources

    /// The value of `reportingScope` that includes the list.
    var section: String { self == .noCopyright ? "COPYRIGHTS" : "LICENSES" }

    var title: String {
        switch self {
        case .noLicense: "No license known"
        case .noCopyright: "No copyright known"
        case .choices: "Choice made"
        case .sources: "Source code of copyleft components"
        }
    }

    /// The anchor for links within a document.
    var anchor: String {
        switch self {
        case .noLicense: "no-license"
        case .noCopyright: "no-copyright"
        case .choices: "choices"
        case .sources: "sources"
        }
    }

    /// The meaning of the list for its reader.
    var explanation: String {
        switch self {
        case .noLicense: "Nobody has said under which license these components are."
        case .noCopyright: "No source names the holder of the copyright of these components."
        case .choices:
            """
            These components offer several licenses, or somebody put another in the place of the one that was found. What is taken here \
            stands behind the arrow, and who decided it behind that.
            """
        case .sources:
            """
            The licenses of these components ask whoever ships them to offer their source code. It is offered under the terms of the named \
            license at the download location that the component's document names. Where none is known, another offer has to be made.
            """
        }
    }

    /// Its key in JSON.
    var key: StaticString {
        switch self {
        case .noLicense: "noLicenseKnown"
        case .noCopyright: "noCopyrightKnown"
        case .choices: "choices"
        case .sources: "sourceOffers"
        }
    }

    /// Rows of `library l` that may belong to the list; `holds` decides about each.
    var condition: SQL {
        switch self {
        case .noLicense: "l.license_expression = ''"
        case .noCopyright: "1 = 1"
        case .choices:
            """
            (l.license_choice = 1 OR EXISTS (SELECT 1 FROM license_override v
                WHERE v.organization = l.organization AND v.library_uuid = l.uuid))
            """
        case .sources:
            """
            EXISTS (SELECT 1 FROM library_license x JOIN license n ON n.id = x.license
                WHERE x.library = l.id AND x.chosen = 1 AND n.risk_score >= 50)
            """
        }
    }

    func holds(_ library: AttributedLibrary) -> Bool {
        switch self {
        case .noLicense: library.licenses.isEmpty
        case .noCopyright: library.copyrights.isEmpty
        case .choices: library.offer != nil
        case .sources: library.isCopyleft
        }
    }
}
