import Database
import Foundation
import Intake
import TestSupport
import Testing

@Suite struct KubernetesImportTests {
    private static func container(_ name: String, _ image: String) -> String {
        #"{"name":"\#(name)","image":"\#(image)","env":[{"name":"A","value":"b"}]}"#
    }

    private static let pods = """
        {"apiVersion":"v1","items":[
        {"kind":"Pod","metadata":{"name":"web-5d4f8-x2","namespace":"shop","ownerReferences":[{"kind":"ReplicaSet","name":"web-5d4f8"}]},
        "spec":{"containers":[\(container("web", "registry.example.org:5000/web:2.1"))],
        "initContainers":[\(container("wait", "busybox"))]},
        "status":{"phase":"Running","containerStatuses":[{"name":"web","image":"x","imageID":"docker-pullable://web@sha256:abc"}]}},
        {"kind":"Pod","metadata":{"name":"web-5d4f8-x3","namespace":"shop","ownerReferences":[{"kind":"ReplicaSet","name":"web-5d4f8"}]},
        "spec":{"containers":[\(container("web", "registry.example.org:5000/web:2.1"))]}},
        {"kind":"CronJob","metadata":{"name":"night"},"spec":{"jobTemplate":{"spec":{"template":{"spec":{
        "containers":[\(container("job", "docker.io/library/nginx:1.25"))]}}}}}},
        {"kind":"Service","metadata":{"name":"s"},"spec":{"ports":[{"port":80}]}}
        ],"kind":"List"}
        """

    @Test(arguments: TemporaryDatabase.engines) func imagesAreFoundByTheirNames(engine: Engine) throws {
        let bench = try Workbench(engine)
        let bill = bench.folder.path("bom.json")
        try Data(#"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"a"}]}"#.utf8)
            .write(to: URL(fileURLWithPath: bill))
        for (organization, project) in [
            (1, "registry.example.org:5000/web:2.1"), (1, "nginx:1.25"), (2, "busybox"), (2, "nginx:1.25"),
        ] {
            try bench.sbom(file: bill, organization: Int64(organization), project: project)
        }
        let file = bench.folder.path("pods.json")
        try Data(Self.pods.utf8).write(to: URL(fileURLWithPath: file))
        let work = KubernetesImport(database: bench.database, organization: 1)
        func places() throws -> [[String]] {
            try bench.database.read {
                try $0.all(
                    """
                    SELECT c.cluster, c.namespace, c.workload, c.container, c.image, c.tag, c.digest FROM place c
                    JOIN project p ON p.id = c.project WHERE p.organization = 1 ORDER BY c.project, c.position
                    """
                ) { row in (0..<7).map { row.string($0) } }
            }
        }
        let web = ["east", "shop", "Deployment/web", "web", "registry.example.org:5000/web", "2.1", "sha256:abc"]
        let night = ["east", "default", "CronJob/night", "job", "docker.io/library/nginx", "1.25", ""]

        let revision = "SELECT revision FROM organization WHERE id = 1" as SQL
        let before = try bench.database.read { try $0.integer(revision) }
        let result = try work.run([file], cluster: "east", at: 1)
        #expect(result.images == 3 && result.places == 2)
        #expect(result.unknown == ["busybox:latest"], "the other organization's project is not ours")
        #expect(result.projects.map(\.name) == ["registry.example.org:5000/web:2.1", "nginx:1.25"])
        #expect(try places() == [web, night])
        #expect(try bench.database.read { try $0.integer(revision) } != before, "old reports would answer")

        // The same list changes nothing, another cluster is added, and images that no longer run are removed.
        _ = try work.run([file], cluster: "east", at: 2)
        #expect(try places() == [web, night])
        _ = try work.run([file], cluster: "west", at: 3)
        #expect(try places().count == 4)
        let pod = #"{"kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[\#(Self.container("a", "a"))]}}"#
        try Data(pod.utf8).write(to: URL(fileURLWithPath: file))
        _ = try work.run([file], cluster: "west", at: 4)
        #expect(try places() == [web, night])
        let others = "SELECT count(*) FROM place c JOIN project p ON p.id = c.project WHERE p.organization = 2" as SQL
        #expect(try bench.database.read { try $0.integer(others) } == 0)
    }

    @Test(arguments: [
        "", "[]", "{", "{\"kind\":\"Pod\"}", "{\"items\":[1]}", "apiVersion: v1", "{\"spec\":{\"containers\":[[]]}}",
    ])
    func whatIsNoListIsRefused(text: String) throws {
        let bench = try Workbench()
        let file = bench.folder.path("pods.json")
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        let error = #expect(throws: KubernetesImportError.self) {
            try KubernetesImport(database: bench.database, organization: 1).run([file], cluster: "c", at: 1)
        }
        #expect(error.map { "\($0)".contains("pods.json") && "\($0)".contains("kubectl") } ?? false)
    }
}
