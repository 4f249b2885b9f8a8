import Bytes
import Database
import HTTP
import Inventory
import Jobs

// Statements about libraries by people and their tools. Mend's names for these requests are unknown, so they have
// names of Waybill's own, which cannot be confused with Mend's: docs/curation.md.

extension Call {
    static let curation: [Call] = [
        markInHouse, unmarkInHouse, inHouseRules, addInHouseRule, removeInHouseRule, setLicenses, resetLicenses,
        licensePreferences, setLicensePreferences, attributes, addAttribute, setAttributeValue, setBugs, setPlaces,
    ]

    private static let keyUUID = Parameter.text("keyUuid").required
    private static let uuidAccepted = "the keyUuid of a library"

    // MARK: In-house

    private static let markInHouse = Call(
        "waybillMarkInHouse", .one(.organization), .member, .work,
        takes: [.texts("keyUuids").required, .text("reason")]
    ) { visit in
        let uuids = try visit.request.texts("keyUuids", accepted: "a list of keyUuid values").map { $0.lowercased() }
        let reason = try visit.request.textIfAny("reason", accepted: "a text") ?? "marked by hand"
        return visit.changeAndSettleAlerts { writing in
            if let unknown = try InHouse.mark(uuids, reason: reason, by: writing.curator, on: writing.connection) {
                throw APIError.unknownLibrary(unknown, of: "keyUuids")
            }
            return Answer.message("Successfully marked \(uuids.count) libraries as in-house")
        }
    }

    private static let unmarkInHouse = Call(
        "waybillUnmarkInHouse", .one(.organization), .member, .work, takes: [.texts("keyUuids").required]
    ) { visit in
        let uuids = try visit.request.texts("keyUuids", accepted: "a list of keyUuid values").map { $0.lowercased() }
        return visit.changeAndSettleAlerts { writing in
            if let unknown = try InHouse.unmark(uuids, by: writing.curator, on: writing.connection) {
                throw APIError.notFound(unknown, of: "keyUuids")
            }
            return Answer.message("Successfully unmarked \(uuids.count) libraries")
        }
    }

    private static let inHouseRules = Call("waybillGetInHouseRules", .one(.organization), .readOnly, .work) { visit in
        let rules = try InHouse.rules(visit.scope.organization, on: visit.connection)
        return .answer(
            Answer.object { answer in
                answer.objects("inHouseRules", rules) { answer, rule in
                    answer.number("id", rule.id)
                    answer.text("type", rule.kind.rawValue)
                    answer.text("pattern", rule.pattern.text)
                    answer.text("description", rule.description)
                    if let fault = rule.pattern.fault { answer.text("problem", "marks nothing: \(fault)") }
                }
            })
    }

    /// The time in which a call marks libraries; background work marks the rest.
    private static let patience = Duration.milliseconds(2000)

    /// Changes the rules of an organization, then marks or unmarks existing libraries, then starts the decision of
    /// alerts.
    private static func changeRules(
        _ visit: borrowing CallVisit, _ change: @escaping @Sendable (Curator, any Connection) throws -> Int64,
        answer: @escaping @Sendable (_ rule: Int64, _ isDone: Bool, _ marked: Int) -> HTTPResponse
    ) -> Outcome {
        let (backend, frame) = (visit.backend, visit.frame)
        return .write {
            let rule = try await backend.database.write { connection in
                try change(frame.writing(on: connection).curator, connection)
            }
            let work = RuleWork(database: backend.database, now: backend.queue.now)
            let end = ContinuousClock.now + patience
            let (isDone, marked) = try await backend.settlingThreads.attempt {
                let isDone = try work.run(rule: rule) { ContinuousClock.now >= end }
                return try backend.database.read { connection in
                    (isDone, try RuleWork.marked(by: rule, of: frame.scope.organization, on: connection))
                }
            }.get()
            await backend.settleAlerts(frame.scope.organization)
            return answer(rule, isDone, marked)
        }
    }

    private static let addInHouseRule = Call(
        "waybillAddInHouseRule", .one(.organization), .administrator, .work,
        takes: [
            .object(
                "rule",
                [
                    .words("type", InHouse.Kind.allCases.map(\.rawValue)).required,
                    .text("pattern", as: "acme-*").required, .text("description"),
                ]
            ).required
        ]
    ) { visit in
        let rule = try visit.request.object("rule", accepted: "an object with type, pattern and description")
        let kinds = InHouse.Kind.allCases.map(\.rawValue).joined(separator: ", ")
        let word = try visit.request.text("type", in: rule, of: "rule", accepted: kinds)
        guard let kind = InHouse.Kind(rawValue: word.uppercased()) else {
            throw APIError.badValue(word, of: "rule.type", accepted: kinds)
        }
        let text = try visit.request.text("pattern", in: rule, of: "rule", accepted: APIError.patternAccepted)
        let pattern = try NamePattern.reading(text, of: "rule.pattern")
        let description = rule.text("description") ?? ""
        return changeRules(visit) { curator, connection in
            guard
                let id = try InHouse.add(kind, pattern, description: description, by: curator, on: connection)
            else { throw APIError.full("an organization has at most \(InHouse.ruleLimit) in-house rules; remove some") }
            return id
        } answer: { id, isDone, marked in
            Answer.object { answer in
                answer.text(
                    "message",
                    isDone
                        ? "Successfully added the rule"
                        : "Successfully added the rule; libraries are still being marked in the background")
                answer.number("id", id)
                answer.number("markedLibraries", Int64(marked))
            }
        }
    }

