package import Bytes

/// The name of a member, of a list or of an item, where XML may spell it in its own way.
package struct TreeName: Sendable, ExpressibleByStringLiteral {
    /// The name in JSON and in all syntaxes but XML; empty: there is no such thing.
    let plain: StaticString
    /// The name of the element or attribute; empty: there is none. Members of such an object or list are in the element around it.
    let xml: StaticString

    init(_ plain: StaticString, xml: StaticString) {
        self.plain = plain
        self.xml = xml
    }

    package init(stringLiteral name: StaticString) { self.init(name, xml: name) }

    /// A name that XML does without: an attribute is left out, the items of a list repeat without an element around them.
    static func notXML(_ name: StaticString) -> Self { Self(name, xml: "") }
    static func onlyXML(_ name: StaticString) -> Self { Self("", xml: name) }
}

/// A syntax for documents that are trees of objects, lists and texts. The mappings of the standards drive it.
///
/// Names come with every event, for lists the name of the list and with each item the name of one item: XML and
/// spreadsheets need both, JSON and YAML ignore the second. `attribute`, `content` and `reference` differ from `field`
/// in XML only.
///
///     tree.beginObject("bom", to: &out)
///     tree.attribute("version", 1, to: &out)
///     tree.beginList("components", to: &out)
///     tree.beginObject("component", to: &out)
///     tree.field("name", "left-pad", to: &out)
///     …  // the ends, in reverse
///
/// That is `{"version":1,"components":[{"name":"left-pad"}]}` in JSON, and `<bom version="1"><components><component>…` in XML.
/// A tree belongs to one thread and never throws: what a syntax cannot say is counted in `losses`. It does not check the
/// nesting; each mapping closes what it opens, and attributes come before other members.
package protocol TreeWriter: Sendable {
    init()
    /// The facts that the syntax itself could not express, and how often.
    var losses: [BOMLoss: Int] { get }
    /// Opens an object: the document at first, then a member of the open object or an item of the open list.
    mutating func beginObject(_ name: TreeName, to out: inout ByteSink)
    mutating func endObject(to out: inout ByteSink)
    mutating func beginList(_ name: TreeName, to out: inout ByteSink)
    mutating func endList(to out: inout ByteSink)
    /// A text that XML keeps in an attribute. Call it before the other members of the object.
    mutating func attribute(_ name: TreeName, _ value: String, to out: inout ByteSink)
    /// A number that XML keeps in an attribute. Call it before the other members of the object.
    mutating func attribute(_ name: TreeName, _ value: Int, to out: inout ByteSink)
    /// A text as a member of the open object, or as an item of the open list.
    mutating func field(_ name: TreeName, _ value: String, to out: inout ByteSink)
    /// A text that XML keeps as the text of the object's own element.
    mutating func content(_ name: TreeName, _ value: String, to out: inout ByteSink)
    /// A text as an item of the open list that XML keeps in the attribute `ref` of an element.
    mutating func reference(_ name: TreeName, _ value: String, to out: inout ByteSink)
    mutating func number(_ name: TreeName, _ value: Double, to out: inout ByteSink)
    mutating func integer(_ name: TreeName, _ value: Int, to out: inout ByteSink)
    mutating func boolean(_ name: TreeName, _ value: Bool, to out: inout ByteSink)
}

extension TreeWriter {
    package var losses: [BOMLoss: Int] { [:] }

    package mutating func attribute(_ name: TreeName, _ value: String, to out: inout ByteSink) {
        if name.plain.utf8CodeUnitCount > 0 { field(name, value, to: &out) }
    }

    package mutating func attribute(_ name: TreeName, _ value: Int, to out: inout ByteSink) {
        if name.plain.utf8CodeUnitCount > 0 { integer(name, value, to: &out) }
    }

    package mutating func content(_ name: TreeName, _ value: String, to out: inout ByteSink) {
        field(name, value, to: &out)
    }

    package mutating func reference(_ name: TreeName, _ value: String, to out: inout ByteSink) {
        field(name, value, to: &out)
    }

    /// A text where there is one: white space alone is none, and readers of XML drop it.
    mutating func text(_ name: TreeName, _ value: String, to out: inout ByteSink) {
        if !value.isBlank { field(name, value, to: &out) }
    }
}

extension String {
    /// Whether there is nothing but white space.
    var isBlank: Bool {
        guard let first = utf8.first else { return true }
        return first <= 32 || first >= 128 ? allSatisfy(\.isWhitespace) : false
    }
}
