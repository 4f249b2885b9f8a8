package import Database

extension Report {
    /// All reports that Waybill knows.
    package static let catalog: [Report] = [
        .alerts, .attributes, .attribution, .bugs, .changeLog, .clusterInventory, .containerVulnerability,
        .earlyWarnings,
        .earlyWarningsAlerts, .effectiveLicenses, .effectiveUsage, .history, .ignoredAlerts, .inHouse, .inventory,
        .librarySecurityAlerts, .libraryLocation, .licenseAndComplianceAlerts, .licenseCompatibility, .licenses,
        .members, .pluginPolicyViolation, .pluginRequestHistory, .productDiff, .projectDiff, .resolvedAlerts, .risk,
        .sbom,
        .securityAlerts,
        .sourceFiles, .vulnerability,
    ]

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
