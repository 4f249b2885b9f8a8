import Bytes

// DESIGN. All standards share one model. A document is not a tree in memory. Readers pass its parts to a
// `BOMReceiver` as they meet them; writers take the parts in a fixed order (document, components, dependencies,
// vulnerabilities). So a bill of a million components needs memory for one component and for the graph of references.

/// The facts of a bill of materials about itself.
package struct BOMDocument: Sendable, Equatable {
    /// The standards that Waybill reads or writes.
    package enum Standard: String, Sendable {
        case cycloneDX = "CycloneDX"
        case spdx = "SPDX"
    }

    package var standard: Standard
    /// The version of the standard, as "1.5" or "2.3".
    package var version: String
    /// The document's name in SPDX; the name of the described component in CycloneDX.
    package var name = ""
    /// CycloneDX serial number (`urn:uuid:…`) or SPDX document namespace.
    package var identifier = ""
    /// CycloneDX `version`, which counts the editions of one serial number; in SPDX always 1.
    package var edition = 1
    /// The time of creation as the document spells it (RFC 3339), or empty.
    package var created = ""
    package var creators: [Agent] = []
    /// The tools that made the document, as "name-version".
    package var tools: [String] = []
    package var comment = ""
    package var dataLicense = ""
    /// The references of the components that the document describes (CycloneDX `metadata.component`, SPDX DESCRIBES).
    package var describes: [String] = []
    /// Texts of licences outside the SPDX list: SPDX `hasExtractedLicensingInfos`.
    package var extractedLicenses: [ExtractedLicense] = []
    package var properties: [Property] = []
    /// The facts without a field of their own, as one JSON object in the words of the document's standard; empty if none.
    package var extra = ""

    package init(standard: Standard, version: String) {
        self.standard = standard
        self.version = version
    }
}

/// A person, an organization or a tool with a role in something.
package struct Agent: Sendable, Equatable {
    package enum Kind: String, Sendable { case person, organization, tool }
    package var kind: Kind
    package var name: String
    package var email = ""
    package var urls: [String] = []

    package init(_ kind: Kind, name: String, email: String = "", urls: [String] = []) {
        self.kind = kind
        self.name = name
        self.email = email
        self.urls = urls
    }
}

/// The text behind a `LicenseRef-`.
package struct ExtractedLicense: Sendable, Equatable {
    package var id: String
    package var name = ""
    package var text = ""
    package var urls: [String] = []
    package var comment = ""

    package init(id: String) { self.id = id }

    /// The SHA-256 of the text in hexadecimal; empty where the text only repeats the name or the id.
    package var digest: String {
        let isName = text.isBlank || text == name || "LicenseRef-" + text == id
        return isName ? "" : Digest.of(Array(text.utf8), .sha256).hexadecimal
    }
}

/// A piece of software, of hardware or of data that a document lists.
package struct Component: Sendable, Equatable {
    /// CycloneDX component types (1.6, `components[].type`); SPDX purposes are mapped to them.
    package enum Kind: String, Sendable, CaseIterable {
        case application, framework, library, container, platform, device, firmware, file, data
        case operatingSystem = "operating-system"
        case deviceDriver = "device-driver"
        case machineLearningModel = "machine-learning-model"
        case cryptographicAsset = "cryptographic-asset"
        case source, archive, install, other
        case service
    }

    /// The name of the component inside its document; unique there once a reader has passed it on.
    package var ref: String
    package var kind = Kind.library
    package var group = ""
    package var name: String
    package var version = ""
    /// The package URL in the spelling of the document, or empty.
    package var purl = ""
    package var cpes: [String] = []
    package var supplier: Agent?
    /// The originator in SPDX, the manufacturer in CycloneDX.
    package var originator: Agent?
    package var author = ""
    package var publisher = ""
    package var description = ""
    package var summary = ""
    package var comment = ""
    package var copyright = ""
    package var homepage = ""
    package var downloadLocation = ""
    package var fileName = ""
    package var sourceInfo = ""
    package var hashes: [Hash] = []
    /// The licences that the supplier declares, in the order of the document.
    package var licenses: [LicenseClaim] = []
    /// The licences that an analysis concluded; empty when the document does not say.
    package var concludedLicenses: [LicenseClaim] = []
    package var licenseComment = ""
    /// Texts to repeat wherever the component is used.
    package var attributionTexts: [String] = []
    package var externalReferences: [ExternalReference] = []
    package var properties: [Property] = []
    /// CycloneDX scope: `required`, `optional`, `excluded`, or empty.
    package var scope = ""
    /// The paths at which the component was found.
    package var locations: [String] = []
    package var releaseDate = ""
    /// The reference of the component that contains this one, when nested.
    package var parent: String?
    /// The facts without a field of their own, as one JSON object in the words of the document's standard; empty if there
    /// are none.
    package var extra = ""

    package init(ref: String, name: String) {
        self.ref = ref
        self.name = name
    }
}

/// A digest. A digest, whose algorithm is named in the spelling of CycloneDX: `SHA-1`, `SHA-256`, `MD5`,
/// `BLAKE2b-256`, …
package struct Hash: Sendable, Equatable {
    package var algorithm: String
    /// Lower-case hexadecimal.
    package var value: String

    package init(algorithm: String, value: String) {
        self.algorithm = algorithm
        self.value = value
    }
}

/// One licence statement, unchanged from the document.
package struct LicenseClaim: Sendable, Equatable {
    package enum Form: Sendable, Hashable {
        /// An identifier of the SPDX licence list.
        case id(String)
        /// A free name.
        case name(String)
        /// An SPDX expression.
        case expression(String)
        /// SPDX NONE: the component has no licence.
        case none
        /// SPDX NOASSERTION: the document makes no statement.
        case noAssertion
    }
    package var form: Form
    package var text = ""
    package var url = ""
    /// The document's declarations of its `LicenseRef-`s.
    package var references: [LicenseReference] = []

    package init(_ form: Form, text: String = "", url: String = "") {
        self.form = form
        self.text = text
        self.url = url
    }
}

