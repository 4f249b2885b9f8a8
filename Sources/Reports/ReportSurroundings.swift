package import Database

extension ReportRequest {
    /// The present state of the facts that the report shows beside the content of its scope. The state is part of the key that
    /// finds a report which was made before, because it changes while the revision of the scope does not. Throws
    /// `ProductionError.scopeGone` if the other side of the comparison no longer exists.
    package func surroundings(on connection: any Connection) throws -> [String] {
        let report = try report()
        var lines: [String] = []
        if let other = scope.other {
            guard let facts = try ScopeFacts.read(other, on: connection) else { throw ProductionError.scopeGone }
            lines.append("compared with revision \(facts.revision) of \(facts.name)")
        }
        if report.showsOrganization, scope.kind != .organization {
            let whole = Scope(kind: .organization, organization: scope.organization)
            let revision = try ScopeFacts.read(whole, on: connection)?.revision ?? 0
            lines.append("revision \(revision) of the organization")
        }
        if case .attribution = report.body {
            lines.append("revision \(try LicenseTexts.revision(on: connection)) of license texts")
        }
        return lines
    }
}
