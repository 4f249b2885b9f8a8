/// A value of a field, and its words.
struct Choice {
    let value: String
    let text: String

    init(_ value: String, _ text: String) {
        self.value = value
        self.text = text
    }
}

/// A field of a form: its label, its accepted values, and the fault in its last value.
struct Field {
    let name: String
    let label: String
    /// The id in the page; equals the name unless two fields share it.
    var id: String
    var hint = ""
    var value = ""
    /// The `type` in HTML.
    var type = "text"
    var isNeeded = false
    /// The choices with their words; empty for fields to type into.
    var choices: [Choice] = []
    /// Suggestions: other values may be typed, too.
    var proposals: [String] = []
    var isLong = false

    init(_ name: String, _ label: String) {
        self.name = name
        self.label = label
        id = name
    }
}

extension HTML {
    /// A form that is sent to a page.
    ///
    /// - Parameter button: the label of the button, which names its action.
    mutating func form(
        to address: Address, button: String, style: String = "", hidden: [(name: String, value: String)] = [],
        content: (inout HTML) -> Void
    ) {
        element("form", ("method", "post"), ("action", address.text), ("class", style)) { html in
            html.hidden(hidden)
            content(&html)
            html.element("button", ("class", "primary"), text: button)
        }
    }

    /// A button alone.
    ///
    /// - Parameter subject: the subject, for screen readers, which do not read the button's row.
    mutating func button(
        _ text: String, of subject: String = "", to address: Address, hidden: [(name: String, value: String)]
    ) {
        element("form", ("method", "post"), ("action", address.text), ("class", "inline")) { html in
            html.hidden(hidden)
            html.element("button", ("aria-label", subject.isEmpty ? "" : "\(text) \(subject)"), text: text)
        }
    }

    /// A form that requests another view of the same page.
    mutating func filters(_ address: Address, content: (inout HTML) -> Void) {
        element("form", ("method", "get"), ("action", address.path), ("class", "filters")) { html in
            content(&html)
            html.element("button", text: "Show")
        }
    }

    /// A form that searches for names in the list of the page.
    mutating func search(_ visit: Visit, _ label: String) {
        filters(visit.address) { html in
            var field = Field("name", label)
            field.value = visit.query("name")
            field.type = "search"
            html.field(field)
        }
    }

    private mutating func hidden(_ fields: [(name: String, value: String)]) {
        let mark = mark.isEmpty ? [] : [(name: SubmissionMemory.field, value: mark)]
        for field in mark + fields {
            void("input", ("type", "hidden"), ("name", field.name), ("value", field.value))
        }
    }

    /// A field with its label, and the problem if this field is at fault.
    mutating func field(_ field: Field, _ problem: Problem? = nil) {
        let wrong = problem?.field == field.name ? problem?.text : nil
        let described = [field.hint.isEmpty ? "" : "hint-\(field.id)", wrong == nil ? "" : "wrong-\(field.id)"]
            .filter { !$0.isEmpty }.joined(separator: " ")
        element("div", ("class", wrong == nil ? "field" : "field wrong")) { html in
            html.element("label", ("for", "field-\(field.id)"), text: field.label)
            html.control(field, described, isWrong: wrong != nil)
            if let wrong { html.element("p", ("class", "wrong"), ("id", "wrong-\(field.id)"), text: wrong) }
            if !field.hint.isEmpty {
                html.element("p", ("class", "hint"), ("id", "hint-\(field.id)"), text: field.hint)
            }
        }
    }

    /// Checkboxes of which any number may be checked.
    ///
    /// - Parameters:
    ///   - id: distinguishes two forms of a page.
    ///   - chosen: the values whose boxes are checked.
    mutating func checks(
        _ name: String, _ legend: String, id: String = "", _ choices: [Choice], chosen: [String],
        _ problem: Problem? = nil
    ) {
        let wrong = problem?.field == name ? problem?.text : nil
        let mark = "wrong-\(id.or(name))"
        element("fieldset", ("class", wrong == nil ? "" : "wrong"), ("aria-describedby", wrong == nil ? "" : mark)) {
            html in
            html.element("legend", text: legend)
            for choice in choices {
                html.element("label", ("class", "check")) { html in
                    html.void(
                        "input", ("type", "checkbox"), ("name", name), ("value", choice.value),
                        ("checked", chosen.contains(choice.value) ? "checked" : ""))
                    html.text(choice.text)
                }
            }
            if let wrong { html.element("p", ("class", "wrong"), ("id", mark), text: wrong) }
        }
    }

    private mutating func control(_ field: Field, _ described: String, isWrong: Bool) {
        let (id, invalid) = ("field-\(field.id)", isWrong ? "true" : "")
        let needed = field.isNeeded ? "required" : ""
        if !field.choices.isEmpty {
            return element(
                "select", ("id", id), ("name", field.name), ("aria-describedby", described), ("aria-invalid", invalid)
            ) { html in
                for choice in field.choices {
                    html.element(
                        "option", ("value", choice.value), ("selected", choice.value == field.value ? "selected" : ""),
                        text: choice.text)
                }
            }
        }
        if field.isLong {
            return element(
                "textarea", ("id", id), ("name", field.name), ("rows", "3"), ("required", needed),
                ("aria-describedby", described), ("aria-invalid", invalid), text: field.value)
        }
        void(
            "input", ("type", field.type), ("id", id), ("name", field.name), ("value", field.value),
            ("required", needed), ("aria-describedby", described), ("aria-invalid", invalid), ("autocomplete", "off"),
            ("list", field.proposals.isEmpty ? "" : "\(id)-list"))
        guard !field.proposals.isEmpty else { return }
        element("datalist", ("id", "\(id)-list")) { html in
            for proposal in field.proposals { html.element("option", ("value", proposal), text: "") }
        }
    }
}
