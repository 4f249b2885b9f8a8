import Bytes
import Inventory

// DESIGN. An agent takes its facts about a library from a package manager or from the library's file. A package URL is
// made only where the type of the dependency, or the name of its file, leaves no doubt (mend-api.md §4). Debian and RPM
// packages, for example, do not name their distribution, so they get none.

/// A dependency of an agent's upload during reading.
struct AgentDependency {
    enum Field: String, CaseIterable {
        case groupId, artifactId, version, versionId, type, classifier, scope, sha1, systemPath, optional, children
        case filename, dependencyType, dependencyFile, checksums, commit, purl, deduped
    }

    static let fields = JSONKeys<Field>()

    var seen = JSONSeenKeys()
    private var groupId = ""
    private var artifactId = ""
    private(set) var version = ""
    private var type = ""
    private var classifier = ""
    private var scope = ""
    private var systemPath = ""
    private var isOptional = false
    private var fileName = ""
    private var kind = ""
    private var dependencyFile = ""
    private var commit = ""
    private var purl = ""
    private var hashes: [Hash] = []
    /// The nodes of its children.
    var children: [Int32] = []

    init() {}

    /// Reads the value of a field other than `children`. False when the value was invalid and left out.
    mutating func read(_ field: Field, _ json: inout JSONReader) throws(JSONError) -> Bool {
        switch field {
        case .groupId: groupId = try json.text()
        case .artifactId: artifactId = try json.text()
        case .version, .versionId:
            let text = try json.text()
            if !text.isEmpty { version = text }
        case .type: type = try json.text()
        case .classifier: classifier = try json.text()
        case .scope: scope = try json.text()
        case .sha1: return keep("SHA-1", try json.text())
        case .systemPath: systemPath = try json.text()
        case .optional: isOptional = try json.text() == "true"
        case .filename: fileName = try json.text()
        case .dependencyType: kind = try json.text().uppercased()
        case .dependencyFile: dependencyFile = try json.text()
        case .commit: commit = try json.text()
        case .purl: purl = try json.text()
        case .deduped, .children: try json.skipValue()
        case .checksums:
            guard try json.beginObjectUnlessNull() else { return true }
            var isGood = true
            while try json.nextKey() {
                let name = json.key()
                let value = try json.text()
                // The other digests are of the file without its blanks or comments.
                if ["SHA1", "MD5", "SHA256", "SHA512"].contains(name.uppercased()) {
                    isGood = keep(name, value) && isGood
                }
            }
            return isGood
        }
        return true
    }

    private mutating func keep(_ algorithm: String, _ value: String) -> Bool {
        if value.isEmpty { return true }
        guard let hash = HashAlgorithm.hash(algorithm, value) else { return false }
        if !hashes.contains(where: { $0.algorithm == hash.algorithm }) { hashes.append(hash) }
        return true
    }

    // MARK: What it is

    /// Whether it has neither a name nor a checksum.
    var isNameless: Bool {
        artifactId.isEmpty && groupId.isEmpty && fileName.isEmpty && purl.isEmpty && hashes.isEmpty
    }

    /// The SHA-1, or empty.
    var sha1: String { hashes.first { $0.algorithm == "SHA-1" }?.value ?? "" }

    /// The name of the library, for files of all kinds.
    var base: String {
        let url = packageURL?.text ?? ""
        if !url.isEmpty { return url }
        let name = [groupId, artifactId.isEmpty ? fileName : artifactId, version].filter { !$0.isEmpty }
        return name.isEmpty ? sha1 : name.joined(separator: ":")
    }

    /// The text that distinguishes this file of the library, in this place, from other files; empty when the
    /// dependency has none.
    var distinction: String {
        let place = systemPath.isEmpty ? dependencyFile : systemPath
        if sha1.isEmpty, place.isEmpty { return "" }
        return String(Digest.of("\(sha1)\0\(place)".utf8, .sha1).hexadecimal.prefix(12))
    }

    func component(ref: String) -> Component {
        let url = packageURL
        let name = artifactId.isEmpty ? (fileName.isEmpty ? sha1 : fileName) : artifactId
        var component = Component(ref: ref, name: url?.name ?? name)
        component.group = url?.namespace ?? groupId
        component.version = url.map { $0.version.isEmpty ? version : $0.version } ?? version
        component.purl = url?.text ?? ""
        component.fileName = fileName.isEmpty && Self.isFileName(artifactId) ? artifactId : fileName
        component.hashes = hashes
        component.scope = isOptional ? "optional" : ""
        component.locations = [systemPath, dependencyFile].filter { !$0.isEmpty }
        if component.locations.count == 2, component.locations[0] == component.locations[1] {
            component.locations.removeLast()
        }
        if !scope.isEmpty { component.properties.append(Property(name: "agent:scope", value: scope)) }
        if !commit.isEmpty { component.properties.append(Property(name: "agent:commit", value: commit)) }
        return component
    }

