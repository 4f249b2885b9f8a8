import Bytes

/// The versions of CycloneDX that Waybill writes. The mapping describes the newest version; an older one is the list of
/// features that it lacks.
package enum CycloneDXVersion: String, Sendable, CaseIterable, Comparable {
    case v14 = "1.4"
    case v15 = "1.5"
    case v16 = "1.6"

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// Since 1.5: tools are components, evidence has occurrences, the BOM has properties.
    var hasToolComponents: Bool { self >= .v15 }
    var hasOccurrences: Bool { self >= .v15 }
    var hasDocumentProperties: Bool { self >= .v15 }
    /// Since 1.5: vulnerabilities have a workaround and the time of their rejection, analyses have times.
    var hasWorkaround: Bool { self >= .v15 }
    /// Since 1.6: components have a manufacturer, licences say whether they are declared or concluded.
    var hasManufacturer: Bool { self >= .v16 }
    var hasAcknowledgement: Bool { self >= .v16 }

    /// The type of a component, or the nearest type of this version.
    func type(_ kind: Component.Kind) -> String {
        switch kind {
        case .application, .framework, .library, .container, .device, .firmware, .file, .operatingSystem:
            return kind.rawValue
        case .platform, .deviceDriver, .machineLearningModel, .data:
            if self >= .v15 { return kind.rawValue }
            return kind == .platform ? "framework" : kind == .deviceDriver ? "firmware" : "file"
        case .cryptographicAsset: return self >= .v16 ? kind.rawValue : self >= .v15 ? "data" : "file"
        case .source, .archive, .install: return "file"
        case .other: return "library"
        case .service: return "application"
        }
    }

    /// Whether a rating may have this method.
    func knows(method: String) -> Bool {
        switch method {
        case "CVSSv2", "CVSSv3", "CVSSv31", "OWASP", "other": true
        case "CVSSv4", "SSVC": self >= .v15
        default: false
        }
    }

    /// Whether an external reference may have this type.
    func knows(referenceType type: String) -> Bool {
        switch type {
        case "vcs", "issue-tracker", "website", "advisories", "bom", "mailing-list", "social", "chat", "documentation",
            "support", "distribution", "license", "build-meta", "build-system", "release-notes", "other":
            true
        case "distribution-intake", "security-contact", "model-card", "log", "configuration", "evidence", "formulation",
            "attestation", "threat-model", "adversary-model", "risk-assessment", "vulnerability-assertion",
            "exploitability-statement", "pentest-report", "static-analysis-report", "dynamic-analysis-report",
            "runtime-analysis-report", "component-analysis-report", "maturity-report", "certification-report",
            "codified-infrastructure", "quality-metrics", "poam":
            self >= .v15
        case "source-distribution", "electronic-signature", "digital-signature", "rfc-9116": self >= .v16
        default: false
        }
    }

    /// Whether `hashes` accepts the digest: `hash-alg` and the pattern of `hash-content` (equal in all three versions).
    func takes(_ hash: Hash) -> Bool {
        switch hash.algorithm {
        case "MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512", "SHA3-256", "SHA3-384", "SHA3-512", "BLAKE2b-256",
            "BLAKE2b-384", "BLAKE2b-512", "BLAKE3":
            [32, 40, 64, 96, 128].contains(hash.value.utf8.count) && hash.isHexadecimal
        default: false
        }
    }
}

extension Hash {
    var isHexadecimal: Bool {
        var text = value
        return text.withUTF8 { digits in !digits.isEmpty && digits.allSatisfy(\.isHexadecimalDigit) }
    }
}
