import Bytes

/// A column of a table of rows.
struct ListColumn<Row> {
    let title: String
    let isNumber: Bool
    /// Whether narrow screens leave the column out.
    let isWide: Bool
    /// The word of this order in addresses; nil if the column cannot sort the rows.
    let order: String?
    let cell: (Row, inout HTML) -> Void

    init(
        _ title: String, isNumber: Bool = false, isWide: Bool = false, order: String? = nil,
        cell: @escaping (Row, inout HTML) -> Void
    ) {
        self.title = title
        self.isNumber = isNumber
        self.isWide = isWide
        self.order = order
        self.cell = cell
    }

    /// A column of texts.
    static func text(_ title: String, isWide: Bool = false, order: String? = nil, _ text: @escaping (Row) -> String)
        -> ListColumn
    {
        ListColumn(title, isWide: isWide, order: order) { row, html in html.text(text(row)) }
    }

    /// A column of numbers.
    static func number(
        _ title: String, isWide: Bool = false, order: String? = nil, _ number: @escaping (Row) -> Int64
    ) -> ListColumn {
        ListColumn(title, isNumber: true, isWide: isWide, order: order) { row, html in
            html.text(Words.number(number(row)))
        }
    }

    /// A column of times; 0 gives an empty cell.
    static func time(_ title: String, isWide: Bool = false, order: String? = nil, _ time: @escaping (Row) -> Int64)
        -> ListColumn
    {
        ListColumn(title, isWide: isWide, order: order) { row, html in html.time(time(row)) }
    }
}

/// The order of a table's rows that was requested.
struct Sorting {
    /// The word of the order, with `-` in front for the reverse.
    let current: String
    /// The address of the page.
    let address: Address

    /// The address of the first page in an order; for the current order, of its reverse.
    func address(of order: String) -> Address {
        address.with("after", "").with("sort", current == order ? "-\(order)" : order)
    }

    /// The value of `aria-sort`; empty for other columns.
    func direction(of order: String) -> String {
        current == order ? "ascending" : current == "-\(order)" ? "descending" : ""
    }
}

extension HTML {
    /// A table whose first column names the rows.
    mutating func table<Row>(
        _ caption: String, _ columns: [ListColumn<Row>], _ rows: [Row], sorted: Sorting? = nil
    ) {
        element("div", ("class", "scroll"), ("role", "region"), ("tabindex", "0"), ("aria-label", caption)) { html in
            html.element("table") { html in
                html.element("caption", ("class", "unseen"), text: caption)
                html.element("thead") { html in
                    html.element("tr") { html in for column in columns { html.heading(of: column, sorted) } }
                }
                html.element("tbody") { html in
                    for row in rows {
                        html.element("tr") { html in
                            for (index, column) in columns.enumerated() {
                                let style = Self.style(of: column)
                                if index == 0 {
                                    html.element("th", ("scope", "row"), ("class", style)) { column.cell(row, &$0) }
                                } else {
                                    html.element("td", ("class", style)) { column.cell(row, &$0) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private mutating func heading<Row>(of column: ListColumn<Row>, _ sorted: Sorting?) {
        guard let order = column.order, let sorted else {
            return element("th", ("scope", "col"), ("class", Self.style(of: column)), text: column.title)
        }
        let direction = sorted.direction(of: order)
        element(
            "th", ("scope", "col"), ("class", Self.style(of: column)), ("aria-sort", direction)
        ) { html in
            html.link(sorted.address(of: order), column.title, style: "sort \(direction)")
        }
    }

    private static func style<Row>(of column: ListColumn<Row>) -> String {
        [column.isNumber ? "number" : "", column.isWide ? "wide" : ""].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// Links to the first page of a list and to the next page.
    ///
    /// - Parameter next: the cursor of the next page; nil on the last page.
    mutating func pager(_ address: Address, next: String?) {
        let isFirst = !address.query.contains { $0.name == "after" }
        if isFirst, next == nil { return }
        element("nav", ("class", "pager"), ("aria-label", "Pages of the list")) { html in
            if !isFirst { html.link(address.with("after", ""), "First page") }
            if let next { html.link(address.with("after", next), "Next page", style: "next") }
        }
    }

    /// A time; empty for 0.
    mutating func time(_ milliseconds: Int64) {
        guard milliseconds > 0 else { return }
        element("time", ("datetime", TimeText.rfc3339(milliseconds)), text: Words.time(milliseconds))
    }
}

/// Numbers and times in the same form on all pages.
enum Words {
    /// A number with a thin space between groups of three digits.
    static func number(_ number: Int64) -> String {
        let digits = String(number.magnitude)
        guard digits.count > 3 else { return String(number) }
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "\u{202F}" }
            text.append(digit)
        }
        return number < 0 ? "-\(text)" : text
    }

    /// `2026-11-30 12:05`, UTC.
    static func time(_ milliseconds: Int64) -> String { String(TimeText.time(milliseconds).dropLast(3)) }

    /// `1 project`, `2 projects`.
    static func count(_ number: Int64, _ noun: String, _ nouns: String? = nil) -> String {
        "\(self.number(number)) \(number == 1 ? noun : nouns ?? noun + "s")"
    }
}
