package import Inventory

extension PolicyVulnerability {
    /// The columns of a `vulnerability v` in the order of `init(row:from:)`.
    package static let columns: SQL = """
        v.score, v.severity, CASE WHEN EXISTS (SELECT 1 FROM exploited px WHERE px.name = v.name) THEN 1 ELSE 0 END, \
        (SELECT h.score FROM likelihood h WHERE \(Likelihoods.ofVulnerability))
        """

    /// - Parameter first: the cell of the first of `columns`.
    package init(row: borrowing RowBuffer, from first: Int) {
        self.init(
            score: row.integerOrNil(first).map { Int($0) }, severity: row.string(first + 1).uppercased(),
            isExploited: row.boolean(first + 2), likelihood: row.integerOrNil(first + 3).map { Int($0) })
    }
}
