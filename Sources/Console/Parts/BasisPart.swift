import Database
import Reports

extension HTML {
    /// The basis of verdicts about vulnerabilities, shown beside the numbers that it limits.
    mutating func basis(_ basis: Basis) {
        element("p", ("class", basis.isAssessed ? "basis" : "basis weak")) { html in
            if !basis.isAssessed { html.element("strong", text: "Not assessed. ") }
            html.text(basis.isAssessed ? basis.sentence : basis.sentence.replacing("Not assessed: ", with: ""))
        }
    }

    /// The ecosystems in whose advisories components were looked up.
    mutating func ecosystems(_ basis: Basis) {
        if basis.ecosystems.isEmpty { return }
        element("details") { html in
            html.element("summary", text: "Advisories that were looked at")
            html.table(
                "Advisories that were looked at",
                [
                    .text("Ecosystem", \.name), .number("Components") { Int64($0.libraries) },
                    .number("Records") { Int64($0.records) }, .time("Newest record", \.newest),
                    .time("Last looked at", isWide: true, \.read),
                ], Array(basis.ecosystems.prefix(200)))
        }
    }
}
