import BOM
import Bytes

// DESIGN. Statements name products by ids. The tree defines the meaning of an id: a product with its names, or a product as a
// part of another (a relationship). The parts of a relationship may be relationships, too. The tree is small beside the
// statements and kept whole.

/// The products of a CSAF document (CSAF 2.0, 3.2.2 "Product Tree").
struct CSAFProductTree {
    private struct Relation {
        let part: String
        let whole: String
        let own: ProductReference
    }

    private var products: [String: ProductReference] = [:]
    private var relations: [String: Relation] = [:]
    private(set) var groups: [String: [String]] = [:]
    private var count = 0

    private static let limit = 1_000_000
    /// The most levels of branches, and of relationships between relationships.
    private static let depthLimit = 64

    /// The target of an id; the error is the reason why it has none. For relationships of relationships, the innermost part and
    /// the outermost whole count.
    func target(_ id: String) -> Result<Statement.Target, Fault> {
        guard let relation = relations[id] else {
            return products[id].map { .success(Statement.Target($0)) } ?? .failure(Self.unknown(id))
        }
        switch (follow(id, \.part), follow(id, \.whole)) {
        case (.success(var part), .success(let whole)):
            if part.purl == nil { part.purl = relation.own.purl }
            return .success(Statement.Target(whole, part: part))
        case (.failure(let fault), _), (_, .failure(let fault)): return .failure(fault)
        }
    }

    private func follow(_ id: String, _ side: KeyPath<Relation, String>) -> Result<ProductReference, Fault> {
        var at = id
        for _ in 0..<Self.depthLimit {
            guard let relation = relations[at] else {
                return products[at].map { .success($0) } ?? .failure(Self.unknown(at))
            }
            at = relation[keyPath: side]
        }
        return .failure(Fault(text: "the product tree leads from \"\(id.prefix(100))\" in a circle"))
    }

    /// The reason why an id has no meaning.
    struct Fault: Error { let text: String }

    private static func unknown(_ id: String) -> Fault {
        Fault(text: "the product \"\(id.prefix(100))\" is not in the product tree")
    }

    // MARK: Reading

    private enum Field: String, CaseIterable, Sendable {
        case branches, relationships
        case names = "full_product_names"
        case groups = "product_groups"
    }
    private static let fields = JSONKeys<Field>()

    mutating func read(_ json: inout JSONReader) throws {
        guard try json.beginObjectUnlessNull() else { return }
        var seen = JSONSeenKeys()
        while try json.nextKey() {
            switch try json.key(in: Self.fields, seen: &seen) {
            case .branches: try branches(&json, Branch(), level: 1)
            case .names:
                guard try json.beginArrayUnlessNull() else { continue }
                while try json.nextObject() { try add(try product(&json), of: Branch()) }
            case .groups: try readGroups(&json)
            case .relationships: try readRelationships(&json)
            case nil: try json.skipValue()
            }
        }
    }

    /// The facts about a product in the branches above it (3.1.2.2 "Branches Type - Category").
    private struct Branch {
        var name = ""
        var version = ""
        var range = ""

        func under(_ category: String, _ text: String) -> Branch {
            var it = self
            switch category {
            case "product_name": it.name = text
            case "product_version": it.version = text
            case "product_version_range": it.range = text
            default: break
            }
            return it
        }
    }

    private mutating func branches(_ json: inout JSONReader, _ above: Branch, level: Int) throws {
        guard level <= Self.depthLimit else {
            throw BOMError.tooLarge(what: "branches of the product tree lie too deep", limit: Self.depthLimit)
        }
        guard try json.beginArrayUnlessNull() else { return }
        while try json.nextObject() {
            var (category, name) = ("", "")
            var own: (id: String, product: ProductReference)?
            // Members come in any order, so the content waits for the name.
            var below: String?
            while try json.nextKey() {
                if json.keyEquals("category") {
                    category = try json.text()
                } else if json.keyEquals("name") {
                    name = try json.text()
                } else if json.keyEquals("product") {
                    guard try json.beginObjectUnlessNull() else { continue }
                    own = try product(&json)
                } else if json.keyEquals("branches"), !category.isEmpty, !name.isEmpty {
                    try branches(&json, above.under(category, name), level: level + 1)
                } else if json.keyEquals("branches") {
                    guard let raw = try json.rawValue(limit: BOMReader.partLimit) else {
                        throw BOMError.tooLarge(
                            what: "branches of the product tree stand before the name above them",
                            limit: BOMReader.partLimit)
                    }
                    below = raw
                } else {
                    try json.skipValue()
                }
            }
            let branch = above.under(category, name)
            if let own { try add(own, of: branch) }
            if let below {
                var inner = JSONReader(below.utf8)
                try branches(&inner, branch, level: level + 1)
            }
        }
    }

