import Database

extension Report {
    /// What a manager reads: how bad it is, where, and whether it gets better.
    static let risk = Report(
        name: .plain("RiskReport", in: .organization, .product, .project).answered(as: "RiskReport"),
        title: "Risk Report",
        formats: [.pdf],
        filters: [],
        body: .risk,
        isVerdict: true)
}
