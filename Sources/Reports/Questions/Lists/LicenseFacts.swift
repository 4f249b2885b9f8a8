package import Database
package import Inventory

/// The facts about a licence of an organization's libraries.
package struct LicenseFacts: Sendable, Equatable {
    /// The name that reports show.
    package let name: String
    /// The SPDX identifier; empty for a licence that is not on the SPDX list.
    package let spdx: String
    package let url: String
    /// Open Source, Source Available or Unknown.
    package let type: String
    /// The copyright risk from 0 to 100; nil where the tables have none.
    package let risk: Int64?
    /// Whether its text is on the SPDX list or in a document.
    package let hasText: Bool

    /// How far the licence reaches into the work that uses it; nil where the tables have no answer.
    package var family: LicenseFamily? { PolicyLicense(spdx: spdx, name: name).family }

    /// The most licences of one name that are listed.
    private static let limit = 20

    /// The licences with this identifier or name; several licences may share a name. The caller must have checked
    /// that the user may see them.
    package static func find(
        _ word: String, of organization: Int64, on connection: any Connection
    ) throws -> [LicenseFacts] {
        try connection.all(query(word, of: organization)) { row in
            LicenseFacts(
                name: row.string(0), spdx: row.string(1), url: row.string(2), type: row.string(3),
                risk: row.integerOrNil(4), hasText: row.boolean(5))
        }
    }

    static func query(_ word: String, of organization: Int64) -> SQL {
        """
        SELECT n.name, n.spdx, n.url, n.type, n.risk_score,
            CASE WHEN EXISTS (SELECT 1 FROM license_text t WHERE t.spdx = n.base AND t.body <> '') THEN 1
                WHEN EXISTS (SELECT 1 FROM library_license x WHERE x.license = n.id AND x.text <> '') THEN 1 ELSE 0 END
        FROM license n WHERE n.organization = \(organization) AND (n.spdx = \(word) OR n.name = \(word))
        ORDER BY n.spdx, n.name, n.id LIMIT \(limit)
        """
    }
}
