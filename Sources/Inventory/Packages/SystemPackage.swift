/// A package of a Linux distribution. An advisory names the source package and counts for one release.
struct SystemPackage {
    /// The names under which advisories may list the package: that of its source package, and in some distributions
    /// also its own.
    let names: [(name: String, version: String)]

    /// - Parameter version: the version of the package URL, or of the document where the URL has none.
    init(_ purl: PackageURL, version: String, of distribution: Distribution, source: SourcePackage?) {
        let version = Self.withEpoch(version, of: purl)
        let source = Self.source(of: purl) ?? source
        // Where the package URL names no source, the source has the package's name and version.
        guard let source else {
            names = [(purl.name, version)]
            return
        }
        let built = source.version.isEmpty ? version : Self.withEpoch(source.version, of: purl, ofSource: true)
        guard distribution.namesBinaries else {
            names = [(source.name, built)]
            return
        }
        names = [(purl.name, version)] + (source.name == purl.name ? [] : [(source.name, built)])
    }

    /// Adds the epoch to a version, of which it is a part (Debian Policy §5.6.12 and rpm-version(7)). Generators
    /// write the epoch in the version, as a qualifier, or both.
    ///
    /// The file name of a source RPM has no epoch; the packages built from the source nearly always share its epoch.
    /// The source version of a Debian package includes its epoch.
    private static func withEpoch(_ version: String, of purl: PackageURL, ofSource: Bool = false) -> String {
        guard purl.type == "rpm" || purl.type == "deb" && !ofSource, !version.utf8.contains(UInt8(ascii: ":")),
            let epoch = purl.qualifier("epoch")
        else { return version }
        return "\(epoch):\(version)"
    }

    /// The source package in the qualifiers: `upstream=`, `source=`, `origin=`.
    private static func source(of purl: PackageURL) -> SourcePackage? {
        for key in ["upstream", "source", "origin"] {
            if let text = purl.qualifier(key) { return SourcePackage(qualifier: text) }
        }
        return nil
    }
}
