import Bytes

/// A page during its writing. Elements are constants of the program; texts and values of attributes are escaped.
struct HTML: ~Copyable {
    private var sink = ByteSink()
    /// The random text of the page, for its forms.
    private(set) var mark = ""

    /// The bytes of a whole page.
    ///
    /// - Parameters:
    ///   - seconds: the seconds after which the browser reloads this page, or loads another one; nil for never.
    ///   - path: the path of the other page; empty for this page.
    ///   - mark: the random text by which a form that is sent twice is recognised; empty for pages whose forms change nothing.
    static func page(
        title: String, refresh seconds: Int? = nil, to path: String = "", mark: String = "",
        _ body: (inout HTML) throws -> Void
    ) rethrows
        -> [UInt8]
    {
        var html = HTML()
        html.mark = mark
        html.sink.append("<!DOCTYPE html>\n")
        try html.element("html", ("lang", "en")) { html in
            html.element("head") { html in
                html.void("meta", ("charset", "utf-8"))
                html.void("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1"))
                if let seconds {
                    let content = path.isEmpty ? "\(seconds)" : "\(seconds); url=\(path)"
                    html.void("meta", ("http-equiv", "refresh"), ("content", content))
                }
                html.element("title", text: title)
                html.void("link", ("rel", "icon"), ("href", Route.iconPath), ("type", "image/svg+xml"))
                html.void("link", ("rel", "stylesheet"), ("href", Route.stylePath))
            }
            try html.element("body", body)
        }
        return html.sink.bytes
    }

    mutating func text(_ text: String) { sink.append(pageText: text) }

    /// An element with the content that `content` writes. Attributes with an empty value are left out, except `value`
    /// and `alt`.
    mutating func element(
        _ name: StaticString, _ attributes: (StaticString, String)..., content: (inout HTML) throws -> Void
    ) rethrows {
        open(name, attributes)
        try content(&self)
        close(name)
    }

    /// An element without attributes.
    mutating func element(_ name: StaticString, _ content: (inout HTML) throws -> Void) rethrows {
        open(name, [])
        try content(&self)
        close(name)
    }

    /// An element with a text.
    mutating func element(_ name: StaticString, _ attributes: (StaticString, String)..., text: String) {
        open(name, attributes)
        self.text(text)
        close(name)
    }

    /// An element without an end tag.
    mutating func void(_ name: StaticString, _ attributes: (StaticString, String)...) { open(name, attributes) }

    /// A link to a page of the console.
    mutating func link(_ address: Address, _ text: String, style: String = "") {
        element("a", ("href", address.text), ("class", style), text: text)
    }

    /// A link to another site if the address may be opened, otherwise its text.
    mutating func outside(_ address: String, _ text: String) {
        guard Deception.isWeb(address) else { return self.text(text) }
        element("a", ("href", address), ("rel", "noreferrer noopener external"), text: text)
    }

    private mutating func open(_ name: StaticString, _ attributes: [(StaticString, String)]) {
        sink.append("<")
        sink.append(name)
        for (key, value) in attributes where !value.isEmpty || key.isValue {
            sink.append(" ")
            sink.append(key)
            sink.append("=\"")
            sink.append(pageText: value)
            sink.append("\"")
        }
        sink.append(">")
    }

    private mutating func close(_ name: StaticString) {
        sink.append("</")
        sink.append(name)
        sink.append(">")
    }
}

extension StaticString {
    /// Whether an attribute of this name has a meaning when it is empty.
    fileprivate var isValue: Bool { description == "value" || description == "alt" }
}
