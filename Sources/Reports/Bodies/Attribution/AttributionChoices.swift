import Bytes
import Database
import Inventory

// DESIGN. The person who signs the document is responsible for each choice in it. So each choice names its author: a person
// for this library, the organization by its order of preference, or the rule of the program.

/// A licence that a person set in place of the found one.
struct AttributedDecision {
    /// The expression that was found; empty where none was found.
    let found: String
    /// The name of the person, or the address of a person without a name; empty for the operator of the server.
    let author: String
    /// Milliseconds since 1970, UTC.
    let time: Int64
    let reference: String

    /// Nil without a decision.
    ///
    /// - Parameter start: the position of the four cells after the cells of `Origin` in the query `libraries`.
    init?(_ row: borrowing RowBuffer, at start: Int) {
        guard let time = row.integerOrNil(start + 1) else { return nil }
        found = row.string(start)
        self.time = time
        author = row.string(start + 2)
        reference = row.string(start + 3)
    }
}

/// The authors of choices between licenses.
struct AttributionChoices {
    private let preferences: LicensePreferences
    /// The author and the time of the organization's order.
    private let order: String

    init(_ organization: Int64, on connection: any Connection) throws {
        preferences = try LicenseChoices.preferences(organization, on: connection)
        // The newest change sets the order in force. An order without names needs no author.
        let isOrdered = try !LicenseChoices.names(organization, on: connection).isEmpty
        let last =
            !isOrdered
            ? nil
            : try connection.first(
                """
                SELECT coalesce(nullif(a.name, ''), a.email, ''), c.at FROM change c LEFT JOIN account a ON a.id = c.account
                WHERE c.organization = \(organization) AND c.class = \(Change.Kind.licensePreference.rawValue)
                ORDER BY c.at DESC, c.id DESC LIMIT 1
                """
            ) { Self.said($0.string(0), $0.integer(1)) }
        order = last.map { ", set by \($0)" } ?? ""
    }

    private static func said(_ author: String, _ time: Int64) -> String {
        "\(author.isEmpty ? "the operator of the server" : author) on \(TimeText.date(time))"
    }

    /// The author of a library's choice.
    func author(of library: AttributedLibrary) -> String {
        if let decision = library.decision {
            let reference = decision.reference.isEmpty ? "" : " (\(decision.reference))"
            return "decided by \(Self.said(decision.author, decision.time))\(reference)"
        }
        if let expression = LicenseExpression(library.expression), expression.isOrdered(by: preferences) {
            return "by the organization's order of preference\(order)"
        }
        return "by the least restrictive license: nobody has decided"
    }
}
