package import Database

extension Intake {
    /// The work of schema steps whose code is here or below, under the names in the steps: facts derived from advisories,
    /// licences and policies can only be computed here (docs/schema.md, "Steps with work").
    package static let migrationWorks: [MigrationWork] = [
        .severity, .licenseExpressions, .libraryNaming, .unnamedLibraries, .exposures, .basis,
        .licenseReadings,
    ]
}
