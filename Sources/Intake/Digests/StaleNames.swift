import BOM
import Database

/// Names files again whose digests have got a name, or another name, since their import.
struct StaleNames {
    /// The files of one transaction.
    private static let page = 100

    private let database: any Database
    private let now: () -> Int64

    init(database: any Database, now: @escaping () -> Int64) {
        self.database = database
        self.now = now
    }

    /// Works until no project of the organization is stale; the alerts of changed projects are then stale. Several processes
    /// may run it.
    ///
    /// - Parameter looked: called with the number of files that a step checked; false ends the work.
    func run(organization: Int64, looked: (Int) -> Bool) throws {
        while let stale = try database.read({ try DigestNames.nextStale(organization: organization, on: $0) }) {
            let files = try database.read { try UnnamedLibraries.rows(in: stale.scan, on: $0) }
            for start in stride(from: 0, to: files.count, by: Self.page) {
                let page = Array(files[start..<min(start + Self.page, files.count)])
                try name(page, of: stale)
                guard looked(page.count) else { return }
            }
            try database.write { try DigestNames.settle(stale, on: $0) }
        }
    }

    private func name(_ files: [Int64], of stale: DigestNames.StaleProject) throws {
        let known = try DigestKnowledge.files(files, organization: stale.organization, in: database)
        var staging = LibraryStaging(
            database: database, scan: StagedScan(shown: stale.scan, organization: stale.organization),
            referenceType: "", isShown: true)
        var descriptions: [Int32?] = []
        for file in known {
            if case .named(let component) = file.answer {
                descriptions.append(try staging.add(named: component))
            } else {
                descriptions.append(nil)
            }
        }
        try staging.flush()
        var rows: [(own: Int64, shown: Int64)] = []
        for (file, description) in zip(files, descriptions) {
            rows.append((file, description.map { staging.row(of: $0) } ?? file))
        }
        let time = now()
        try database.write { [rows] connection in
            let project = try ProjectView.lock(
                project: stale.project, organization: stale.organization, on: connection)
            guard let project, project.scan == stale.scan else { return }
            var unnamed = UnnamedLibraries(of: project, at: time, on: connection)
            try unnamed.show(rows)
            try unnamed.finish()
        }
    }
}
