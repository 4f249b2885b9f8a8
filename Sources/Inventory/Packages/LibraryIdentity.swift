// DESIGN. Generators describe one package in different words: with or without a digest, the address of the repository, or
// the usual packaging. People's decisions about a library must not depend on these differences. So this file alone decides
// identity. It uses only the few words that make a text name another package; all other words are evidence.
// docs/adr/020-identity-of-libraries.md has the sources of the table.

import Bytes

/// The identity of a library, the same in every document: equal texts are one library.
package struct LibraryIdentity: Sendable, Hashable {
    /// Never shown; `library.uuid` is derived from it.
    package let text: String
    /// The identity of the same package without the qualifiers of `text`; empty where `text` has none.
    package let base: String
    /// The digest of a library without a name, in lower-case hexadecimal; empty for other libraries.
    package let digest: String

    /// `library.uuid`: the same on every server.
    package var uuid: String { Identifier.uuid(Digest.of(text.utf8, .sha256), version: 8) }

    /// The `uuid` of the same package without the qualifiers of `text`; empty where `text` has none.
    package var baseUUID: String { base.isEmpty ? "" : Identifier.uuid(Digest.of(base.utf8, .sha256), version: 8) }

    /// The identity of a file of which only the digest is known.
    package init(digest value: String) {
        let algorithm = value.utf8.count == 40 ? "SHA-1" : "SHA-256"
        digest = value
        text = "\(algorithm)\0\(value)"
        base = ""
    }

    /// - Parameters:
    ///   - purl: the package URL, or nil without one.
    ///   - version: used where the package URL has no version.
    ///   - fileName: the name of the library's file, or empty. A name that equals the file's name does not name a
    ///     library.
    ///   - digests: algorithms in CycloneDX's spelling, values in lower case.
    package init(
        purl: PackageURL?, group: String, name: String, version: String, fileName: String,
        digests: [(algorithm: String, value: String)]
    ) {
        if let purl {
            let version = purl.version.isEmpty ? version : purl.version
            let kept = Self.refining(purl)
            text = purl.text(version: version, qualifiers: kept)
            base = kept.isEmpty ? "" : purl.text(version: version, qualifiers: [])
            digest = ""
            return
        }
        base = ""
        if let value = Self.digest(of: digests), group.isEmpty, version.isEmpty,
            name.isEmpty || name == fileName || name == value
        {
            (text, digest) = (LibraryIdentity(digest: value).text, value)
        } else {
            // Without a package URL the type is unknown for every library, so it cannot distinguish any.
            (text, digest) = ("\0\(group)\0\(name)\0\(version)", "")
        }
    }

    /// The digest that identifies a file: SHA-1, because services that look up files know it, else SHA-256.
    private static func digest(of digests: [(algorithm: String, value: String)]) -> String? {
        let digest =
            digests.first { $0.algorithm == "SHA-1" && $0.value.utf8.count == 40 }
            ?? digests.first { $0.algorithm == "SHA-256" && $0.value.utf8.count == 64 }
        return digest?.value.lowercased()
    }

    /// The qualifiers that make a package URL name another package, in their order.
    private static func refining(_ purl: PackageURL) -> [PackageURL.Qualifier] {
        if purl.qualifiers.isEmpty { return [] }
        let keys = keys(of: purl.type)
        return purl.qualifiers.filter { keys.contains($0.key) && !isDefault($0, of: purl.type) }
    }

    /// For each purl type, the keys of qualifiers that make another package. The keys that all types share (`checksum`,
    /// `download_url`, `file_name`, `vcs_url`, and `repository_url` except for the types below) only say where a package
    /// comes from.
    private static func keys(of type: String) -> [String] {
        switch type {
        // A separate build beside the main one: sources, tests, another platform.
        case "maven": ["classifier", "type"]
        // Distributions build a version for each architecture and release; RPM compares the epoch before the version.
        case "deb", "rpm", "apk", "alpm", "bitnami": ["arch", "distro", "epoch"]
        // Builds of one version for several platforms have different files and different native code.
        case "gem", "vscode-extension": ["platform"]
        case "otp": ["arch", "platform"]
        // The reference of a recipe includes a user and a channel.
        case "conan": ["channel", "user"]
        // The same name in another channel is another package, and each build is for one platform.
        case "conda": ["build", "channel", "subdir"]
        // The registry is a part of an image's name.
        case "docker", "oci": ["arch", "repository_url"]
        case "mlflow": ["repository_url"]
        // The tag names the product; the purl's name only describes it.
        case "swid": ["tag_id"]
        // Names of Julia packages may occur twice; this UUID is unique.
        case "julia": ["uuid"]
        default: []
        }
    }

    /// Whether the qualifier has the default value, so that the package is the same one without it.
    private static func isDefault(_ qualifier: PackageURL.Qualifier, of type: String) -> Bool {
        switch (type, qualifier.key) {
        case ("maven", "type"): qualifier.value == "jar"
        case ("gem", "platform"): qualifier.value == "ruby"
        default: false
        }
    }
}
