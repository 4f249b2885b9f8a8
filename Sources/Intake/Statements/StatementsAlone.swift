import Database

// DESIGN. A CycloneDX document without components that states the result of an analysis for each vulnerability is a document of
// statements, whichever door it came through. This is known only at its end, when it was read as an SBOM. So the import stops
// there, and the document is read again as statements. A document that only lists vulnerabilities is added to the present
// content of the project (`LooseStatements`).

/// Thrown when a document that was read as an SBOM has only statements about the content of a project.
struct StatementsAlone: Error {
    let product: Int64
    let project: Int64
    /// The answer, apart from the outcome of the statements.
    let result: Intake.Result
}

extension Intake {
    /// Stops the import of a document that has only statements about the content of a project; its staged scan is not needed.
    func handOver(
        _ outcome: ScanStaging.Outcome, of scan: StagedScan, in destination: Destination
    ) throws {
        guard outcome.statements?.claims.areAnalysed == true else { return }
        let name = try destination.projectName(outOf: outcome.names) { _ in }
        let found = try database.read { connection in
            try Self.place(of: scan, product: destination.product, project: name, on: connection)
        }
        guard let found else { return }
        try database.write { connection in
            _ = try connection.run(
                "UPDATE scan SET state = 'ABANDONED' WHERE id = \(scan.id) AND state = 'STAGING'")
        }
        throw found
    }

    /// The project with this name, if it shows something.
    private static func place(
        of scan: StagedScan, product: String, project: String, on connection: any Connection
    ) throws -> StatementsAlone? {
        let place = try scan.place(product: product, project: project, on: connection)
        let row = try connection.first(
            """
            SELECT d.token, p.token, p.scan FROM project p JOIN product d ON d.id = p.product
            WHERE p.id = \(place.project) AND p.scan > 0
            """
        ) { (product: $0.string(0), project: $0.string(1), scan: $0.integer(2)) }
        guard let row else { return nil }
        let result = Result(
            product: product, productToken: row.product, project: project, projectToken: row.project,
            libraries: try StagedScan.libraryCount(of: row.scan, on: connection),
            basis: try Basis.read(scan: row.scan, on: connection),
            warnings: [
                "the document lists no components, so its statements (VEX) are kept beside what the project shows and hold for its later SBOMs, too"
            ])
        return StatementsAlone(product: place.product, project: place.project, result: result)
    }
}
