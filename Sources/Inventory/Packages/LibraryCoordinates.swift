/// The names of a library in Mend's reports: `groupId`, `artifactId`, `version`, and the library's file.
package struct LibraryCoordinates: Sendable, Hashable {
    package var type: LibraryType
    package var groupId: String
    package var artifactId: String
    package var version: String
    /// The usual name of the library's file: `dates-2.4.jar`, `tiny-slug-1.0.3.tgz`. The name may contain `/` (Go
    /// modules, Composer packages). It is shown, and never used as a path.
    package var fileName: String

    /// The coordinates of a package URL.
    package init(_ purl: PackageURL) {
        type = LibraryType(purlType: purl.type)
        version = purl.version
        switch type {
        case .golang, .githubAction, .swift, .source:
            groupId = purl.namespace
            artifactId = purl.subpath.isEmpty ? purl.path : "\(purl.path)/\(purl.subpath)"
        case .npm, .composer:
            groupId = purl.namespace
            artifactId = purl.path
        case .maven, .pypi, .nuget, .gem, .cargo, .deb, .rpm, .alpine, .arch, .cocoapods, .pub, .hex, .conda, .conan,
            .cran, .cpan, .hackage, .opam, .luarocks, .julia, .bower, .container, .huggingFace, .unknown:
            groupId = purl.namespace
            artifactId = purl.name
        }
        fileName = Self.fileName(of: purl, type: type)
    }

    /// The coordinates of a component without a package URL.
    package init(group: String, name: String, version: String) {
        type = .unknown
        groupId = group
        artifactId = name
        self.version = version
        fileName = version.isEmpty ? name : "\(name)-\(version)"
    }

    private static func fileName(of purl: PackageURL, type: LibraryType) -> String {
        if let given = purl.qualifier("file_name") ?? purl.qualifier("filename"), !given.contains("/") { return given }
        let name = purl.name
        let stem = purl.version.isEmpty ? name : "\(name)-\(purl.version)"
        switch type {
        case .maven:
            let classifier = purl.qualifier("classifier").map { "-\($0)" } ?? ""
            return "\(stem)\(classifier).\(mavenExtension(purl.qualifier("type")))"
        case .npm, .bower: return "\(stem).tgz"
        case .pypi, .pub, .hackage, .cpan: return "\(stem).tar.gz"
        // NuGet's flat container uses lower-case package names and a dot before the version.
        case .nuget: return (purl.version.isEmpty ? name : "\(name).\(purl.version)").lowercased() + ".nupkg"
        case .gem:
            let platform = purl.qualifier("platform").flatMap { $0 == "ruby" ? nil : "-\($0)" } ?? ""
            return "\(stem)\(platform).gem"
        case .cargo: return "\(stem).crate"
        case .deb:
            // Debian Policy §5.6.12: file names omit the epoch.
            let version = purl.version.split(separator: ":", maxSplits: 1).last.map { "_\($0)" } ?? ""
            return "\(name)\(version)\(purl.qualifier("arch").map { "_\($0)" } ?? "").deb"
        case .rpm: return "\(stem)\(purl.qualifier("arch").map { ".\($0)" } ?? "").rpm"
        case .alpine: return "\(stem).apk"
        case .arch: return "\(stem)\(purl.qualifier("arch").map { "-\($0)" } ?? "").pkg.tar.zst"
        case .hex: return "\(stem).tar"
        case .cran: return purl.version.isEmpty ? "\(name).tar.gz" : "\(name)_\(purl.version).tar.gz"
        case .conda:
            let build = purl.qualifier("build").map { "-\($0)" } ?? ""
            return "\(stem)\(build).\(purl.qualifier("type") == "conda" ? "conda" : "tar.bz2")"
        case .luarocks: return "\(stem).src.rock"
        case .golang, .composer, .swift, .githubAction, .huggingFace:
            return purl.version.isEmpty ? purl.path : "\(purl.path)-\(purl.version)"
        case .container:
            return purl.version.isEmpty ? purl.path : "\(purl.path):\(purl.qualifier("tag") ?? purl.version)"
        case .cocoapods, .conan, .opam, .julia, .source, .unknown: return stem
        }
    }

    /// The file extension of a Maven packaging (Maven's default artifact handlers).
    private static func mavenExtension(_ packaging: String?) -> String {
        switch packaging {
        case nil, "jar", "bundle", "maven-plugin", "ejb", "test-jar", "java-source", "javadoc", "eclipse-plugin": "jar"
        case .some(let other):
            other.utf8.allSatisfy { $0 >= 48 && $0 <= 57 || $0 >= 97 && $0 <= 122 || $0 == 46 } ? other : "jar"
        }
    }
}
