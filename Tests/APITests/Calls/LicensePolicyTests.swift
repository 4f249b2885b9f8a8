import Database
import TestSupport
import Testing

@testable import API

/// Policies about licences, and the order in which an organization prefers them.
struct LicensePolicyTests {
    private static let libraries = [
        ("onlyv", "GPL-2.0-only"), ("laterv", "GPL-2.0-or-later"), ("bothv", "GPL-2.0-only AND GPL-2.0-or-later"),
        ("cpath", "GPL-2.0-only WITH Classpath-exception-2.0"), ("gccrt", "GPL-3.0-only WITH GCC-exception-3.1"),
        ("llvm", "Apache-2.0 WITH LLVM-exception"), ("choice", "MIT OR GPL-3.0-only"),
        ("bound", "ISC AND AGPL-3.0-only"),
        ("fedora", "GPLv2+ AND BSD"), ("old", "LGPL"), ("plain", "MIT"),
    ]

    private static var bill: String {
        let components = libraries.map { name, license in
            """
            {"type":"library","bom-ref":"\(name)","name":"\(name)","version":"1","purl":"pkg:npm/\(name)@1",
             "licenses":[{"expression":"\(license)"}]}
            """
        }
        return """
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[\(components.joined(separator: ","))]}
            """
    }

    /// The libraries that a policy of the new project rejects.
    private func rejected(_ world: ManagedWorld, _ project: String, by filter: [String: Any]) async throws -> [String] {
        let policy: [String: Any] = ["name": "p", "filter": filter, "action": ["type": "REJECT"]]
        _ = try await world.call("addProjectPolicy", ["projectToken": project, "policy": policy])
        let names = try world.inventory.database.read { connection in
            try connection.all(
                """
                SELECT l.artifact FROM alert a JOIN library l ON l.id = a.library JOIN project p ON p.id = a.project
                WHERE p.token = \(project) AND a.type = 'REJECTED_BY_POLICY_RESOURCE' AND a.state = 'OPEN'
                ORDER BY l.artifact
                """
            ) { $0.string(0) }
        }
        let list = try await world.list("getProjectPolicies", "policies", ["projectToken": project])
        _ = try await world.call(
            "removeProjectPolicies", ["projectToken": project, "policyIds": list.compactMap { $0["id"] }])
        return names
    }

    private func project(_ world: ManagedWorld) throws -> String {
        try world.inventory.importSBOM(Self.bill, project: "Licences")
        let token = try world.inventory.database.read { connection in
            try connection.first("SELECT token FROM project WHERE name = 'Licences'") { $0.string(0) }
        }
        return try #require(token)
    }

    @Test(arguments: Engine.allCases) func identifiersFamiliesAndExpressions(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let project = try project(world)
        for (name, caught) in [
            ("GPL-2.0-only", ["bothv", "onlyv"]), ("GPL-2.0-or-later", ["bothv", "fedora", "laterv"]),
            ("GPL-2.0+", ["bothv", "fedora", "laterv"]), ("GPL 2.0", ["bothv", "fedora", "laterv", "onlyv"]),
            ("GPL-2.0-only WITH Classpath-exception-2.0", ["cpath"]), ("MIT", ["choice", "plain"]),
            ("GPL-3.0-only", []), ("BSD", ["fedora"]), ("LGPL", ["old"]),
        ] {
            let filter: [String: Any] = ["type": "LICENSE", "licenses": [["name": name]]]
            #expect(try await rejected(world, project, by: filter) == caught, "\(name)")
        }
        for (group, caught) in [
            ("Copyleft", ["bothv", "bound", "cpath", "fedora", "gccrt", "laterv", "old", "onlyv"]),
            ("Strong Copyleft", ["bothv", "fedora", "laterv", "onlyv"]), ("Weak Copyleft", ["cpath", "gccrt", "old"]),
            ("Network Copyleft", ["bound"]), ("Permissive with Conditions", ["llvm"]),
        ] {
            let filter: [String: Any] = ["type": "LICENSE_GROUP", "licenseGroups": [group]]
            #expect(try await rejected(world, project, by: filter) == caught, "\(group)")
        }
    }

    @Test(arguments: Engine.allCases) func theOrderOfPreference(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let (org, project) = try (world.token(.organization), project(world))
        let copyleft: [String: Any] = ["type": "LICENSE", "licenses": ["GPL-3.0-only"]]
        #expect(try await rejected(world, project, by: copyleft) == [])
        _ = try await world.call(
            "waybillSetLicensePreferences", ["orgToken": org, "licenses": ["GPL-3.0-only", "Apache 2.0"]])
        let said = try await world.call("waybillGetLicensePreferences", ["orgToken": org])
        #expect(said["licenses"] as? [String] == ["GPL-3.0-only", "Apache 2.0"])
        #expect(try await rejected(world, project, by: copyleft) == ["choice"])
        #expect(try world.changes(5).contains { $0.first == "LICENSE_PREFERENCE" })
        _ = try await world.call("waybillSetLicensePreferences", ["orgToken": org, "licenses": [String]()])
        #expect(try await rejected(world, project, by: copyleft) == [])
        let many = try await world.call(
            "waybillSetLicensePreferences",
            ["orgToken": org, "licenses": (0...1000).map { "LicenseRef-\($0)" }])
        #expect((many["errorMessage"] as? String)?.contains("at most 1000") == true)
        let none = try await world.call("waybillSetLicensePreferences", ["orgToken": org])
        #expect((none["errorMessage"] as? String)?.contains("licenses") == true)
    }
}
