import Bytes
import Intake
import Jobs
import Service

extension Command {
    static let importKubernetes = Command(
        words: ["import", "kubernetes"], operands: "FILE…",
        summary: "Says where images run: what `kubectl get pods -A -o json` prints of a cluster.",
        flags: [
            .org,
            Flag("cluster", "NAME", "the cluster's name", required: true),
        ]
    ) { arguments, configuration in
        guard !arguments.operands.isEmpty else { throw UsageError(description: "no FILE is given") }
        let runtime = try Runtime(existing: configuration)
        let work = KubernetesImport(
            database: runtime.database, organization: try runtime.organization(named: configuration["org"])
        )
        let result = try work.run(
            arguments.operands, cluster: try configuration.required("cluster"), at: runtime.queue.now())
        if arguments.has("json") { return print(json(of: result)) }
        print("\(result.images) images, \(result.projects.count) of them projects, in \(result.places) containers")
        for project in result.projects { say("\(project.name): \(project.places)") }
        guard !result.unknown.isEmpty else { return }
        print("\nNo project has the name of these; `waybill import sbom FILE --project NAME` makes one:")
        for name in result.unknown { say(name) }
    }

    private static func json(of result: KubernetesImport.Result) -> String {
        JSONWriter.object {
            $0.number("images", result.images)
            $0.number("places", result.places)
            $0.objects("projects", result.projects) { json, project in
                json.text("project", project.name)
                json.text("projectToken", project.token)
                json.number("places", project.places)
            }
            $0.texts("unknown", result.unknown)
        }
    }
}
