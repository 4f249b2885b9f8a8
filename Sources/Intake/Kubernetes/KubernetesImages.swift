import Bytes

// DESIGN. The output of `kubectl get … -o json`: an object, or a List of objects in `items`. The reader treats pods and
// everything with a template of pods alike: it looks for containers below `spec`, however deep the template is. Objects are
// read one by one, so the list of a large cluster is never in memory.

/// Reads the containers of a cluster and their images from the JSON of Kubernetes objects (API core/v1, apps/v1,
/// batch/v1).
struct KubernetesImages {
    /// A container of a workload.
    struct Use: Hashable {
        var namespace = ""
        /// `KIND/NAME` of the owner of the pods.
        var workload = ""
        var container = ""
        var image = ImageReference("")
    }

    /// The containers of each workload, in the order of the file, each once.
    private(set) var uses: [Use] = []
    private var places: [Use: Int] = [:]

    /// The parts of an object read so far.
    private struct Object {
        var kind = ""
        var name = ""
        var namespace = ""
        var owner = ""
        var containers: [(name: String, image: String)] = []
        /// The digests of the running images, by the name of the container; `image` is the requested image.
        var digests: [String: String] = [:]
    }

    /// Reads an object or a list of them.
    mutating func read(_ json: inout JSONReader) throws(JSONError) {
        var object = Object()
        try json.beginObject()
        while try json.nextKey() {
            switch json.key() {
            case "kind": object.kind = try json.string()
            case "metadata": try Self.metadata(&json, of: &object)
            case "spec": try Self.containers(&json, of: &object)
            case "status": try Self.status(&json, of: &object)
            case "items" where try json.peek() == .array:
                try json.beginArray()
                while try json.nextElement() { try read(&json) }
            default: try json.skipValue()
            }
        }
        add(object)
    }

    private static func metadata(_ json: inout JSONReader, of object: inout Object) throws(JSONError) {
        guard try json.peek() == .object else { return try json.skipValue() }
        try json.beginObject()
        while try json.nextKey() {
            switch json.key() {
            case "name": object.name = try json.string()
            case "namespace": object.namespace = try json.string()
            case "ownerReferences" where try json.peek() == .array:
                try json.beginArray()
                while try json.nextElement() {
                    var (kind, name) = ("", "")
                    try json.beginObject()
                    while try json.nextKey() {
                        switch json.key() {
                        case "kind": kind = try json.string()
                        case "name": name = try json.string()
                        default: try json.skipValue()
                        }
                    }
                    if object.owner.isEmpty { object.owner = owner(kind, name) }
                }
            default: try json.skipValue()
            }
        }
    }

    /// A replica set belongs to the deployment whose name it has, without the digest of the template.
    private static func owner(_ kind: String, _ name: String) -> String {
        guard kind == "ReplicaSet", let end = name.lastIndex(of: "-") else { return "\(kind)/\(name)" }
        return "Deployment/\(name[..<end])"
    }

    /// Reads the containers below a `spec`, and below the templates in it.
    private static func containers(_ json: inout JSONReader, of object: inout Object) throws(JSONError) {
        guard try json.peek() == .object else { return try json.skipValue() }
        try json.beginObject()
        while try json.nextKey() {
            switch json.key() {
            case "template", "jobTemplate", "spec": try containers(&json, of: &object)
            case "containers", "initContainers", "ephemeralContainers":
                guard try json.peek() == .array else {
                    try json.skipValue()
                    continue
                }
                try json.beginArray()
                while try json.nextElement() {
                    let (name, image, _) = try container(&json)
                    if !image.isEmpty { object.containers.append((name, image)) }
                }
            default: try json.skipValue()
            }
        }
    }

    private static func status(_ json: inout JSONReader, of object: inout Object) throws(JSONError) {
        guard try json.peek() == .object else { return try json.skipValue() }
        try json.beginObject()
        while try json.nextKey() {
            switch json.key() {
            case "containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses":
                guard try json.peek() == .array else {
                    try json.skipValue()
                    continue
                }
                try json.beginArray()
                while try json.nextElement() {
                    let (name, _, id) = try container(&json)
                    let digest = ImageReference(id).digest
                    if !digest.isEmpty { object.digests[name] = digest }
                }
            default: try json.skipValue()
            }
        }
    }

    private static func container(
        _ json: inout JSONReader
    ) throws(JSONError) -> (name: String, image: String, id: String) {
        var (name, image, id) = ("", "", "")
        try json.beginObject()
        while try json.nextKey() {
            switch json.key() {
            case "name": name = try json.string()
            case "image": image = try json.string()
            case "imageID": id = try json.string()
            default: try json.skipValue()
            }
        }
        return (name, image, id)
    }

    private mutating func add(_ object: Object) {
        for container in object.containers {
            var use = Use(
                namespace: object.namespace.isEmpty ? "default" : object.namespace,
                workload: object.owner.isEmpty ? "\(object.kind)/\(object.name)" : object.owner,
                container: container.name, image: ImageReference(container.image))
            // A deployment and its pods state the same, the pods with a digest. The pods of one workload may run two
            // images.
            let digest = use.image.digest.isEmpty ? object.digests[container.name] ?? "" : use.image.digest
            use.image.digest = ""
            if let place = places[use] {
                if uses[place].image.digest.isEmpty { uses[place].image.digest = digest }
            } else {
                places[use] = uses.count
                uses.append(use)
                uses[uses.count - 1].image.digest = digest
            }
        }
    }
}

/// The name of an image: `[REGISTRY/]REPOSITORY[:TAG][@DIGEST]` (the grammar of distribution's `reference` package).
struct ImageReference: Hashable {
    /// Registry and repository, unchanged.
    var repository: String
    /// The tag; `latest` if neither a tag nor a digest is given.
    var tag: String
    /// `ALGORITHM:HEX`, or empty.
    var digest: String

    init(_ text: String) {
        var rest = text[...]
        if let scheme = text.firstRange(of: "://") { rest = text[scheme.upperBound...] }
        digest = ""
        tag = ""
        if let at = rest.lastIndex(of: "@") {
            digest = String(rest[rest.index(after: at)...])
            rest = rest[..<at]
        }
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
            tag = String(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
        }
        if tag.isEmpty, digest.isEmpty { tag = "latest" }
        repository = String(rest)
    }

    /// The possible names of a project for this image, the most exact first.
    var names: [String] {
        var names: [String] = []
        for repository in repositories {
            if !tag.isEmpty { names.append("\(repository):\(tag)") }
            if !digest.isEmpty { names.append("\(repository)@\(digest)") }
        }
        return names + repositories
    }

    /// The repository unchanged, and without the registry that Docker adds.
    private var repositories: [String] {
        var all = [repository]
        for prefix in ["docker.io/library/", "index.docker.io/library/", "docker.io/", "index.docker.io/"]
        where repository.hasPrefix(prefix) {
            all.append(String(repository.dropFirst(prefix.count)))
            break
        }
        if all.count == 1 {
            if !repository.contains("/") {
                all.append("docker.io/library/\(repository)")
            } else if let first = repository.split(separator: "/").first, !first.contains("."), !first.contains(":") {
                all.append("docker.io/\(repository)")
            }
        }
        return all
    }
}
