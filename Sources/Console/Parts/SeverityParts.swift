import Reports

/// Severities as words, marks and bars that can be read without colours, too.
enum Severities {
    /// The word for people.
    static func name(_ word: String) -> String {
        word.isEmpty ? "Not rated" : word.prefix(1).uppercased() + word.dropFirst()
    }

    /// The word in style sheets and addresses.
    static func style(_ word: String) -> String { word.isEmpty ? "unrated" : word }
}

extension HTML {
    /// A severity as a mark with its word.
    mutating func severity(_ word: String) {
        element("span", ("class", "badge \(Severities.style(word))"), text: Severities.name(word))
    }

    /// A state as a mark with its word.
    ///
    /// - Parameter style: `good`, `bad` or `quiet`.
    mutating func mark(_ text: String, _ style: String) { element("span", ("class", "mark \(style)"), text: text) }

    /// Open alerts by severity: a bar, and below it each number as a link.
    ///
    /// - Parameter address: the address of the page with the alerts of a severity.
    mutating func severities(_ counts: SeverityCounts, _ address: (String) -> Address) {
        bar(counts, style: "bar")
        element("ul", ("class", "counts")) { html in
            // A score of 0.0 is rare.
            for word in SeverityCounts.words where word != "none" || counts[word] > 0 {
                html.element("li", ("class", Severities.style(word))) { html in
                    html.element("a", ("href", address(word).text)) { html in
                        html.element("strong", text: Words.number(counts[word]))
                        html.text(" ")
                        html.element("span", text: Severities.name(word))
                    }
                }
            }
        }
    }

    /// The bar alone, which states its numbers to screen readers.
    mutating func bar(_ counts: SeverityCounts, style: String = "bar small") {
        guard counts.total > 0 else { return element("span", ("class", "hint"), text: "0") }
        let said = SeverityCounts.words.filter { counts[$0] > 0 }.map {
            "\(Words.number(counts[$0])) \(Severities.name($0).lowercased())"
        }
        element(
            "svg", ("class", style), ("role", "img"), ("aria-label", said.joined(separator: ", ")),
            ("viewBox", "0 0 1000 10"), ("preserveAspectRatio", "none")
        ) { html in
            html.element("title", text: said.joined(separator: ", "))
            // Each part is visible, even a small one: at least 12 of 1000.
            let parts = SeverityCounts.words.filter { counts[$0] > 0 }
            let room = 1000 - 12 * Int64(parts.count)
            var left: Int64 = 0
            for word in parts {
                let width = 12 + Int64(Double(room) * Double(counts[word]) / Double(counts.total))
                html.element(
                    "rect", ("class", Severities.style(word)), ("x", "\(left)"), ("y", "0"), ("width", "\(width)"),
                    ("height", "10"), text: "")
                left += width
            }
        }
    }
}

extension ListColumn {
    /// The columns of counts in lists of places: the two worst as numbers, and all as a bar.
    static func counts(_ counts: @escaping (Row) -> SeverityCounts) -> [ListColumn] {
        [
            .number("Critical") { counts($0)["critical"] }, .number("High") { counts($0)["high"] },
            ListColumn("Open alerts", isWide: true) { row, html in html.bar(counts(row)) },
        ]
    }
}
