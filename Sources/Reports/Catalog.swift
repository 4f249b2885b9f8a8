package import Database

extension Report {
    /// All reports that Waybill knows.
    package static let catalog: [Report] = [.history, .inventory, .licenses, .sbom, .vulnerability]

    /// The report with this type in this scope. Types are matched in any case.
    package static func named(_ type: String, in scope: ScopeKind) -> Report? {
        let wanted = type.lowercased()
        return catalog.first { $0.name.types[scope]?.lowercased() == wanted }
    }

    /// The scopes in which a type exists, for errors that help.
    package static func scopes(of type: String) -> [ScopeKind] {
        let wanted = type.lowercased()
        return ScopeKind.allCases.filter { scope in catalog.contains { $0.name.types[scope]?.lowercased() == wanted } }
    }
}
