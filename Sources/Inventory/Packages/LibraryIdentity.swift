// DESIGN. Generators describe one package in many words: with a digest or without, with the address of the repository, with
// the packaging that everybody assumes. Decisions of people about a library must not depend on such words. So identity is
// decided here, once, from the little that makes another package of another text; all else is evidence.
// docs/adr/020-identity-of-libraries.md has the sources of the table.

import Bytes

/// The identity of a library, the same in every document: equal texts are one library.
package struct LibraryIdentity: Sendable, Hashable {
    /// Never shown; `library.uuid` is made from it.
    package let text: String
    /// The identity of the same package without the qualifiers that `text` has; empty where it has none.
    package let base: String
    /// The digest of a library that has no name, in lower-case hexadecimal; empty for other libraries.
    package let digest: String

    /// `library.uuid`: the same on every server.
    package var uuid: String { Identifier.uuid(Digest.of(text.utf8, .sha256), version: 8) }

    /// `uuid` of the same package without the qualifiers that `text` has; empty where it has none.
    package var baseUUID: String { base.isEmpty ? "" : Identifier.uuid(Digest.of(base.utf8, .sha256), version: 8) }

    /// Names a file of which only the digest is known.
    package init(digest value: String) {
        let algorithm = value.utf8.count == 40 ? "SHA-1" : "SHA-256"
        digest = value
        text = "\(algorithm)\0\(value)"
        base = ""
    }

    /// - Parameters:
    ///   - purl: the package URL, or nil.
    ///   - version: counts where the package URL has none.
    ///   - fileName: the name of the library's file, or empty: a name that is only that of the file names no library.
    ///   - digests: with the algorithms as CycloneDX spells them, values in lower case.
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
            // Without a package URL the type of every library is unknown: it distinguishes nothing.
            (text, digest) = ("\0\(group)\0\(name)\0\(version)", "")
        }
    }

    /// The digest that names a file: SHA-1, because services that look files up know it, else SHA-256.
    private static func digest(of digests: [(algorithm: String, value: String)]) -> String? {
        let digest =
            digests.first { $0.algorithm == "SHA-1" && $0.value.utf8.count == 40 }
            ?? digests.first { $0.algorithm == "SHA-256" && $0.value.utf8.count == 64 }
        return digest?.value.lowercased()
    }

    /// The qualifiers that make another package, in their order.
    private static func refining(_ purl: PackageURL) -> [PackageURL.Qualifier] {
        if purl.qualifiers.isEmpty { return [] }
        let keys = keys(of: purl.type)
        return purl.qualifiers.filter { keys.contains($0.key) && !isDefault($0, of: purl.type) }
    }

    /// The keys of qualifiers that make another package, by purl type. Those of all types (`checksum`, `download_url`,
    /// `file_name`, `vcs_url`, `repository_url` but for the types below) say where a package comes from and what was got.
    private static func keys(of type: String) -> [String] {
        switch type {
        // A build of its own beside the main one: sources, tests, another platform.
        case "maven": ["classifier", "type"]
        // Distributions build a version for each architecture and release; RPM compares the epoch before the version.
        case "deb", "rpm", "apk", "alpm", "bitnami": ["arch", "distro", "epoch"]
        // Builds of one version for several platforms have other files, and other native code in them.
        case "gem", "vscode-extension": ["platform"]
        case "otp": ["arch", "platform"]
        // A recipe belongs to a user and a channel, which are parts of its reference.
        case "conan": ["channel", "user"]
        // The same name in another channel is another package; a build is for one platform.
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

    /// Whether the package is the same one without the qualifier.
    private static func isDefault(_ qualifier: PackageURL.Qualifier, of type: String) -> Bool {
        switch (type, qualifier.key) {
        case ("maven", "type"): qualifier.value == "jar"
        case ("gem", "platform"): qualifier.value == "ruby"
        default: false
        }
    }
}
