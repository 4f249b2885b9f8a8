import Bytes
import Intake
import Jobs
import Service

extension Command {
    static let importKubernetes = Command(
        words: ["import", "kubernetes"], operands: "FILE…",
        summary: "Says where images run: what `kubectl get pods -A -o json` prints of a cluster.",
        flags: [
            Flag("org", "TOKEN", "the organization's token", required: true),
            Flag("cluster", "NAME", "the cluster's name", required: true),
        ]
    ) { arguments, configuration in
        guard !arguments.operands.isEmpty else { throw UsageError(description: "no FILE is given") }
        let runtime = try Runtime(configuration)
        let work = KubernetesImport(
            database: runtime.database, organization: try runtime.organization(token: try configuration.required("org"))
        )
        let result = try work.run(
            arguments.operands, cluster: try configuration.required("cluster"), at: runtime.queue.now())
        if arguments.has("json") { return print(json(of: result)) }
        print("\(result.images) images, \(result.projects.count) of them projects, in \(result.places) containers")
        for project in result.projects { print("\(project.name): \(project.places)") }
        guard !result.unknown.isEmpty else { return }
        print("\nNo project has the name of these; `waybill import sbom FILE --project NAME` makes one:")
        for name in result.unknown { print(name) }
    }
    private static func json(of result: KubernetesImport.Result) -> String {
        var json = ByteSink()
        json.append(raw: "{\"images\":\(result.images),\"places\":\(result.places),\"projects\":[")
        for (index, project) in result.projects.enumerated() {
            json.append(raw: index == 0 ? "{\"project\":" : ",{\"project\":")
            json.append(jsonString: project.name)
            json.append(",\"projectToken\":")
            json.append(jsonString: project.token)
            json.append(raw: ",\"places\":\(project.places)}")
        }
        json.append("],\"unknown\":[")
        for (index, name) in result.unknown.enumerated() {
            if index > 0 { json.append(",") }
            json.append(jsonString: name)
        }
        json.append("]}")
        return json.text
    }
}
