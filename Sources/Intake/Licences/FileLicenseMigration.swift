import BOM
import Database
import Inventory

/// Decides the licences of files that older imports stored; the facts contain them. One slice of the work `license
/// readings`.
///
/// It uses its own SQL, because the schema is that of the step.
enum FileLicenseMigration {
    /// The prefix of this part's marks; the scan and the position of the last file follow.
    static let word = "file"
    private static let sliceLength = 500

    static func run(after mark: String, on connection: any Connection) throws -> MigrationWork.Slice {
        let place = mark.split(separator: " ").dropFirst().compactMap { Int64($0) }
        let (scan, position) = place.count == 2 ? (place[0], place[1]) : (-1, -1)
        let files = try connection.all(
            """
            SELECT scan, position, body FROM source_file
            WHERE scan > \(scan) OR (scan = \(scan) AND position > \(position))
            ORDER BY scan, position LIMIT \(sliceLength)
            """
        ) { (scan: $0.integer(0), position: $0.integer(1), body: $0.string(2)) }
        var effective = EffectiveLicenses()
        for file in files where !file.body.isEmpty {
            let licenses = effective.licenses(of: try SourceFileFacts.decode(file.body))
            if licenses.text.isEmpty { continue }
            try connection.run(
                """
                UPDATE source_file SET licenses = \(LicenseRows.names(licenses.rows)),
                    license_expression = \(licenses.text)
                WHERE scan = \(file.scan) AND position = \(file.position)
                """)
        }
        guard files.count == sliceLength, let last = files.last else {
            return MigrationWork.Slice(mark: nil, rows: files.count)
        }
        return MigrationWork.Slice(mark: "\(word) \(last.scan) \(last.position)", rows: files.count)
    }
}
