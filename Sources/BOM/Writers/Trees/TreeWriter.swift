package import Bytes
import Glibc

/// The name of a member, a list or an item; XML may spell it in its own way.
package struct TreeName: Sendable, ExpressibleByStringLiteral {
    /// The name in JSON and in all syntaxes but XML; empty if they have no such part.
    let plain: StaticString
    /// The name of the element or attribute; empty if XML has none. The members of such an object or list are placed in the
    /// element around it.
    let xml: StaticString

    init(_ plain: StaticString, xml: StaticString) {
        self.plain = plain
        self.xml = xml
    }

    package init(stringLiteral name: StaticString) { self.init(name, xml: name) }

    /// A name that XML leaves out: such an attribute is not written, and the items of such a list repeat without an
    /// element around them.
    static func notXML(_ name: StaticString) -> Self { Self(name, xml: "") }
    static func onlyXML(_ name: StaticString) -> Self { Self("", xml: name) }
}

extension StaticString {
    /// Whether both texts are equal; neither may be a single character.
    func isSame(as other: StaticString) -> Bool {
        utf8CodeUnitCount == other.utf8CodeUnitCount
            && (utf8Start == other.utf8Start || memcmp(utf8Start, other.utf8Start, utf8CodeUnitCount) == 0)
    }
}

/// A syntax for documents that are trees of objects, lists and texts. The mappings of the standards call it.
///
/// Each call passes a name; a list passes its own name, and each item the name of an item. XML and spreadsheets need
/// both, JSON and YAML ignore the second. `attribute`, `content` and `reference` differ from `field` only in XML.
///
///     tree.beginObject("bom", to: &out)
///     tree.attribute("version", 1, to: &out)
///     tree.beginList("components", to: &out)
///     tree.beginObject("component", to: &out)
///     tree.field("name", "left-pad", to: &out)
///     …  // the ends, in reverse
///
/// The result is `{"version":1,"components":[{"name":"left-pad"}]}` in JSON, and `<bom
/// version="1"><components><component>…` in XML. A tree belongs to one thread and one document. It never throws and
/// calls no code of its user: it counts facts that a syntax cannot express in `losses`. It does not check the nesting.
/// Each mapping must close what it opens, and write attributes before other members.
package protocol TreeWriter: Sendable {
    init()
    /// The facts that the syntax itself could not express, with their numbers.
    var losses: [BOMLoss: Int] { get }
    /// Begins an object: first the document, later a member of the open object or an item of the open list.
    mutating func beginObject(_ name: TreeName, to out: inout ByteSink)
    mutating func endObject(to out: inout ByteSink)
    mutating func beginList(_ name: TreeName, to out: inout ByteSink)
    mutating func endList(to out: inout ByteSink)
    /// A text that XML writes as an attribute. It must come before the other members of the object.
    mutating func attribute(_ name: TreeName, _ value: String, to out: inout ByteSink)
    /// A number that XML writes as an attribute. It must come before the other members of the object.
    mutating func attribute(_ name: TreeName, _ value: Int, to out: inout ByteSink)
    /// A text as a member of the open object, or as an item of the open list.
    mutating func field(_ name: TreeName, _ value: String, to out: inout ByteSink)
    /// A text that XML writes as the text of the object's own element.
    mutating func content(_ name: TreeName, _ value: String, to out: inout ByteSink)
    /// A text as an item of the open list, which XML writes as the attribute `ref` of an element.
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

    /// A text, unless it is empty or only white space, which readers of XML drop.
    mutating func text(_ name: TreeName, _ value: String, to out: inout ByteSink) {
        if !value.isBlank { field(name, value, to: &out) }
    }
}

extension String {
    /// Whether the text consists of white space.
    var isBlank: Bool {
        guard let first = utf8.first else { return true }
        return first <= 32 || first >= 128 ? allSatisfy(\.isWhitespace) : false
    }
}
