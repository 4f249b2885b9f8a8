/// A place where an image runs.
package struct ImagePlace: Sendable, Equatable {
    package let cluster: String
    package let namespace: String
    package let workload: String
    package let container: String
    package let image: String
    package let tag: String
    package let digest: String

    package init(
        cluster: String, namespace: String, workload: String, container: String, image: String, tag: String,
        digest: String
    ) {
        self.cluster = cluster
        self.namespace = namespace
        self.workload = workload
        self.container = container
        self.image = image
        self.tag = tag
        self.digest = digest
    }
}

/// The places where the images of projects run.
package enum ImagePlaces {
    /// Replaces the places where the image of a project runs.
    package static func set(_ places: [ImagePlace], _ writing: Writing) throws {
        let (project, connection) = (writing.scope.project, writing.connection)
        try connection.run("DELETE FROM place WHERE project = \(project)")
        try append(places, from: 0, toProject: project, on: connection)
        try Revisions.raise(writing.scope, contentAt: writing.time, on: connection)
        try Change(
            .metadata, .places, .changed, in: writing.scope, after: ["\(places.count) places"], on: connection
        ).write(writing)
    }

    /// Replaces the places of one cluster: places by project. Other clusters stay.
    package static func replace(
        _ places: [Int64: [ImagePlace]], ofCluster cluster: String, organization: Int64, at time: Int64,
        on connection: any Connection
    ) throws {
        let before = try connection.all(
            """
            SELECT DISTINCT c.project FROM place c JOIN project p ON p.id = c.project
            WHERE p.organization = \(organization) AND c.cluster = \(cluster)
            """
        ) { $0.integer(0) }
        for project in Set(before).union(places.keys).sorted() {
            try connection.run("DELETE FROM place WHERE project = \(project) AND cluster = \(cluster)")
            let next = try connection.integer("SELECT max(position) + 1 FROM place WHERE project = \(project)") ?? 0
            try append(places[project] ?? [], from: next, toProject: project, on: connection)
            let product = try connection.integer("SELECT product FROM project WHERE id = \(project)") ?? 0
            try Revisions.raise(
                Scope(kind: .project, organization: organization, product: product, project: project), contentAt: time,
                on: connection)
        }
    }

    private static func append(
        _ places: [ImagePlace], from first: Int64, toProject project: Int64, on connection: any Connection
    ) throws {
        for (position, place) in zip(first..., places) {
            try connection.run(
                """
                INSERT INTO place (project, position, cluster, namespace, workload, container, image, tag, digest)
                VALUES (\(project), \(position), \(place.cluster), \(place.namespace), \(place.workload),
                    \(place.container), \(place.image), \(place.tag), \(place.digest))
                """)
        }
    }

    /// The project with the first of these names that any project has; the oldest, if several products have one.
    package static func project(
        named names: [String], organization: Int64, on connection: any Connection
    ) throws -> (project: Int64, name: String, token: String)? {
        for name in names {
            let found = try connection.first(
                """
                SELECT id, name, token FROM project WHERE organization = \(organization) AND name = \(name)
                ORDER BY id LIMIT 1
                """
            ) { ($0.integer(0), $0.string(1), $0.string(2)) }
            if let found { return found }
        }
        return nil
    }
}
