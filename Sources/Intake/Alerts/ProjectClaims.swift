import Database

/// The claims of a project's document, and the statements about the project.
struct ProjectClaims: Sendable {
    /// Entries that one transaction names and describes.
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

    /// Names and describes unknown vulnerabilities of entries, some in each transaction.
    func introduce(_ entries: [Claims.Entry], in hidden: HiddenRows) throws {
        for start in stride(from: 0, to: entries.count, by: Self.page) {
            let some = Array(entries[start..<min(entries.count, start + Self.page)])
            try hidden.write { connection in
                var claimed = claimed(on: connection)
                try claimed.introduce(some)
            }
        }
    }
}
