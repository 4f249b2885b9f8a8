import Bytes
import Inventory

/// The versions of one package in the catalogue of a registry.
struct PackageReleases: Sendable {
    /// The texts by which libraries of this package are found (`PackageKey`).
    let packages: [String]
    let releases: [Release]

    enum Fault: Error, CustomStringConvertible {
        case json(JSONError)
        case nameless
        case unknownPackage(String)

        var description: String {
            switch self {
            case .json(let error): error.description
            case .nameless: "it names no package: neither \"purl\" nor \"packageKey\" is there"
            case .unknownPackage(let name): "\"\(name.prefix(200))\" is no package of a kind that is matched here"
            }
        }
    }
}

/// Reads the versions of one package from a JSON text: deps.dev's answer to GetPackage (docs.deps.dev/api/v3). Used are
/// `packageKey` or `purl`, and of each version `versionKey.version`, `publishedAt` and `isDeprecated`. A hand-made `{"purl":
/// "pkg:npm/lodash", "versions": [{"version": "4.17.21", "publishedAt": "2021-02-20T15:42:16Z"}]}` is accepted, too, and so
/// are plain texts as versions.
struct ReleaseReader: ~Copyable {
    private static let recordLimit = 64 << 20
    private static let versionLimit = 100_000

    private var purl = ""
    private var system = ""
    private var name = ""
    private var releases: [Release] = []

    private init() {}

    static func read(_ json: inout JSONReader) throws(PackageReleases.Fault) -> PackageReleases {
        var reader = ReleaseReader()
        do throws(JSONError) {
            json.ceiling = json.offset + recordLimit
            try reader.object(&json)
        } catch {
            throw .json(error)
        }
        return PackageReleases(packages: try reader.packages(), releases: reader.releases)
    }

    private func packages() throws(PackageReleases.Fault) -> [String] {
        if !purl.isEmpty {
            // Any version turns the package URL into that of a library; the package is the same for all of them.
            guard let package = PackageURL(purl),
                let any = PackageURL(
                    type: package.type, namespace: package.namespace, name: package.name, version: "1",
                    qualifiers: package.qualifiers)
            else { throw .unknownPackage(purl) }
            let texts = PackageKey.keys(of: any).map(\.text)
            guard !texts.isEmpty else { throw .unknownPackage(purl) }
            return texts
        }
        guard !name.isEmpty else { throw .nameless }
        guard let ecosystem = Self.ecosystems[system], let key = PackageKey(ecosystem: ecosystem, name: name) else {
            throw .unknownPackage("\(system) \(name)")
        }
        return [key.text]
    }

    /// The systems of deps.dev under OSV's names.
    private static let ecosystems = [
        "NPM": "npm", "GO": "Go", "MAVEN": "Maven", "PYPI": "PyPI", "CARGO": "crates.io", "NUGET": "NuGet",
        "RUBYGEMS": "RubyGems",
    ]

    private mutating func object(_ json: inout JSONReader) throws(JSONError) {
        try json.beginObject()
        while try json.nextKey() {
            switch json.key() {
            case "purl": purl = try json.string()
            case "packageKey":
                try json.beginObject()
                while try json.nextKey() {
                    switch json.key() {
                    case "system": system = try json.string()
                    case "name": name = try json.string()
                    default: try json.skipValue()
                    }
                }
            case "versions":
                try json.beginArray()
                while try json.nextElement() { try version(&json) }
            default: try json.skipValue()
            }
        }
        try json.finish()
    }

    private mutating func version(_ json: inout JSONReader) throws(JSONError) {
        var (text, published, isDeprecated) = ("", "", false)
        if try json.peek() == .string {
            text = try json.string()
        } else {
            try json.beginObject()
            while try json.nextKey() {
                switch json.key() {
                case "version": text = try json.string()
                case "versionKey":
                    try json.beginObject()
                    while try json.nextKey() {
                        if json.keyEquals("version") { text = try json.string() } else { try json.skipValue() }
                    }
                case "publishedAt" where try json.peek() == .string: published = try json.string()
                case "isDeprecated": isDeprecated = try json.bool()
                default: try json.skipValue()
                }
            }
        }
        guard !isDeprecated, 1...VersionScheme.lengthLimit ~= text.utf8.count, releases.count < Self.versionLimit,
            !text.unicodeScalars.contains(where: { $0.value < 32 })
        else { return }
        releases.append(Release(text, published: TimeText.milliseconds(published)))
    }
}
