import Bytes

/// The outcome of an update for a source, or for a part of one.
package struct FeedReport: Sendable, Equatable {
    package enum State: String, Sendable {
        /// New data arrived, and is in the database.
        case updated
        case unchanged
        /// The origin does not have it; stored records stay.
        case missing
        /// It could not be used; the stored data stay.
        case failed
    }

    /// The name: `osv`, `kev`; for a part `npm`.
    package let source: String
    package let state: State
    /// The number of records of the source, if known.
    package var records: Int64 = 0
    /// The time of its newest record, in milliseconds since 1970, UTC.
    package var newest: Int64?
    /// The reason why it is missing or failed; empty otherwise.
    package var error = ""
    /// The reports of the parts, for a source with several.
    package var parts: [FeedReport] = []

    /// The outcome of a source is the worst outcome of its parts, so that no failure is overlooked.
    static func sum(_ source: String, of parts: [FeedReport]) -> FeedReport {
        let states = parts.map(\.state)
        let order: [State] = [.failed, .updated, .unchanged, .missing]
        var report = FeedReport(source: source, state: order.first(where: states.contains) ?? .missing)
        report.records = parts.reduce(0) { $0 + $1.records }
        report.newest = parts.compactMap(\.newest).max()
        report.error = parts.filter { !$0.error.isEmpty }.map { "\($0.source): \($0.error)" }.joined(separator: "; ")
        report.parts = parts
        return report
    }

    /// The reports of an update, in the form that the command line prints and the job stores.
    package static func json(_ reports: [FeedReport]) -> String {
        JSONWriter.object { $0.objects("sources", reports) { $1.write(to: &$0, as: "source") } }
    }

    private func write(to json: inout JSONWriter, as name: StaticString) {
        json.text(name, source)
        json.text("state", state.rawValue)
        json.number("records", records)
        if let newest { json.text("newest", TimeText.rfc3339(newest)) }
        if !error.isEmpty { json.text("error", error) }
        if !parts.isEmpty { json.objects("parts", parts) { $1.write(to: &$0, as: "part") } }
    }
}
