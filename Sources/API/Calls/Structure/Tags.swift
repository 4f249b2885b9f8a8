import Bytes
import Database
import HTTP

// Tags: mend-api.md §3.2. A value is always a list; an entity without tags gets an empty object.

extension Call {
    static let tags: [Call] = [
        tags("getOrganizationProductTags", .organization, "productTags", Tags.products),
        tags("getOrganizationProjectTags", .organization, "projectTags", Tags.projects),
        tags("getProductProjectTags", .product, "projectTags", Tags.projects),
        tags("getProductTags", .product, "productTags", Tags.products),
        tags("getProjectTags", .project, "projectTags", Tags.projects),
        tagging("saveProductTag", .product) { tag, writing in
            try Tags.save(tag.key, tag.value, writing)
                ? "Successfully saved the product's tag" : "The product has this tag already"
        },
        tagging("saveProjectTag", .project) { tag, writing in
            try Tags.save(tag.key, tag.value, writing)
                ? "Successfully saved the project's tag" : "The project has this tag already"
        },
        tagging("removeProductTag", .product) { tag, writing in
            try Tags.remove(tag.key, tag.value, writing)
                ? "Successfully removed the product's tag" : "The product has no such tag"
        },
        tagging("removeProjectTag", .project) { tag, writing in
            try Tags.remove(tag.key, tag.value, writing)
                ? "Successfully removed the project's tag" : "The project has no such tag"
        },
    ]

    private static func tags(
        _ name: String, _ kind: ScopeKind, _ key: StaticString,
        _ list: @escaping @Sendable (Scope, any Connection) throws -> [TagList]
    ) -> Call {
        Call(name, .one(kind), .readOnly, .work) { visit in
            let found = try list(visit.scope, visit.connection)
            return .answer(
                Answer.object { answer in
                    answer.objects(key, found) { answer, entry in
                        answer.text("name", entry.name)
                        answer.text("token", entry.token)
                        answer.map("tags", entry.tags.map { (name: $0.key, value: $0.values) }) { answer, key, values in
                            answer.texts(named: key, values)
                        }
                    }
                })
        }
    }

    private static func tagging(
        _ name: String, _ kind: ScopeKind,
        _ body: @escaping @Sendable ((key: String, value: String), Writing) throws -> String
    ) -> Call {
        Call(name, .one(kind), .member, .points, takes: Parameter.tag) { visit in
            let tag = try visit.request.tag()
            return visit.change { writing in Answer.message(try body(tag, writing)) }
        }
    }
}

extension Parameter {
    /// The fields that `Request.tag` reads.
    static let tag: [Parameter] = [.text("tagKey").required, .text("tagValue").required]
}

extension Request {
    /// Reads `tagKey` and `tagValue`.
    func tag() throws(APIError) -> (key: String, value: String) {
        let accepted = "1 to \(Tags.limit) bytes of text without control characters"
        func part(_ field: String) throws(APIError) -> String {
            let text = try text(field, accepted: accepted)
            let isClean = !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
            guard text.utf8.count <= Tags.limit, isClean else {
                throw .badValue(text, of: field, accepted: accepted)
            }
            return text
        }
        return (try part("tagKey"), try part("tagValue"))
    }
}