    private static let ruleID = WholeNumber("ruleId", in: NumberText.ids)

    private static let removeInHouseRule = Call(
        "waybillRemoveInHouseRule", .one(.organization), .administrator, .work, takes: [.number(ruleID).required]
    ) { visit in
        let id = try visit.request.number(ruleID)
        return changeRules(visit) { curator, connection in
            guard try InHouse.remove(rule: id, by: curator, on: connection) else {
                throw APIError.notFound("\(id)", of: ruleID.name)
            }
            return id
        } answer: { _, isDone, _ in
            Answer.message(
                isDone
                    ? "Successfully removed the rule"
                    : "Successfully removed the rule; its marks are still being removed in the background")
        }
    }

    // MARK: Licences

    private static let setLicenses = Call(
        "waybillSetLicenses", .one(.organization), .member, .work,
        takes: [keyUUID, .texts("licenses").required, .text("reference")]
    ) { visit in
        let uuid = try visit.request.text("keyUuid", accepted: uuidAccepted).lowercased()
        let given = try visit.request.texts("licenses", accepted: "a list of names, SPDX identifiers or expressions")
        let reference = try visit.request.textIfAny("reference", accepted: "an address or a text") ?? ""
        return visit.changeAndSettleAlerts { writing in
            let found = try LicenseOverrides.set(
                given, of: uuid, reference: reference, by: writing.curator, on: writing.connection)
            guard found else { throw APIError.unknownLibrary(uuid, of: "keyUuid") }
            return Answer.message("Successfully set the licenses of the library")
        }
    }

    private static let resetLicenses = Call(
        "waybillResetLicenses", .one(.organization), .member, .work, takes: [keyUUID]
    ) { visit in
        let uuid = try visit.request.text("keyUuid", accepted: uuidAccepted).lowercased()
        return visit.changeAndSettleAlerts { writing in
            guard try LicenseOverrides.reset(uuid, by: writing.curator, on: writing.connection) else {
                throw APIError.notFound(uuid, of: "keyUuid")
            }
            return Answer.message("Successfully reset the licenses of the library")
        }
    }

    private static let licensePreferences = Call(
        "waybillGetLicensePreferences", .one(.organization), .readOnly, .work
    ) { visit in
        let names = try LicenseChoices.names(visit.scope.organization, on: visit.connection)
        return .answer(Answer.object { $0.texts("licenses", names) })
    }

    private static let setLicensePreferences = Call(
        "waybillSetLicensePreferences", .one(.organization), .administrator, .work, takes: [.texts("licenses")]
    ) { visit in
        let accepted = "a list of at most \(LicensePreferences.limit) SPDX identifiers or names, the preferred first"
        // An empty list takes the order away.
        let given = visit.request.isEmptyList("licenses") ? [] : try visit.request.texts("licenses", accepted: accepted)
        let names = given.map { $0.split(whereSeparator: \.isNewline).joined(separator: " ") }
        guard names.count <= LicensePreferences.limit else {
            throw APIError.badValue("\(names.count) licenses", of: "licenses", accepted: accepted)
        }
        return visit.changeAndSettleAlerts { writing in
            try LicenseChoices.set(names, by: writing.curator, on: writing.connection)
            return Answer.message("Successfully set the preferred licenses")
        }
    }

    // MARK: Attributes

    private static let attributes = Call("waybillGetAttributes", .one(.organization), .readOnly, .work) { visit in
        let found = try LibraryFacts.attributes(visit.scope.organization, on: visit.connection)
        return .answer(
            Answer.object { answer in
                answer.objects("attributes", found) { answer, attribute in
                    answer.number("id", attribute.id)
                    answer.text("name", attribute.name)
                    answer.text("description", attribute.description)
                    answer.text("context", attribute.context.rawValue)
                    answer.text("type", attribute.kind.rawValue)
                }
            })
    }

