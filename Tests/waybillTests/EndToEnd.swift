import Foundation
import TestSupport
import Testing

// DESIGN. These tests start the executable, use it like its users, and check the files that it leaves. They run one
// after the other, because each needs the machine, and some kill processes that others would need. Tests that only
// read share one server.

@Suite(.serialized)
enum EndToEnd {}

/// A server for tests that do not change it: two organizations, each with a product Shop and a project Cart.
enum Shared {
    struct Tenant: Sendable {
        let organization: Organization
        let project: Site.Imported

        var tokens: [String: String] {
            [
                "orgToken": organization.token, "productToken": project.productToken,
                "projectToken": project.projectToken,
            ]
        }
    }

    static let libraries = 40

    static func server() throws -> RunningServer { try made.get().server }
    static func acme() throws -> Tenant { try made.get().acme }
    static func rival() throws -> Tenant { try made.get().rival }

    private struct All: Sendable {
        let server: RunningServer
        let acme: Tenant
        let rival: Tenant
    }

    private static let made = Result { () throws -> All in
        let site = try Site()
        var tenants: [Tenant] = []
        for name in ["Acme", "Rival"] {
            let organization = try site.organization(name)
            let project = try site.importBOM(
                Document.cycloneDX(libraries: Shared.libraries, name: name), to: organization)
            tenants.append(Tenant(organization: organization, project: project))
        }
        let server = try RunningServer(site, ["--log-level", "debug", "--refusal-limit", "0"])
        return All(server: server, acme: tenants[0], rival: tenants[1])
    }
}

/// The tools that check archives.
enum Archive {
    /// The members of a ZIP with their contents, after a successful `unzip -t`.
    static func open(_ zip: Data) throws -> [String: Data] {
        let folder = try TemporaryFolder()
        let path = folder.path("report.zip")
        try zip.write(to: URL(fileURLWithPath: path))
        let unzip = try ForeignTool.path("unzip", package: "unzip")
        try ForeignTool.run(unzip, ["-tqq", path])
        try ForeignTool.run(unzip, ["-qq", path, "-d", folder.path("out")])
        var members: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path("out")) {
            members[name] = try Data(contentsOf: URL(fileURLWithPath: folder.path("out/" + name)))
        }
        return members
    }

    /// The only member of a ZIP.
    static func single(_ zip: Data) throws -> (name: String, content: Data) {
        let members = try open(zip)
        let only = try #require(members.first)
        #expect(members.count == 1, "\(members.keys)")
        return (only.key, only.value)
    }
}
