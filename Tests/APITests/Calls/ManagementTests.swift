import Database
import Foundation
import Intake
import TestSupport
import Testing

@testable import API

/// Calls that list and change what is in the inventory: mend-api.md §3, on both engines.
struct ManagementTests {
    // MARK: Tags

    @Test(arguments: Engine.allCases) func tags(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let (org, product, project) = try (world.token(.organization), world.token(.product), world.token(.project))
        for (key, value) in [("team", "blue"), ("team", "red"), ("team", "red"), ("a \"b\"", "ü")] {
            _ = try await world.call("saveProjectTag", ["projectToken": project, "tagKey": key, "tagValue": value])
        }
        let saved = try await world.call("saveProductTag", ["productToken": product, "tagKey": "x", "tagValue": "1"])
        #expect(saved["message"] as? String == "Successfully saved the product's tag")
        let one = try await world.list("getProjectTags", "projectTags", ["projectToken": project])
        #expect(one.count == 1)
        #expect(one[0]["token"] as? String == project)
        #expect(one[0]["tags"] as? [String: [String]] == ["team": ["blue", "red"], "a \"b\"": ["ü"]])
        // An entity without tags has an empty object.
        let all = try await world.list("getOrganizationProjectTags", "projectTags", ["orgToken": org])
        #expect(all.count == 3)
        #expect(all.compactMap { $0["tags"] as? [String: [String]] }.map(\.count).sorted() == [0, 0, 2])
        let products = try await world.list("getOrganizationProductTags", "productTags", ["orgToken": org])
        #expect(products.compactMap { $0["tags"] as? [String: [String]] }.contains(["x": ["1"]]))
        // A tag selects only alerts of its projects.
        let tagged = try await world.list(
            "getAlertsByProjectTag", "alerts", ["orgToken": org, "tagKey": "team", "tagValue": "red"])
        let own = try await world.list("getProjectAlerts", "alerts", ["projectToken": project])
        #expect(!own.isEmpty)
        #expect(tagged.compactMap { $0["alertUuid"] as? String } == own.compactMap { $0["alertUuid"] as? String })
        let none = try await world.list(
            "getAlertsByProjectTag", "alerts", ["orgToken": org, "tagKey": "team", "tagValue": "green"])
        #expect(none.isEmpty)
        _ = try await world.call("removeProjectTag", ["projectToken": project, "tagKey": "team", "tagValue": "red"])
        let less = try await world.list("getProductProjectTags", "projectTags", ["productToken": product])
        #expect(less.contains { ($0["tags"] as? [String: [String]])?["team"] == ["blue"] })
        #expect(
            try world.changes(2) == [["TAG", "CREATED", "", "x: 1"], ["TAG", "DELETED", "team: red", ""]])
    }

    // MARK: Alerts

    @Test(arguments: Engine.allCases) func alertsAreIgnoredAndOpenedAgain(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let (org, project) = try (world.token(.organization), world.token(.project))
        let security = try await world.list(
            "getProjectAlertsByType", "alerts", ["projectToken": project, "alertType": "SECURITY_VULNERABILITY"])
        #expect(!security.isEmpty)
        #expect(security.allSatisfy { ($0["vulnerability"] as? [String: Any])?["name"] is String })
        let uuid = try #require(security[0]["alertUuid"] as? String)
        let said = try await world.call(
            "setAlertsStatus",
            ["orgToken": org, "alertUuids": [uuid], "status": "Ignored", "comments": "not <reachable>"])
        #expect(said["message"] as? String == "Successfully set the alert's status")
        let ignored = try await world.list("getProjectIgnoredAlerts", "alerts", ["projectToken": project])
        let one = ignored.first { $0["alertUuid"] as? String == uuid }
        #expect(one?["comments"] as? String == "not <reachable>")
        let open = try await world.list(
            "getProjectAlertsByType", "alerts", ["projectToken": project, "alertType": "security_vulnerability"])
        #expect(open.count == security.count - 1)
        // A new import of the same content does not undo the decision.
        try world.inventory.importSBOM(FixtureDocuments.cart)
        #expect(
            try await world.list("getProjectIgnoredAlerts", "alerts", ["projectToken": project]).contains {
                $0["alertUuid"] as? String == uuid
            })
        _ = try await world.call(
            "setAlertsStatus", ["orgToken": org, "alertUuids": uuid, "status": "active", "comments": NSNull()])
        #expect(
            try await world.list("getProjectIgnoredAlerts", "alerts", ["projectToken": project]).allSatisfy {
                $0["alertUuid"] as? String != uuid
            })
        let states = try world.inventory.database.read { connection in
            try connection.all(
                "SELECT e.state FROM alert_event e JOIN alert a ON a.project = e.project AND a.number = e.alert WHERE a.uuid = \(uuid) ORDER BY e.position"
            ) { $0.string(0) }
        }
        #expect(states == ["OPEN", "IGNORED", "OPEN"])
    }

    @Test(arguments: Engine.allCases) func aListWithOneUnknownAlertChangesNothing(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let (org, project) = try (world.token(.organization), world.token(.project))
        let foreign = try await world.list(
            "getOrganizationAlerts", "alerts", ["orgToken": try world.token(.organization, organization: 2)], as: 2)
        let theirs = try #require(foreign.first?["alertUuid"] as? String)
        let before = try await world.list("getProjectIgnoredAlerts", "alerts", ["projectToken": project]).count
        let mine = try await world.list("getProjectAlerts", "alerts", ["projectToken": project])
        let own = try #require(mine.first?["alertUuid"] as? String)
        let answer = try await world.call(
            "ignoreAlerts", ["orgToken": org, "alertUuids": [own, theirs], "comments": "all"])
        #expect(answer["errorCode"] as? Int == 2021)
        #expect((answer["errorMessage"] as? String)?.contains(theirs) == true)
        #expect(try await world.list("getProjectIgnoredAlerts", "alerts", ["projectToken": project]).count == before)
        let done = try await world.call("ignoreAlerts", ["orgToken": org, "alertUuids": [own], "comments": "all"])
        #expect(done["message"] as? String == "Successfully ignored 1 alerts")
    }

    /// The basis of a verdict is the same in the status of the upload, on the console's page and in the reports.
    @Test(arguments: Engine.allCases) func anUploadSaysWhatItsVerdictRestsOn(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let uuid = try #require(
            try world.inventory.database.read { connection in
                try connection.first("SELECT uuid FROM job WHERE kind = 'INTAKE' ORDER BY id LIMIT 1") { $0.string(0) }
            })
        let answer = try await world.call(
            "getAsyncProcessStatus", ["orgToken": try world.token(.organization), "uuid": uuid])
        let envelope = try #require(answer["asyncProcessStatus"] as? [String: Any], "\(answer)")
        let basis = try #require(envelope["basis"] as? [String: Any], "\(envelope)")
        let known = try world.inventory.database.read { try Basis.read(world.inventory.scope(.project), on: $0) }
        let unmatched = basis["unmatched"] as? [String: Int] ?? [:]
        #expect(basis["components"] as? Int == known.libraries && basis["matchable"] as? Int == known.matchable)
        #expect(known.matchable > 0 && known.matchable < known.libraries)
        #expect(unmatched.values.reduce(known.matchable, +) == known.libraries)
        #expect(try world.rows("ProjectInventoryReport", "libraries", .project).count == known.libraries)
        let ecosystems = try #require(basis["ecosystems"] as? [[String: Any]])
        #expect(ecosystems.compactMap { $0["ecosystem"] as? String } == known.ecosystems.map(\.name))
        #expect(ecosystems.allSatisfy { ($0["newest"] as? String)?.hasSuffix("Z") == true && $0["read"] == nil })
    }

    /// A reason and its justification are stored as given, never guessed, and removed when the alert is reopened.
    @Test(arguments: Engine.allCases) func anAlertIsIgnoredForAReason(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let org = try world.token(.organization)
        let alerts = try await world.list("getOrganizationAlerts", "alerts", ["orgToken": org])
        let uuid = try #require(alerts.first?["alertUuid"] as? String)
        func decide(_ more: [String: Any], call: String = "ignoreAlerts") async throws -> [String: Any] {
            let fields: [String: Any] = ["orgToken": org, "alertUuids": [uuid], "comments": "not affected, really"]
            return try await world.call(call, fields.merging(more) { _, new in new })
        }
        func kept() throws -> [String] {
            try world.inventory.database.read { connection in
                try connection.all("SELECT state, reason, justification FROM alert WHERE uuid = \(uuid)") { row in
                    "\(row.string(0)) \(row.string(1)) \(row.string(2))"
                }
            }
        }
        #expect(try await decide([:])["errorCode"] == nil)
        #expect(try kept() == ["IGNORED will_not_fix "], "a comment is no reason")
        _ = try await decide(["reason": "NOT_AFFECTED", "justification": "code_not_reachable"])
        #expect(try kept() == ["IGNORED not_affected code_not_reachable"])
        _ = try await decide(["reason": "workaround", "status": "Ignored"], call: "setAlertsStatus")
        #expect(try kept() == ["IGNORED workaround "])
        let bad: [([String: Any], String)] = [
            (["reason": "because"], "reason"), (["reason": 7], "reason"),
            (["reason": "not_affected", "justification": "lazy"], "justification"),
            (["justification": "code_not_reachable"], "justification"),
            (["reason": "workaround", "justification": "code_not_reachable"], "justification"),
        ]
        for (fields, name) in bad {
            let answer = try await decide(fields)
            #expect(answer["errorCode"] as? Int == 2021, "\(fields)")
            #expect((answer["errorMessage"] as? String)?.contains(name) == true, "\(answer)")
        }
        #expect(try kept() == ["IGNORED workaround "])
        let ignored = try world.rows("OrgIgnoreAlertsReport", "alerts").first { $0["alertUuid"] as? String == uuid }
        #expect(ignored == nil || ignored?["reason"] as? String == "workaround")
        _ = try await decide(["status": "Active"], call: "setAlertsStatus")
        #expect(try kept() == ["OPEN  "])
    }

    // MARK: Deleting

    @Test(arguments: Engine.allCases) func deletedIsGone(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let (org, product, project) = try (world.token(.organization), world.token(.product), world.token(.project))
        let gone = try await world.call("deleteProject", ["productToken": product, "projectToken": project])
        #expect(gone["message"] as? String == "Successfully deleted project Cart")
        #expect(try await world.call("getProjectVitals", ["projectToken": project])["errorCode"] as? Int == 5001)
        let left = try await world.list("getAllProjects", "projects", ["productToken": product])
        #expect(left.count == 1)
        #expect(try world.changes(1) == [["ENTITY", "DELETED", "Cart", ""]])
        // The sweeper deletes the rest, and the project can be made again.
        _ = try world.inventory.intake.sweep()
        let scans = try world.inventory.database.read {
            try $0.integer("SELECT count(*) FROM scan WHERE state <> 'CURRENT'")
        }
        #expect(scans == 0)
        try world.inventory.importSBOM(FixtureDocuments.cart)
        #expect(try await world.list("getAllProjects", "projects", ["productToken": product]).count == 2)
        let whole = try await world.call("deleteProduct", ["orgToken": org, "productToken": product])
        #expect(whole["message"] as? String == "Successfully deleted product Webshop")
        #expect(try await world.list("getAllProducts", "products", ["orgToken": org]).count == 1)
        // The rival's product of the same name stays.
        let rival = try world.token(.organization, organization: 2)
        #expect(try await world.list("getAllProducts", "products", ["orgToken": rival], as: 2).count == 1)
    }

    // MARK: Libraries

    @Test(arguments: Engine.allCases) func librariesOfAProject(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let (org, project) = try (world.token(.organization), world.token(.project))
        let inventory = try await world.call("getProjectInventory", ["projectToken": project])
        #expect((inventory["projectVitals"] as? [String: Any])?["token"] as? String == project)
        let libraries = try #require(inventory["libraries"] as? [[String: Any]])
        #expect(!libraries.isEmpty)
        for library in libraries {
            for key in ["keyUuid", "filename", "name", "licenses", "type", "directDependency"] {
                #expect(library[key] != nil, "\(key)")
            }
        }
        #expect(
            try await world.raw("getProjectInventory", ["projectToken": project, "format": "xlsx"]).starts(
                with: Array("PK".utf8)))
        // The tree contains all libraries.
        var seen: Set<String> = []
        func walk(_ list: [[String: Any]]) throws {
            for library in list {
                seen.insert(try #require(library["keyUuid"] as? String))
                try walk(try #require(library["dependencies"] as? [[String: Any]]))
            }
        }
        try walk(try await world.list("getProjectHierarchy", "libraries", ["projectToken": project]))
        #expect(seen == Set(libraries.compactMap { $0["keyUuid"] as? String }))
        let licenses = try await world.list("getOrganizationLicenses", "libraries", ["orgToken": org])
        #expect(licenses.contains { (($0["projects"] as? [[String: Any]])?.count ?? 0) > 1 })
        let short = try await world.list(
            "getProjectLicenses", "libraries", ["projectToken": project, "excludeProjectOccurrences": "True"])
        #expect(Set(short.compactMap { $0["keyUuid"] as? String }) == seen)
        #expect(short.allSatisfy { $0["projects"] == nil && $0["copyrightReferences"] is [Any] })
        let histogram = try await world.call("getOrganizationLicenseHistogram", ["orgToken": org])
        #expect((histogram["licenseHistogram"] as? [String: Int])?["MIT"] ?? 0 > 0)
        let locations = try await world.list(
            "getProjectLibraryLocations", "libraryLocations", ["projectToken": project])
        #expect(locations.count == libraries.count)
        let own = try await world.list("getOrganizationInHouseLibraries", "libraries", ["orgToken": org])
        #expect(!own.isEmpty)
        for key in ["keyUuid", "filename", "artifactId", "type", "projectName", "productName"] {
            #expect(own[0][key] != nil, "\(key)")
        }
    }

    @Test(arguments: Engine.allCases) func lookingForLibraries(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let (org, project) = try (world.token(.organization), world.token(.project))
        let any = try #require(
            try await world.list("getProjectHierarchy", "libraries", ["projectToken": project]).first)
        let (name, version) = (try #require(any["name"] as? String), any["version"] as? String ?? "")
        let found = try await world.list(
            "getBasicLibraryInfo", "librariesInformation",
            ["orgToken": org, "libraryName": name, "libraryVersion": version])
        #expect(found.contains { $0["keyUuid"] as? String == any["keyUuid"] as? String })
        #expect(
            try await world.call(
                "getBasicLibraryInfo", ["orgToken": org, "libraryName": "no-such", "libraryVersion": "1"])["errorCode"]
                as? Int == 3027)
        // A percent sign has no special meaning, and libraries of the rival are not found.
        for library in try await world.list("librarySearch", "libraries", ["orgToken": org, "searchValue": "%"]) {
            let names = [library["name"], library["filename"]].compactMap { $0 as? String }
            #expect(names.contains { $0.contains("%") })
        }
        let secret = try await world.list(
            "librarySearch", "libraries", ["orgToken": org, "searchValue": "rival-secret"])
        #expect(secret.isEmpty)
        let part = String(name.uppercased().prefix(4))
        #expect(
            try await world.list("librarySearch", "libraries", ["orgToken": org, "searchValue": part]).contains {
                $0["name"] as? String == name
            })
        let files = try await world.list(
            "getLibrarySourceFiles", "sourceFiles",
            ["projectToken": project, "keyUuid": try #require(any["keyUuid"] as? String)])
        #expect(!files.isEmpty)
        #expect(
            try await world.call("getProjectLibraryDependencies", ["projectToken": project, "keyUuid": "x"])[
                "errorCode"]
                as? Int == 8000)
    }

    // MARK: States and tasks

    @Test(arguments: Engine.allCases) func statesAndTasks(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let (org, project) = try (world.token(.organization), world.token(.project))
        let state = try await world.call("getProjectState", ["projectToken": project])
        #expect((state["projectState"] as? [String: Any])?["inProgress"] as? Bool == false)
        let all = try await world.call("getAllOrganizations", ["globalOrgToken": org])
        #expect((all["organizations"] as? [[String: Any]])?.map { $0["orgToken"] as? String } == [org])
        let requests = try await world.call("getSupportedRequests", ["orgToken": org])
        #expect((requests["supportedRequests"] as? [String])?.contains("getChangesReport") == true)
        let modified = try await world.list(
            "getOrganizationLastModifiedProjects", "lastModifiedProjects",
            ["orgToken": org, "fromDateTime": "2026-01-02 03:00:00", "toDateTime": "2026-01-02 03:04:30"])
        #expect(modified.map { $0["projectName"] as? String } == ["Cart"])
        let tasks = try await world.list("getDomainPendingTasks", "pendingTaskInfos", ["orgToken": org])
        let task = try #require(tasks.first?["uuid"] as? String)
        #expect(
            try await world.call("closePendingTask", ["orgToken": org, "taskUUID": task, "status": "rejected"])[
                "message"] as? String == "Successfully closed the task")
        #expect(
            try await world.call("closePendingTask", ["orgToken": org, "taskUUID": task])["errorCode"] as? Int == 2021)
        // A library in use whose request was rejected is reported, before the answer.
        let rejected = try await world.list(
            "getOrganizationAlertsByType", "alerts", ["orgToken": org, "alertType": "REJECTED_DEFACTO_RESOURCE"])
        #expect(rejected.count == 1)
        let changes = try await world.call("getChangesReport", ["orgToken": org])
        #expect(changes["changes"] is [[String: Any]])
    }
}