    // MARK: Package URLs

    /// The package URL, if it is certain.
    var packageURL: PackageURL? {
        if !purl.isEmpty, let given = PackageURL(purl) { return given }
        guard !version.isEmpty, !artifactId.isEmpty || !fileName.isEmpty else { return nil }
        switch kind {
        case "MAVEN", "GRADLE", "SBT", "ANT": return maven
        case "NPM": return package("npm", behind: ["-\(version).tgz"])
        case "BOWER": return package("bower", behind: [])
        case "PYTHON": return package("pypi", behind: pythonEndings)
        case "RUBY": return package("gem", behind: ["-\(version).gem"])
        case "NUGET", "PAKET": return package("nuget", behind: [".\(version).nupkg"])
        case "PHP": return path("composer")
        case "GO": return path("golang")
        case "COCOAPODS": return package("cocoapods", behind: [])
        case "HEX": return package("hex", behind: ["-\(version).tar"])
        case "R": return package("cran", behind: ["_\(version).tar.gz"])
        case "RUST", "CARGO": return package("cargo", behind: ["-\(version).crate"])
        case "":
            // Older plug-ins send no type, Maven's plug-ins send the packaging, and some kinds of files exist in only
            // one ecosystem.
            if !groupId.isEmpty, ["jar", "war", "ear", "aar", "bundle", "maven-plugin", "ejb"].contains(type) {
                return maven
            }
            let file = artifactId.isEmpty ? fileName : artifactId
            if file.hasSuffix(".whl") { return package("pypi", behind: pythonEndings) }
            if file.hasSuffix(".gem") { return package("gem", behind: ["-\(version).gem"]) }
            if file.hasSuffix(".nupkg") { return package("nuget", behind: [".\(version).nupkg"]) }
            if file.hasSuffix(".crate") { return package("cargo", behind: ["-\(version).crate"]) }
            return nil
        default: return nil
        }
    }

    private var pythonEndings: [String] {
        ["-\(version)-", "-\(version).tar.gz", "-\(version).zip", "-\(version).egg"]
    }

    private var maven: PackageURL? {
        guard !groupId.isEmpty, !artifactId.isEmpty else { return nil }
        var name = artifactId
        for ending in [".jar", ".war", ".ear", ".aar", ".pom"] where name.hasSuffix("-\(version)\(ending)") {
            name.removeLast(version.count + 1 + ending.count)
            break
        }
        var qualifiers: [PackageURL.Qualifier] = []
        if !classifier.isEmpty { qualifiers.append(.init(key: "classifier", value: classifier)) }
        if !type.isEmpty, type != "jar" { qualifiers.append(.init(key: "type", value: type)) }
        return PackageURL(type: "maven", namespace: groupId, name: name, version: version, qualifiers: qualifiers)
    }

    /// A package whose artifact may be its file name. Its name is then the group, or the file name without its ending.
    private func package(_ type: String, behind endings: [String]) -> PackageURL? {
        let file = artifactId.isEmpty ? fileName : artifactId
        var name = file
        for ending in endings {
            guard let found = Self.range(of: ending, in: file) else { continue }
            name = groupId.isEmpty ? String(file[..<found.lowerBound]) : groupId
            break
        }
        guard !name.isEmpty, name == groupId || !Self.isFileName(name) else { return nil }
        // `@scope/name` and `vendor/name`.
        guard let slash = name.lastIndex(of: "/") else { return PackageURL(type: type, name: name, version: version) }
        return PackageURL(
            type: type, namespace: String(name[..<slash]), name: String(name[name.index(after: slash)...]),
            version: version)
    }

    /// A package whose name is a path.
    private func path(_ type: String) -> PackageURL? {
        for name in [artifactId, groupId] {
            if let slash = name.lastIndex(of: "/") {
                return PackageURL(
                    type: type, namespace: String(name[..<slash]), name: String(name[name.index(after: slash)...]),
                    version: version)
            }
        }
        return nil
    }

    private static func isFileName(_ text: String) -> Bool {
        [
            ".jar", ".war", ".ear", ".aar", ".tgz", ".whl", ".gz", ".zip", ".egg", ".gem", ".nupkg", ".crate", ".dll",
            ".so", ".js", ".rpm", ".deb", ".apk", ".exe", ".tar", ".bz2", ".xz", ".py", ".c", ".h", ".cpp",
        ].contains { text.hasSuffix($0) }
    }

    /// The last place of a text in another.
    private static func range(of part: String, in text: String) -> Range<String.Index>? {
        var last: Range<String.Index>?
        var start = text.startIndex
        while let found = text[start...].firstRange(of: part) {
            last = found
            start = text.index(after: found.lowerBound)
        }
        return last
    }
}
