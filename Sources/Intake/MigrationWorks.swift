package import Database

extension Intake {
    /// The work of schema steps whose code is here or below, as the steps name it: what is derived from advisories, licences
    /// and policies can be computed here only (docs/schema.md, "Steps with work").
    package static let migrationWorks: [MigrationWork] = [
        .severity, .licenseExpressions, .libraryNaming, .unnamedLibraries, .exposures, .basis,
        .licenseReadings,
    ]
}
