import Bytes
import Database
import Inventory
import Reports
import Service

extension Doctor {
    /// Whether the database has texts of licences, which attributions must show.
    func licenseTexts() throws -> (message: String, isWarning: Bool) {
        let database = try configuration.databaseURL().open()
        defer { database.close() }
        guard case .current = try database.schemaState() else {
            return ("can be looked at when the schema is up to date", false)
        }
        let (texts, projects) = try database.read { connection in
            (try LicenseTexts.count(on: connection), try connection.integer("SELECT count(*) FROM project") ?? 0)
        }
        if texts > 0 { return ("\(counted(texts, "text")) of the SPDX list", false) }
        return (
            "none, so that attributions lack them; waybill update licenses, or waybill import licenses DIR, brings them in",
            projects > 0
        )
    }

    /// The advisories in the database: their ecosystems, their age, and the number of components that they cover. Missing
    /// advisories are not a fault.
    func advisories() throws -> (message: String, isWarning: Bool) {
        guard let basis = try basis() else { return ("can be looked at when the schema is up to date", false) }
        // Nobody publishes advisories for some ecosystems.
        let gaps = Set(basis.gaps.map { Ecosystem.word(ofPlace: $0.name) }).subtracting(["other"]).sorted()
        let remedy = "waybill update" + gaps.prefix(8).map { " osv/\($0)" }.joined()
        guard !basis.ecosystems.isEmpty else {
            return (
                """
                there are none, so that reports say "not assessed"; \(gaps.isEmpty ? "waybill update" : remedy), or waybill \
                import advisories, brings them in
                """, basis.libraries > 0
            )
        }
        let now = Clock.now()
        let old = basis.ecosystems.filter { $0.libraries > 0 && $0.read > 0 && now - $0.read > Self.oldAfter }
        let records = basis.ecosystems.map { ecosystem in
            let read = ecosystem.read > 0 ? ", last looked at \(TimeText.time(ecosystem.read))" : ""
            return "\(ecosystem.name) \(ecosystem.records), newest \(TimeText.time(ecosystem.newest))\(read)"
        }
        let shown = 40
        let more = records.count > shown ? "; and \(records.count - shown) more ecosystems" : ""
        let stale =
            old.isEmpty
            ? ""
            : " Not looked at for a week: \(old.prefix(shown).map(\.name).joined(separator: ", "));"
                + " waybill import advisories brings in what is new."
        let missing = gaps.isEmpty ? "" : " \(remedy) brings in what is missing."
        return (
            "\(basis.coverage)\(missing)\(stale) Records: \(records.prefix(shown).joined(separator: "; "))\(more)",
            !gaps.isEmpty
        )
    }

    /// The milliseconds after which advisories that were not checked are worth a warning.
    private static let oldAfter: Int64 = 7 * 24 * 3_600_000
}