    private static let addAttribute = Call(
        "waybillAddAttribute", .one(.organization), .administrator, .work,
        takes: [
            .object(
                "attribute",
                [
                    .text("name").required, .words("context", Attribute.Context.allCases.map(\.rawValue)),
                    .words("type", Attribute.Kind.allCases.map(\.rawValue)), .text("description"),
                ]
            ).required
        ]
    ) { visit in
        let field = try visit.request.object("attribute", accepted: "an object with name, context and type")
        let name = try visit.request.text("name", in: field, of: "attribute", accepted: "a text")
        let contexts = Attribute.Context.allCases.map(\.rawValue).joined(separator: ", ")
        let contextWord = field.text("context") ?? "ORGANIZATION"
        guard let context = Attribute.Context(rawValue: contextWord.uppercased()) else {
            throw APIError.badValue(contextWord, of: "attribute.context", accepted: contexts)
        }
        let kindWord = field.text("type") ?? "TEXT"
        guard let kind = Attribute.Kind(rawValue: kindWord.uppercased()) else {
            throw APIError.badValue(kindWord, of: "attribute.type", accepted: "TEXT, LINK")
        }
        let description = field.text("description") ?? ""
        return visit.change { writing in
            let isNew = try LibraryFacts.addAttribute(
                name, description: description, context: context, kind: kind, by: writing.curator,
                on: writing.connection)
            guard isNew else {
                throw APIError.badValue(name, of: "attribute.name", accepted: "a name that no attribute has")
            }
            return Answer.message("Successfully added the attribute \(name)")
        }
    }

    /// The token determines where the value applies; its place must be as narrow as the attribute's context.
    private static let setAttributeValue = Call(
        "waybillSetAttributeValue", .any, .member, .work,
        takes: [keyUUID, .text("attribute").required, .text("value")]
    ) { visit in
        let uuid = try visit.request.text("keyUuid", accepted: uuidAccepted).lowercased()
        let name = try visit.request.text("attribute", accepted: "the name of an attribute")
        let value = try visit.request.textIfAny("value", accepted: "a text; none takes the value away") ?? ""
        let known = try LibraryFacts.attributes(visit.scope.organization, on: visit.connection)
        guard let attribute = known.first(where: { $0.name == name }) else {
            throw APIError.notFound(name, of: "attribute")
        }
        let scope = visit.scope
        switch attribute.context {
        case .organization: break
        case .product where scope.product == 0:
            throw APIError.missing("productToken", accepted: "the product for which the value holds")
        case .project where scope.project == 0:
            throw APIError.missing("projectToken", accepted: "the project for which the value holds")
        case .product, .project: break
        }
        if attribute.context == .organization, scope.visibleProducts != nil { throw APIError.refused }
        return visit.change { writing in
            let found = try LibraryFacts.setValue(
                value, of: attribute, library: uuid, in: writing.scope, by: writing.curator, on: writing.connection)
            guard found else { throw APIError.unknownLibrary(uuid, of: "keyUuid") }
            return Answer.message("Successfully set the value of \(name)")
        }
    }

    // MARK: Bugs and places

    private static let setBugs = Call(
        "waybillSetBugs", .one(.organization), .member, .work,
        takes: [
            keyUUID,
            .objects(
                "bugs",
                [
                    .text("bug").required, .text("severity"), .text("title"), .text("status"), .time("reported"),
                    .text("url"),
                ]),
        ]
    ) { visit in
        let uuid = try visit.request.text("keyUuid", accepted: uuidAccepted).lowercased()
        let accepted = "a list of objects with bug, severity, title, status, reported and url"
        let fields = try visit.request.objects("bugs", accepted: accepted)
        let bugs = try fields.map { field in
            guard let bug = field.text("bug") else { throw APIError.missing("bugs.bug", accepted: accepted) }
            return LibraryBug(
                bug: bug, severity: (field.text("severity") ?? "").uppercased(), title: field.text("title") ?? "",
                status: (field.text("status") ?? "OPEN").uppercased(),
                reported: try field.time("reported", of: "bugs.reported"), url: field.text("url") ?? "")
        }
        return visit.changeAndSettleAlerts { writing in
            let found = try LibraryFacts.setBugs(bugs, of: uuid, by: writing.curator, on: writing.connection)
            guard found else { throw APIError.unknownLibrary(uuid, of: "keyUuid") }
            return Answer.message("Successfully set \(bugs.count) bugs of the library")
        }
    }

    private static let setPlaces = Call(
        "waybillSetPlaces", .one(.project), .member, .work,
        takes: [
            .objects(
                "places",
                ["cluster", "namespace", "workload", "container", "image", "tag", "digest"].map { .text($0) })
        ]
    ) { visit in
        let accepted = "a list of objects with cluster, namespace, workload, container, image, tag and digest"
        let fields = try visit.request.objects("places", accepted: accepted)
        let places = fields.map { field in
            ImagePlace(
                cluster: field.text("cluster") ?? "", namespace: field.text("namespace") ?? "",
                workload: field.text("workload") ?? "", container: field.text("container") ?? "",
                image: field.text("image") ?? "", tag: field.text("tag") ?? "", digest: field.text("digest") ?? "")
        }
        return visit.change { writing in
            try ImagePlaces.set(places, writing)
            return Answer.message("Successfully set \(places.count) places of the project")
        }
    }
}

extension Writing {
    var curator: Curator { Curator(organization: scope.organization, author: author, time: time, origin: origin) }
}
