// DESIGN. An upload with a project version makes a project called `name - version`, so that several versions exist side by
// side. A decision for one version applies to the next, so the versions of one thing must be recognized. An upload gives the
// version (`project.version`). In the full name of a project without a stated version, perhaps made by an earlier release of
// Waybill, only a part that looks like a version counts: `web - 2` has one, `web - backend` has none.

/// The name that all versions of a project share, and the version.
package struct ProjectFamily: Sendable, Equatable {
    package let name: String
    /// Empty for a project without a version.
    package let version: String

    /// - Parameter version: the version in an upload (`project.version`), or empty.
    package init(project: String, version: String) {
        let ending = " - \(version)"
        if !version.isEmpty, project.utf8.count > ending.utf8.count,
            project.utf8.suffix(ending.utf8.count).elementsEqual(ending.utf8)
        {
            name = String(decoding: project.utf8.dropLast(ending.utf8.count), as: UTF8.self)
            self.version = version
        } else if let blank = project.lastIndex(of: " "), case let last = project[project.index(after: blank)...],
            case let before = project[..<blank], before.hasSuffix(" -"), before.utf8.count > 2, Self.isVersion(last)
        {
            name = String(before.dropLast(2))
            self.version = String(last)
        } else {
            (name, self.version) = (project, "")
        }
    }

    private static func isVersion(_ text: Substring) -> Bool {
        let digits = text.first == "v" || text.first == "V" ? text.dropFirst() : text
        return digits.utf8.first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
    }

    /// The names and versions of some projects, by their ids.
    package static func read(
        _ projects: SQL, on connection: any Connection
    ) throws -> [(project: Int64, family: ProjectFamily)] {
        try connection.all("SELECT p.id, p.name, p.version FROM project p WHERE \(projects) ORDER BY p.id") { row in
            (row.integer(0), ProjectFamily(project: row.string(1), version: row.string(2)))
        }
    }
}

extension ProjectView {
    /// The name that the versions of the project share, and its version; nil when the project does not exist (any more).
    func family(on connection: any Connection) throws -> ProjectFamily? {
        if let coming { return ProjectFamily(project: coming.name, version: coming.version) }
        return try ProjectFamily.read("p.id = \(project)", on: connection).first?.family
    }
}
