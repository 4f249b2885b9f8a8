import Bytes
package import Database
import Glibc

/// The reason why a list of images could not be read.
package enum KubernetesImportError: Error, CustomStringConvertible {
    case unreadable(path: String, why: String)
    case nothing(path: String)

    package var description: String {
        switch self {
        case .unreadable(let path, let why): "\(path): \(why); give what `kubectl get pods -A -o json` prints"
        case .nothing(let path):
            "\(path) holds no containers; give what `kubectl get pods -A -o json` prints"
        }
    }
}

/// Stores where images run, from the objects of a Kubernetes cluster. A project belongs to an image if its name is that
/// of the image, with or without tag or digest.
package struct KubernetesImport {
    /// The outcome of an import.
    package struct Result: Sendable {
        /// The number of distinct images in the files.
        package var images = 0
        /// The number of containers whose image is a project.
        package var places = 0
        package var projects: [(name: String, token: String, places: Int)] = []
        /// The images without a project of their name, each once.
        package var unknown: [String] = []
    }

    private let database: any Database
    private let organization: Int64

    package init(database: any Database, organization: Int64) {
        self.database = database
        self.organization = organization
    }

    /// Reads files of one cluster and replaces the cluster's earlier places. After an error the earlier places stay.
    package func run(_ paths: [String], cluster: String, at time: Int64) throws -> Result {
        var images = KubernetesImages()
        for path in paths {
            let before = images.uses.count
            try read(path, into: &images)
            guard images.uses.count > before || paths.count > 1 else { throw KubernetesImportError.nothing(path: path) }
        }
        guard !images.uses.isEmpty else { throw KubernetesImportError.nothing(path: paths.joined(separator: ", ")) }
        let (uses, organization) = (images.uses, organization)
        return try database.write { connection in
            var result = Result()
            var found: [ImageReference: (project: Int64, name: String, token: String)?] = [:]
            var places: [Int64: [ImagePlace]] = [:]
            var order: [Int64] = []
            for use in uses {
                let project: (project: Int64, name: String, token: String)?
                if let known = found[use.image] {
                    project = known
                } else {
                    project = try ImagePlaces.project(
                        named: use.image.names, organization: organization, on: connection)
                    found[use.image] = .some(project)
                    if let project, places[project.project] == nil {
                        places[project.project] = []
                        order.append(project.project)
                        result.projects.append((project.name, project.token, 0))
                    }
                    if project == nil { result.unknown.append(use.image.names[0]) }
                }
                guard let project else { continue }
                places[project.project, default: []].append(
                    ImagePlace(
                        cluster: cluster, namespace: use.namespace, workload: use.workload, container: use.container,
                        image: use.image.repository, tag: use.image.tag, digest: use.image.digest))
            }
            for (index, project) in order.enumerated() {
                let count = places[project]?.count ?? 0
                result.projects[index].places = count
                result.places += count
            }
            result.images = found.count
            try ImagePlaces.replace(
                places, ofCluster: cluster, organization: organization, at: time, on: connection)
            return result
        }
    }

    private func read(_ path: String, into images: inout KubernetesImages) throws(KubernetesImportError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .unreadable(path: path, why: systemMessage(errno)) }
        defer { close(file) }
        var json = JSONReader(fileDescriptor: file)
        do throws(JSONError) {
            try images.read(&json)
            try json.finish()
        } catch {
            throw .unreadable(path: path, why: "\(error)")
        }
    }
}
