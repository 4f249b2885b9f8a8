import BOM
import Bytes
import Glibc
import Inventory
package import Jobs

// DESIGN. The package database of dpkg is read paragraph by paragraph and staged like a bill of materials. The system is
// the root, explicitly installed packages are its dependencies, and `Depends` and `Pre-Depends` are edges. For each
// package, its names and its dependencies stay in memory as text until the end.

extension Intake {
    /// Imports the packages of a Debian machine as one project.
    ///
    /// - Parameters:
    ///   - root: the machine's root folder, `/` for this machine.
    ///   - withFiles: whether the files of each package are stored with their MD5 sums.
    @discardableResult
    package func importDebian(
        root: String, into destination: Destination, withFiles: Bool = false, lease: Lease
    ) throws -> Result {
        let root = root.hasSuffix("/") ? String(root.dropLast()) : root
        let digest = Digest.of("debian \(root)".utf8, .sha256)
        return try run(lease, into: destination, referenceType: "License file", digest: digest) { staging in
            var reading = DebianReading(root: root, withFiles: withFiles)
            let graph = try reading.read(into: &staging)
            return try staging.complete(graph)
        }
    }
}

/// One pass over a machine's packages.
struct DebianReading {
    /// More packages than any machine has.
    static let packageLimit = 500_000

    private struct Package {
        let ref: String
        let architecture: String
        let isManual: Bool
        let needs: String
    }

    private let root: String
    private let withFiles: Bool
    private var packages: [Package] = []
    /// Packages by their own names and by the names that they provide.
    private var names: [String: [Int]] = [:]
    private var provided: [String: [Int]] = [:]
    private var unmet = 0

    init(root: String, withFiles: Bool) {
        self.root = root
        self.withFiles = withFiles
    }

    mutating func read(into staging: inout ScanStaging) throws -> DependencyGraph {
        let system = system()
        try staging.component(system.root)
        let automatic = automaticPackages(warning: staging.warning)
        let status = "\(root)/var/lib/dpkg/status"
        try ControlFile.paragraphs(of: status) { paragraph in
            guard paragraph["status"].hasSuffix(" installed"), !paragraph["package"].isEmpty else { return }
            guard packages.count < Self.packageLimit else {
                throw BOMError.tooLarge(what: "\(status) has too many packages", limit: Self.packageLimit)
            }
            let (name, architecture) = (paragraph["package"], paragraph["architecture"])
            let ref = "\(name):\(architecture)"
            guard names[name]?.contains(where: { packages[$0].ref == ref }) != true else { return }
            for provision in Self.relations(paragraph["provides"]).joined() {
                provided[provision.name, default: []].append(packages.count)
            }
            names[name, default: []].append(packages.count)
            packages.append(
                Package(
                    ref: ref, architecture: architecture, isManual: !automatic.contains(ref),
                    needs: paragraph["pre-depends"] + "," + paragraph["depends"]))
            try staging.component(component(paragraph, ref: ref, system: system))
            if withFiles { try readFiles(of: name, architecture: architecture, ref: ref, into: staging) }
        }
        let graph = try graph(root: system.root.ref)
        if unmet > 0 { staging.warning("\(unmet) dependencies are on packages that are not installed") }
        var document = BOMDocument(standard: .cycloneDX, version: "1.5")
        document.name = system.root.name
        document.describes = [system.root.ref]
        document.tools = ["waybill"]
        try staging.document(document)
        return graph
    }

    // MARK: The system

    private struct System {
        let root: Component
        /// `debian` or `ubuntu`: the namespace of its package URLs.
        let id: String
        let distribution: String
    }