/// A `LicenseRef-` of a claim with its declaration in the claim's document, because the same id means another licence
/// elsewhere.
package struct LicenseReference: Sendable, Hashable {
    package var id: String
    /// The document's name for it; empty if the name only repeats the id.
    package var name = ""
    /// The SHA-256 of the text in hexadecimal; empty where the text only repeats the name.
    package var digest = ""

    package init(id: String, name: String = "", digest: String = "") {
        self.id = id
        self.name = name
        self.digest = digest
    }

    package init(_ license: ExtractedLicense) {
        id = license.id
        let tail = license.id.hasPrefix("LicenseRef-") ? license.id.dropFirst(11) : license.id[...]
        if !license.name.isBlank, license.name != tail { name = license.name }
        digest = license.digest
    }

    /// The references in an expression, each once, with their declarations.
    package static func mentioned(in text: String, of declared: [String: LicenseReference]) -> [LicenseReference] {
        if declared.isEmpty { return [] }
        var seen = Set<Substring>()
        return text.split { !($0.isLetter || $0.isNumber || "-._:".contains($0)) }.compactMap { word in
            seen.insert(word).inserted ? declared[String(word)] : nil
        }
    }
}

package struct ExternalReference: Sendable, Equatable {
    /// CycloneDX type (`vcs`, `website`, …), or the SPDX category and type joined by a blank (`SECURITY cpe23Type`).
    package var kind: String
    package var url: String
    package var comment = ""
    package var hashes: [Hash] = []

    package init(kind: String, url: String, comment: String = "") {
        self.kind = kind
        self.url = url
        self.comment = comment
    }
}

package struct Property: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// A source or binary file that a document lists below a package (SPDX `files`).
package struct SourceFile: Sendable, Equatable {
    package var ref: String
    package var path: String
    package var hashes: [Hash] = []
    /// The licences that are stated inside the file (SPDX `licenseInfoInFiles`).
    package var licenses: [LicenseClaim] = []
    /// The licences that an analysis concluded; empty when the document states none.
    package var concludedLicenses: [LicenseClaim] = []
    package var copyright = ""
    /// The reference of the package that contains the file. Empty when it is not known yet, because a document may
    /// state it later, by a dependency of kind `contains`.
    package var component = ""
    /// The facts without a field of their own, as one JSON object in the words of the document's standard; empty if there
    /// are none.
    package var extra = ""

    package init(ref: String, path: String) {
        self.ref = ref
        self.path = path
    }
}

/// An edge between two references.
package struct Dependency: Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// `from` needs `to` (CycloneDX `dependsOn`, SPDX DEPENDS_ON, and the reversed relationships).
        case dependsOn
        /// `from` contains `to` (SPDX CONTAINS; CycloneDX nesting).
        case contains
        /// Any other SPDX relationship; its name is in `label`.
        case other
    }
    package var from: String
    package var to: String
    package var kind: Kind
    /// The SPDX name of the relationship in the document, where `kind` does not express all of it.
    package var label = ""

    package init(from: String, to: String, kind: Kind = .dependsOn, label: String = "") {
        self.from = from
        self.to = to
        self.kind = kind
        self.label = label
    }
}

/// A vulnerability that a document mentions, with its author's findings (VEX).
package struct VulnerabilityClaim: Sendable, Equatable {
    package struct Rating: Sendable, Equatable {
        package var source = ""
        package var sourceURL = ""
        package var score: Double?
        /// `critical`, `high`, `medium`, `low`, `info`, `none`, `unknown`, or empty.
        package var severity = ""
        /// `CVSSv2`, `CVSSv3`, `CVSSv31`, `CVSSv4`, `OWASP`, `SSVC`, `other`, or empty.
        package var method = ""
        package var vector = ""
        /// The reason for the rating.
        package var justification = ""
        package init() {}
    }
    package struct Analysis: Sendable, Equatable {
        package var state = ""
        package var justification = ""
        package var responses: [String] = []
        package var detail = ""
        /// Times in the spelling of the document (RFC 3339), or empty.
        package var firstIssued = ""
        package var lastUpdated = ""
        package init() {}
    }
    /// An affected component (`ref`), optionally with one of its versions or a range, and a status.
    package struct Affected: Sendable, Equatable {
        package struct Version: Sendable, Equatable {
            package var version = ""
            package var range = ""
            /// `affected`, `unaffected`, `unknown`.
            package var status = "affected"
            package init() {}
        }
        package var ref: String
        package var versions: [Version] = []
        package init(ref: String) { self.ref = ref }
    }
    package var ref = ""
    package var id: String
    package var sourceName = ""
    package var sourceURL = ""
    package var aliases: [String] = []
    package var ratings: [Rating] = []
    /// The numbers of the weaknesses in CWE.
    package var weaknesses: [Int] = []
    package var description = ""
    package var detail = ""
    package var recommendation = ""
    /// A workaround for the time without a fix.
    package var workaround = ""
    package var advisories: [String] = []
    /// Titles of advisories, by their addresses.
    package var advisoryTitles: [String: String] = [:]
    package var created = ""
    package var published = ""
    package var updated = ""
    package var rejected = ""
    /// The people who found or reported the vulnerability.
    package var credits: [Agent] = []
    package var analysis: Analysis?
    package var affects: [Affected] = []
    package var properties: [Property] = []
    /// The members without a field in the model, as one JSON object in the words of the document's standard; empty when
    /// there are none.
    package var extra = ""

    package init(id: String) { self.id = id }
}
