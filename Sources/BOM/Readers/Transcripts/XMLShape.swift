/// The form that an XML element has in the JSON form of its document.
enum XMLShape {
    /// An object if it has attributes or elements, otherwise its text without blanks around it.
    case any
    /// Its text, unchanged.
    case text
    case number
    case boolean
    /// An array of its elements; `of` is the shape of each, where the name does not determine it.
    indirect case list(of: XMLShape? = nil)
    /// The value of its attribute `ref`.
    case reference
    /// An object of its attributes, with its text under this key.
    case content(StaticString)
    /// Like `content`, for text that keeps the blanks around it.
    case attachment
    /// An object with one member, which is the element itself.
    case nested(StaticString)
    /// `components` and `services` (CycloneDX 1.5 and later), or an array of tools (before).
    case tools
    /// Its attributes and its text become members of the object around it.
    case spilled
}

/// The conversion of a vocabulary's elements to JSON. A name may have several meanings, depending on the element
/// around it: `vulnerability/source`.
struct XMLVocabulary {
    /// The first member of the document's object; `$` stands for the part of the namespace after its prefix.
    let prologue: String
    private var shapes: [String: XMLShape] = [:]
    private var repeating: Set<String> = []
    private var keys: [String: String] = [:]

    /// Lists of names are separated by blanks. `repeated` elements have no list element around them: their repetition
    /// makes the array. `keys` are the JSON names of elements and attributes with different names.
    init(
        prologue: String = "", lists: String = "", repeated: String = "", numbers: String = "", booleans: String = "",
        texts: String = "", attachments: String = "", shapes: [String: XMLShape] = [:], keys: [String: String] = [:]
    ) {
        self.prologue = prologue
        for name in Self.names(lists) { self.shapes[name] = .list() }
        for name in Self.names(numbers) { self.shapes[name] = .number }
        for name in Self.names(booleans) { self.shapes[name] = .boolean }
        for name in Self.names(texts) { self.shapes[name] = .text }
        for name in Self.names(attachments) { self.shapes[name] = .attachment }
        self.shapes.merge(shapes) { $1 }
        repeating = Set(Self.names(repeated))
        self.keys = keys
    }

    private static func names(_ list: String) -> [String] {
        list.split { $0 == " " || $0 == "\n" }.map(String.init)
    }

    /// The shape of an element or attribute, by its name and the name of the element around it.
    struct Rule {
        var shape: XMLShape
        var isRepeated: Bool
        /// `"key":`
        var key: [UInt8]
    }

    func rule(for name: String, in parent: String) -> Rule {
        let full = "\(parent)/\(name)"
        return Rule(
            shape: shapes[full] ?? shapes[name] ?? .any,
            isRepeated: repeating.contains(full) || repeating.contains(name),
            key: Array("\"\(keys[full] ?? keys[name] ?? name)\":".utf8))
    }
}