    private func system() -> System {
        var facts: [String: String] = [:]
        for line in (ControlFile.text(of: "\(root)/etc/os-release") ?? "").split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { facts[String(parts[0])] = String(parts[1].filter { $0 != "\"" && $0 != "'" }) }
        }
        let id = facts["ID"] ?? "debian"
        let version = facts["VERSION_ID"] ?? ""
        var component = Component(ref: "system", name: facts["PRETTY_NAME"] ?? "Debian")
        component.kind = .operatingSystem
        component.version = version
        component.homepage = facts["HOME_URL"] ?? ""
        return System(root: component, id: id, distribution: version.isEmpty ? id : "\(id)-\(version)")
    }

    /// The packages that were installed only because others need them (apt's `Auto-Installed: 1`).
    private func automaticPackages(warning: (String) -> Void) -> Set<String> {
        var found = Set<String>()
        let path = "\(root)/var/lib/apt/extended_states"
        var status = stat()
        // Without the file, apt has marked nothing, so all packages count as explicitly installed.
        if stat(path, &status) != 0, errno == ENOENT { return found }
        do {
            try ControlFile.paragraphs(of: path) { paragraph in
                if paragraph["auto-installed"] == "1" {
                    found.insert("\(paragraph["package"]):\(paragraph["architecture"])")
                    // apt stores packages for all architectures under the machine's own.
                    found.insert("\(paragraph["package"]):all")
                }
            }
        } catch {
            warning("\(error); packages count as direct though others may have brought them")
        }
        return found
    }

    // MARK: Packages

    private func component(_ paragraph: ControlParagraph, ref: String, system: System) -> Component {
        let name = paragraph["package"]
        var component = Component(ref: ref, name: name)
        component.version = paragraph["version"]
        var purl = "pkg:deb/\(system.id)/\(name)@\(component.version)?arch=\(paragraph["architecture"])"
        purl += "&distro=\(system.distribution)"
        let source = paragraph["source"].split(separator: " ")
        if let sourceName = source.first {
            let version = source.count > 1 ? source[1].filter { $0 != "(" && $0 != ")" } : component.version
            purl += "&upstream=\(sourceName)@\(version)"
        }
        component.purl = PackageURL(purl)?.text ?? ""
        let description = paragraph["description"]
        component.description = String(description.prefix { $0 != "\n" })
        component.homepage = paragraph["homepage"]
        component.supplier = supplier(paragraph["maintainer"])
        if !paragraph["section"].isEmpty {
            component.properties.append(Property(name: "debian:section", value: paragraph["section"]))
        }
        let path = "/usr/share/doc/\(name)/copyright"
        if !name.contains("/"), let text = ControlFile.text(of: root + path) {
            let copyright = DebianCopyright(text)
            component.licenses = copyright.licenses
            component.copyright = copyright.copyright
            component.externalReferences.append(ExternalReference(kind: "license", url: "file://\(path)"))
        }
        return component
    }

    /// The agent in `Name <address>`.
    private func supplier(_ text: String) -> Agent? {
        guard !text.isEmpty else { return nil }
        let parts = text.split(separator: "<", maxSplits: 1)
        let name = parts[0].reversed().drop { $0 == " " }.reversed()
        let address = parts.count > 1 ? String(parts[1].prefix { $0 != ">" }) : ""
        return Agent(.organization, name: String(name), email: address)
    }

    private func readFiles(of name: String, architecture: String, ref: String, into staging: ScanStaging) throws {
        guard !name.contains("/"), !architecture.contains("/") else { return }
        let folder = "\(root)/var/lib/dpkg/info"
        let paths = ["\(folder)/\(name):\(architecture).md5sums", "\(folder)/\(name).md5sums"]
        guard let text = paths.lazy.compactMap({ ControlFile.text(of: $0) }).first else { return }
        for line in text.split(separator: "\n") {
            // The format is thirty-two digits, two blanks, and a path without its first slash.
            guard line.utf8.count > 34, line.utf8.prefix(32).allSatisfy(\.isHexadecimalDigit) else { continue }
            let path = "/" + line.dropFirst(34)
            var file = SourceFile(ref: "\(ref) \(path)", path: path)
            file.hashes = [Hash(algorithm: "MD5", value: String(line.prefix(32)))]
            file.component = ref
            try staging.file(file)
        }
    }

    // MARK: Dependencies

    /// One alternative of a relation: the name of a package, with its architecture if one is stated.
    struct Relation: Equatable {
        var name: String
        var architecture = ""
    }

    /// The relations of a field, each with its alternatives (Debian Policy §7.1). Versions are ignored, because the
    /// installed packages satisfy them.
    static func relations(_ field: String) -> [[Relation]] {
        field.split(separator: ",").map { relation in
            relation.split(separator: "|").compactMap { alternative in
                let name = alternative.drop { $0.isWhitespace }.prefix {
                    !$0.isWhitespace && $0 != "(" && $0 != "[" && $0 != "<"
                }
                let parts = name.split(separator: ":", maxSplits: 1)
                guard let first = parts.first else { return nil }
                let architecture = parts.count > 1 && parts[1] != "any" ? String(parts[1]) : ""
                return Relation(name: String(first), architecture: architecture)
            }
        }.filter { !$0.isEmpty }
    }

    private mutating func graph(root: String) throws -> DependencyGraph {
        var graph = DependencyGraph()
        func number(_ ref: String) throws -> Int32 {
            guard let number = graph.references.number(for: ref) else {
                throw BOMError.tooLarge(what: "the packages' names are too long", limit: 1 << 32)
            }
            return number
        }
        let top = try number(root)
        graph.roots = [top]
        for package in packages {
            let from = try number(package.ref)
            if package.isManual { try graph.add(from: top, to: from, kind: .dependsOn) }
            for alternatives in Self.relations(package.needs) {
                guard let needed = installed(alternatives, for: package.architecture) else {
                    unmet += 1
                    continue
                }
                try graph.add(from: from, to: number(packages[needed].ref), kind: .dependsOn)
            }
        }
        graph.seal()
        return graph
    }

    /// The package that satisfies a relation: the first alternative that is installed under its name, or provided by
    /// another package.
    private func installed(_ alternatives: [Relation], for architecture: String) -> Int? {
        for group in [names, provided] {
            for alternative in alternatives {
                guard let candidates = group[alternative.name] else { continue }
                let wanted = alternative.architecture.isEmpty ? architecture : alternative.architecture
                return candidates.first { packages[$0].architecture == wanted }
                    ?? candidates.first { packages[$0].architecture == "all" } ?? candidates.first
            }
        }
        return nil
    }
}
