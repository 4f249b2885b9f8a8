import Bytes
import Database

/// The requests for the libraries of a project: one when a library first appears in it.
struct LibraryRequests {
    private let view: ProjectView
    private let time: Int64
    private let space: [UInt8]
    /// The libraries asked for in this run, by their numbers: two rows may describe one library.
    private var asked: Set<Int64> = []
    private var waiting: [LibrarySight] = []

    init(of view: ProjectView, at time: Int64, space: [UInt8]) {
        self.view = view
        self.time = time
        self.space = space
    }

    /// Asks for a library that nobody asked for in this project.
    mutating func ask(for library: LibrarySight) {
        guard library.request == nil, asked.insert(library.key).inserted else { return }
        waiting.append(library)
    }

    /// Writes what was asked.
    mutating func write(on connection: any Connection) throws {
        guard !waiting.isEmpty else { return }
        let last =
            try connection.integer("SELECT max(number) FROM library_request WHERE project = \(view.project)") ?? 0
        var rows = RowBuffer(capacity: waiting.count * 256)
        for (number, library) in zip((last + 1)..., waiting) {
            let name = [view.token, "request", library.uuid]
            rows.beginRow()
            rows.append(view.project)
            rows.append(number)
            rows.append(view.organization)
            rows.append(Identifier.uuid(of: name.joined(separator: "\0"), in: space))
            rows.append(library.library)
            rows.append(library.uuid)
            rows.append(view.uploadedBy)
            rows.append(time)
            rows.append(LibraryRequest.Status.pending.rawValue)
        }
        try connection.insert(
            rows, into: "library_request",
            [
                "project", "number", "organization", "uuid", "library", "library_uuid", "requested_by", "created_at",
                "status",
            ])
        waiting.removeAll(keepingCapacity: true)
    }
}
