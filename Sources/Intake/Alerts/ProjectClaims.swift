import Database

/// The claims of a project's document, and the statements about the project.
struct ProjectClaims: Sendable {
    /// The entries that one transaction names and describes.
    private static let page = 50

    let view: ProjectView
    private let statements: ProjectStatements
    private let listsProduct: Bool

    init(of view: ProjectView, on connection: any Connection) throws {
        self.view = view
        statements = try ProjectStatements(of: view, on: connection)
        listsProduct = try view.productPlace(on: connection) != nil
    }

    func claimed(on connection: any Connection) -> ClaimedVulnerabilities {
        ClaimedVulnerabilities(of: view, with: statements, listsProduct: listsProduct, on: connection)
    }

    /// The entries that `introduce` has something to write for, with their neighbours: reading all of them is long, and needs no writer.
    func unknown(on connection: any Connection) throws -> [Claims.Entry] {
        try pages(of: claimed(on: connection).entries()).filter { some in
            let recording = RecordingConnection(connection)
            var claimed = claimed(on: recording)
            do {
                try claimed.introduce(some)
            } catch is WriterNeeded {
                return true
            }
            return recording.hasWrites
        }.flatMap(\.self)
    }

    /// Names and describes unknown vulnerabilities of entries, some in each transaction.
    func introduce(_ entries: [Claims.Entry], in hidden: HiddenRows) throws {
        for some in pages(of: entries) {
            try hidden.write { connection in
                var claimed = claimed(on: connection)
                try claimed.introduce(some)
            }
        }
    }

    private func pages(of entries: [Claims.Entry]) -> [[Claims.Entry]] {
        stride(from: 0, to: entries.count, by: Self.page).map { start in
            Array(entries[start..<min(entries.count, start + Self.page)])
        }
    }
}
