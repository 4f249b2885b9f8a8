/// What an XML element is in the JSON form of its document.
enum XMLShape {
    /// An object where it has attributes or elements, else its text without the blanks around it.
    case any
    /// Its text, unchanged.
    case text
    case number
    case boolean
    /// An array of the elements in it; `of` is the shape of each, where that does not follow from the name.
    indirect case list(of: XMLShape? = nil)
    /// The value of its attribute `ref`.
    case reference
    /// An object of its attributes, and of its text under this key.
    case content(StaticString)
    /// Like `content`, for text that keeps its surrounding blanks.
    case attachment
    /// An object with one member, the element itself.
    case nested(StaticString)
    /// `components` and `services` (CycloneDX 1.5 and later), or an array of tools (before).
    case tools
    /// Its attributes and its text are members of the object around it.
    case spilled
}

/// How the elements of one vocabulary become JSON. The same name may have several meanings, by the element around it:
/// `vulnerability/source`.
struct XMLVocabulary {
    /// The first member of the document's object; `$` stands for the rest of the namespace after its prefix.
    let prologue: String
    private var shapes: [String: XMLShape] = [:]
    private var repeating: Set<String> = []
    private var keys: [String: String] = [:]

    /// Lists of names are separated by blanks. `repeated` elements stand in no list of their own: they are arrays by
    /// repetition. `keys` are the JSON names of elements and attributes, where those differ.
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
