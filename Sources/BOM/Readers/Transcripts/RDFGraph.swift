import Bytes

// DESIGN. RDF allows any order and any nesting: a package may be inside the relationship of a file that is inside a snippet. So
// an RDF document is the only kind that is held in memory before it is converted, with a separate limit.

/// The statements of an RDF/XML document (W3C RDF 1.1 XML Syntax, 2014), from the events of an XML parser. Names of types and
/// properties are stored without their namespace, because those of SPDX, RDF Schema, DOAP and pointers do not overlap.
final class RDFGraph: XMLHandler {
    enum Value {
        case literal([UInt8])
        case node(Int)
    }

    struct Node {
        /// The IRI, `_:name` for a named node without one, or empty.
        var id = ""
        var type = ""
        var properties: [(name: String, value: Value)] = []

        func values(_ name: String) -> [Value] { properties.filter { $0.name == name }.map(\.value) }
    }

    /// The most bytes of text and of nodes in memory.
    static let limit = 256 << 20
    static let rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

    private(set) var nodes: [Node] = []
    private(set) var failure: JSONError?
    private var numbers: [String: Int] = [:]
    private var held = 0
    private var stripes: [Stripe] = []
    private var text: [UInt8] = []

    /// Elements are alternately nodes and properties.
    private enum Stripe {
        case document
        case node(Int)
        /// A property of a node. A property; `value` is the node that is its value, once known.
        case property(String, of: Int, value: Int?)
        /// The content of a property whose value was already read.
        case ignored
    }

    /// The node with an IRI, made on first use.
    private func number(_ id: String) -> Int {
        if !id.isEmpty, let known = numbers[id] { return known }
        var node = Node()
        node.id = id
        if !id.isEmpty { numbers[id] = nodes.count }
        nodes.append(node)
        hold(id.utf8.count + 96)
        return nodes.count - 1
    }

    private func hold(_ bytes: Int) {
        held += bytes
        if held > Self.limit {
            failure =
                failure
                ?? .transcript(
                    "RDF is held in memory, and this needs more than \(Self.limit >> 20) MiB; use another syntax of SPDX"
                )
        }
    }

    private func add(_ name: String, _ value: Value, to node: Int) {
        if name == "type", nodes[node].type.isEmpty, case .node(let type) = value {
            nodes[node].type = Self.term(nodes[type].id)
        } else {
            nodes[node].properties.append((name, value))
        }
        if case .literal(let text) = value { hold(text.count + 64) }
    }

    /// The part of an IRI after its last `#`, or else after its last `/`.
    static func term(_ iri: String) -> String {
        let start = iri.lastIndex(of: "#") ?? iri.lastIndex(of: "/")
        return start.map { String(iri[iri.index(after: $0)...]) } ?? iri
    }

    private func identity(_ element: XMLElement) -> String {
        if let about = element.attribute("about", namespace: Self.rdf) { return about }
        if let id = element.attribute("ID", namespace: Self.rdf) { return "#" + id }
        return element.attribute("nodeID", namespace: Self.rdf).map { "_:" + $0 } ?? ""
    }

    func start(_ element: XMLElement) {
        guard failure == nil else { return }
        text.removeAll(keepingCapacity: true)
        switch stripes.last {
        case nil where element.nameText == "RDF" && element.namespaceText == Self.rdf: stripes.append(.document)
        case nil, .document?: stripes.append(.node(begin(element)))
        case .node(let owner)?: stripes.append(property(element, of: owner))
        case .property(let name, let owner, nil)?:
            let value = begin(element)
            stripes[stripes.count - 1] = .property(name, of: owner, value: value)
            stripes.append(.node(value))
        case .property?, .ignored?: stripes.append(.ignored)
        }
    }

    /// Reads a node element (§2.2), with the properties that it has as attributes (§2.5).
    private func begin(_ element: XMLElement) -> Int {
        let node = number(identity(element))
        if !(element.nameText == "Description" && element.namespaceText == Self.rdf) {
            nodes[node].type = element.nameText
        }
        for index in 0..<element.attributeCount {
            element.withAttribute(index) { name, space, value in
                let space = space.map { String(cString: $0) } ?? ""
                guard !space.isEmpty, space != Self.rdf, !space.hasPrefix("http://www.w3.org/XML/") else { return }
                add(String(cString: name), .literal(Array(value)), to: node)
            }
        }
        return node
    }

    /// Reads a property element (§2.3), whose value is another node, a nameless node, or its content.
    private func property(_ element: XMLElement, of owner: Int) -> Stripe {
        let name = element.nameText
        if let resource = element.attribute("resource", namespace: Self.rdf)
            ?? element.attribute("nodeID", namespace: Self.rdf).map({ "_:" + $0 })
        {
            add(name, .node(number(resource)), to: owner)
            return .ignored
        }
        if element.attribute("parseType", namespace: Self.rdf) == "Resource" {
            let node = number("")
            add(name, .node(node), to: owner)
            return .node(node)
        }
        return .property(name, of: owner, value: nil)
    }

    func text(_ piece: UnsafeRawBufferPointer) {
        guard failure == nil, case .property(_, _, nil)? = stripes.last else { return }
        text += piece
        if text.count > JSONReader.tokenLimit { failure = .tooLong(limit: JSONReader.tokenLimit, offset: 0) }
    }

    func end() {
        guard failure == nil, let stripe = stripes.popLast() else { return }
        if case .property(let name, let owner, let value) = stripe {
            add(name, value.map { .node($0) } ?? .literal(text), to: owner)
        }
        text.removeAll(keepingCapacity: true)
    }
}