    private mutating func add(_ found: (id: String, product: ProductReference), of branch: Branch) throws {
        var product = found.product
        if !branch.name.isEmpty {
            product.name = branch.name
            product.version = branch.version
        }
        if branch.range.lowercased().hasPrefix("vers:") {
            product.ranges.append(branch.range)
        } else if !branch.range.isEmpty {
            product.ranges.append("vers:none/\(branch.range)")
        }
        try count(found.id)
        products[found.id] = product
    }

    private mutating func count(_ id: String) throws {
        count += 1
        guard count <= Self.limit else {
            throw BOMError.tooLarge(what: "the product tree is too large", limit: Self.limit)
        }
        guard products[id] == nil, relations[id] == nil else {
            throw BOMError.invalid(what: "the product tree has two products with the id \"\(id.prefix(100))\"")
        }
    }

    private enum ProductField: String, CaseIterable, Sendable {
        case name
        case id = "product_id"
        case helper = "product_identification_helper"
    }
    private static let productFields = JSONKeys<ProductField>()

    /// Reads a full product name, whose object was entered (3.1.3).
    private func product(_ json: inout JSONReader) throws -> (id: String, product: ProductReference) {
        var id = ""
        var it = ProductReference(text: "")
        var seen = JSONSeenKeys()
        while try json.nextKey() {
            switch try json.key(in: Self.productFields, seen: &seen) {
            case .id: id = try json.text()
            case .name:
                it.text = try json.text()
                it.name = it.text
            case .helper: try helper(&json, into: &it)
            case nil: try json.skipValue()
            }
        }
        return (id, it)
    }

    /// Reads 3.1.3.3 "Product Identification Helper".
    private func helper(_ json: inout JSONReader, into it: inout ProductReference) throws {
        guard try json.beginObjectUnlessNull() else { return }
        while try json.nextKey() {
            if json.keyEquals("purl") {
                it.take(identifier: try json.text())
            } else if json.keyEquals("hashes") {
                guard try json.beginArrayUnlessNull() else { continue }
                while try json.nextObject() { try digests(&json, into: &it) }
            } else if json.keyEquals("sbom_urls") {
                for address in try json.texts() where BOMLink(address) != nil { it.take(identifier: address) }
            } else {
                try json.skipValue()
            }
        }
    }

    /// Reads an entry of `hashes`, whose object was entered: a file and its digests.
    private func digests(_ json: inout JSONReader, into it: inout ProductReference) throws {
        while try json.nextKey() {
            guard json.keyEquals("file_hashes") else {
                try json.skipValue()
                continue
            }
            guard try json.beginArrayUnlessNull() else { continue }
            while try json.nextObject() {
                while try json.nextKey() {
                    if json.keyEquals("value") { it.take(digest: try json.text()) } else { try json.skipValue() }
                }
            }
        }
    }

    private mutating func readGroups(_ json: inout JSONReader) throws {
        guard try json.beginArrayUnlessNull() else { return }
        while try json.nextObject() {
            var (id, ids): (String, [String]) = ("", [])
            while try json.nextKey() {
                if json.keyEquals("group_id") {
                    id = try json.text()
                } else if json.keyEquals("product_ids") {
                    ids = try json.texts()
                } else {
                    try json.skipValue()
                }
            }
            groups[id, default: []] += ids
        }
    }

    private enum RelationField: String, CaseIterable, Sendable {
        case category
        case own = "full_product_name"
        case part = "product_reference"
        case whole = "relates_to_product_reference"
    }
    private static let relationFields = JSONKeys<RelationField>()

    /// Reads 3.2.2.4 "Relationships": one product as a part of another, or installed on or with it.
    private mutating func readRelationships(_ json: inout JSONReader) throws {
        guard try json.beginArrayUnlessNull() else { return }
        while try json.nextObject() {
            var (part, whole) = ("", "")
            var own: (id: String, product: ProductReference)?
            var seen = JSONSeenKeys()
            while try json.nextKey() {
                switch try json.key(in: Self.relationFields, seen: &seen) {
                case .part: part = try json.text()
                case .whole: whole = try json.text()
                case .own:
                    guard try json.beginObjectUnlessNull() else { continue }
                    own = try product(&json)
                case .category, nil: try json.skipValue()
                }
            }
            guard let own, !own.id.isEmpty else { continue }
            try count(own.id)
            relations[own.id] = Relation(part: part, whole: whole, own: own.product)
        }
    }
}
