extension HTML {
    /// Facts with their names; unknown facts are left out.
    mutating func facts(_ facts: [(name: String, value: String)]) {
        element("dl", ("class", "facts")) { html in
            for fact in facts where !fact.value.isEmpty {
                html.element("div") { html in
                    html.element("dt", text: fact.name)
                    html.element("dd", text: fact.value)
                }
            }
        }
    }
}

extension String {
    /// This text, or the other one if this is empty.
    func or(_ other: String) -> String { isEmpty ? other : self }
}
