import Bytes
package import Database

extension Report {
    /// All reports of Waybill.
    package static let catalog: [Report] = [
        .alerts, .attributes, .attribution, .auditTrail, .bugs, .changeLog, .clusterInventory, .containerVulnerability,
        .earlyWarnings, .earlyWarningsAlerts, .effectiveLicenses, .effectiveUsage, .history, .ignoredAlerts, .inHouse,
        .inventory, .librarySecurityAlerts, .libraryLocation, .licenseAndComplianceAlerts, .licenseCompatibility,
        .licenses, .members, .pluginPolicyViolation, .pluginRequestHistory, .productDiff, .projectDiff,
        .resolvedAlerts, .risk, .sbom, .securityAlerts, .sourceFiles, .statements, .vulnerability,
    ]

    /// The report of this type in this scope. Types are matched regardless of case. `Organization…Report`, the spelling of
    /// ws-sdk, means `Org…Report`.
    package static func named(_ type: String, in scope: ScopeKind) -> Report? {
        let wanted = canonical(type)
        return catalog.first { $0.name.types[scope]?.lowercased() == wanted }
    }

    /// The scopes in which a type exists, for error messages.
    package static func scopes(of type: String) -> [ScopeKind] {
        let wanted = canonical(type)
        return ScopeKind.allCases.filter { scope in catalog.contains { $0.name.types[scope]?.lowercased() == wanted } }
    }

    private static func canonical(_ type: String) -> String {
        let type = type.lowercased()
        return type.hasPrefix("organization") ? "org" + type.dropFirst("organization".count) : type
    }
}

extension Report {
    /// The type of a scope that an unknown word probably means: the type whose title the word contains
    /// (`ProjectDueDiligenceReport`), else the type with the most similar name.
    package static func nearest(to word: String, in kind: ScopeKind) -> String? {
        func plain(_ text: String) -> String { text.lowercased().filter(\.isLetter) }
        let types = catalog.compactMap { report in
            report.name.types[kind].map { (type: $0, title: plain(report.title)) }
        }
        let wanted = plain(word)
        let titled = types.first { it in
            ["", kind.prefix.lowercased()].contains { wanted == $0 + it.title || wanted == $0 + it.title + "report" }
        }
        return titled?.type ?? NearWord.nearest(to: word, among: types.map(\.type).sorted())
    }
}
