/// The versions of SPDX 2 that Waybill writes. The mapping describes the newest version; an older one is the list of
/// features that it lacks.
package enum SPDXVersion: String, Sendable, CaseIterable, Comparable {
    case v22 = "2.2"
    case v23 = "2.3"

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// Since 2.3: `primaryPackagePurpose`, `releaseDate`, and the SECURITY types `advisory`, `fix`, `url`, `swid`.
    var hasPurpose: Bool { self >= .v23 }
    var hasReleaseDate: Bool { self >= .v23 }
    var hasAdvisories: Bool { self >= .v23 }

    /// A category in the spelling of the JSON form: 2.2 with `_`, 2.3 with `-`.
    func category(_ name: String) -> String {
        self >= .v23 ? name : String(name.map { $0 == "-" ? "_" : $0 })
    }

    /// The name of a digest's algorithm; nil when the version lacks it or the value has the wrong length.
    func algorithm(_ hash: Hash) -> String? {
        guard hash.isHexadecimal else { return nil }
        let digits = hash.value.utf8.count
        switch hash.algorithm {
        case "SHA-1": return digits == 40 ? "SHA1" : nil
        case "SHA-224": return digits == 56 ? "SHA224" : nil
        case "SHA-256": return digits == 64 ? "SHA256" : nil
        case "SHA-384": return digits == 96 ? "SHA384" : nil
        case "SHA-512": return digits == 128 ? "SHA512" : nil
        case "MD2", "MD4", "MD5": return digits == 32 ? hash.algorithm : nil
        case "MD6": return digits <= 128 ? "MD6" : nil
        case "SHA3-256", "BLAKE2b-256": return self >= .v23 && digits == 64 ? hash.algorithm : nil
        case "SHA3-384", "BLAKE2b-384": return self >= .v23 && digits == 96 ? hash.algorithm : nil
        case "SHA3-512", "BLAKE2b-512": return self >= .v23 && digits == 128 ? hash.algorithm : nil
        // SPDX leaves the length open, but the reference tools require at least 256 digits and otherwise refuse the
        // document.
        case "BLAKE3": return self >= .v23 && digits >= 256 ? "BLAKE3" : nil
        case "ADLER32": return self >= .v23 && digits == 8 ? "ADLER32" : nil
        default: return nil
        }
    }

    /// A component's kind as a purpose (2.3 §7.24).
    func purpose(_ kind: Component.Kind) -> String {
        switch kind {
        case .application, .service: "APPLICATION"
        case .framework, .platform: "FRAMEWORK"
        case .library: "LIBRARY"
        case .container: "CONTAINER"
        case .operatingSystem: "OPERATING_SYSTEM"
        case .device: "DEVICE"
        case .firmware: "FIRMWARE"
        case .file, .data: "FILE"
        case .source: "SOURCE"
        case .archive: "ARCHIVE"
        case .install: "INSTALL"
        case .deviceDriver, .machineLearningModel, .cryptographicAsset, .other: "OTHER"
        }
    }

    /// Whether this version has the `relationshipType` (2.3 §11.1; 2.2 lacks two).
    func knows(relationship name: String) -> Bool {
        switch name {
        case "REQUIREMENT_DESCRIPTION_FOR", "SPECIFICATION_FOR": self >= .v23
        case "DESCRIBES", "DESCRIBED_BY", "CONTAINS", "CONTAINED_BY", "DEPENDS_ON", "DEPENDENCY_OF",
            "DEPENDENCY_MANIFEST_OF", "BUILD_DEPENDENCY_OF", "DEV_DEPENDENCY_OF", "OPTIONAL_DEPENDENCY_OF",
            "PROVIDED_DEPENDENCY_OF", "TEST_DEPENDENCY_OF", "RUNTIME_DEPENDENCY_OF", "EXAMPLE_OF", "GENERATES",
            "GENERATED_FROM", "ANCESTOR_OF", "DESCENDANT_OF", "VARIANT_OF", "DISTRIBUTION_ARTIFACT", "PATCH_FOR",
            "PATCH_APPLIED", "COPY_OF", "FILE_ADDED", "FILE_DELETED", "FILE_MODIFIED", "EXPANDED_FROM_ARCHIVE",
            "DYNAMIC_LINK", "STATIC_LINK", "DATA_FILE_OF", "TEST_CASE_OF", "BUILD_TOOL_OF", "DEV_TOOL_OF", "TEST_OF",
            "TEST_TOOL_OF", "DOCUMENTATION_OF", "OPTIONAL_COMPONENT_OF", "METAFILE_OF", "PACKAGE_OF", "AMENDS",
            "PREREQUISITE_FOR", "HAS_PREREQUISITE", "OTHER":
            true
        default: false
        }
    }
}
