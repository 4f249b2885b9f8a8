import Database

extension Report {
    /// A report for managers: severity, places, and trend of risks.
    static let risk = Report(
        name: .plain("RiskReport", in: .organization, .product, .project).answered(as: "RiskReport"),
        title: "Risk Report",
        formats: [.pdf],
        filters: [],
        body: .risk,
        isVerdict: true)
}
