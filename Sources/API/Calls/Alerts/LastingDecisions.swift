import Bytes
import Database
import HTTP
import Inventory
import Jobs
import Reports

// Decisions that hold for many alerts (docs/decisions.md). Mend has no such calls: its clients decide about single alerts. The
// token determines where a decision applies.

extension Call {
    static let decisions: [Call] = [decide, decisionList, withdrawDecisions]

    private static let reasons = IgnoreReason.Word.allCases.map(\.rawValue)
    private static let statuses = ["Ignored", "Active"]
    private static let rangeAccepted = "a range of versions as vers:npm/>=1.0.0|<2.0.0"

    private static let decide = Call(
        "waybillDecide", .any, .member, .work,
        takes: [
            .texts("alertUuids"), .text("keyUuid"), .text("purl", as: "pkg:npm/left-pad"),
            .text("vulnerability", as: "CVE-2024-1234"), .text("versions", as: "vers:npm/<2.0.0"),
            .text("projectVersions", as: "vers:generic/<3"), .words("status", statuses), .words("reason", reasons),
            .words("justification", IgnoreReason.justifications), .text("comments"), .time("expires"), .time("review"),
        ]
    ) { visit in
        let form = try DecisionForm(visit)
        let (backend, frame) = (visit.backend, visit.frame)
        return .write {
            let made = try await backend.database.write { connection in
                do {
                    return try Decisions.add(
                        form.decision, alerts: form.alerts, frame.writing(on: connection))
                } catch let error as DecisionError {
                    throw APIError(error)
                }
            }
            guard form.alerts.isEmpty, let decision = made.first else {
                return answer(to: made, alerts: form.alerts.count, isDone: true)
            }
            let work = DecisionWork(database: backend.database, now: backend.queue.now)
            let end = ContinuousClock.now + patience
            let (alerts, isDone) = try await backend.settlingThreads.attempt {
                try work.run(decision) { ContinuousClock.now >= end }
            }.get()
            if !isDone { await backend.settleAlerts(frame.scope.organization) }
            guard alerts == 0, isDone else { return answer(to: made, alerts: alerts, isDone: isDone) }
            let remark = try backend.database.read { try Call.remark(on: decision, on: $0) }
            return answer(to: made, alerts: 0, isDone: true, remark)
        }
    }

    /// The message for a decision without alerts, because a mistyped name would never match.
    private static func remark(on decision: LastingDecision, on connection: any Connection) throws -> String {
        let name = decision.vulnerability
        guard !name.isEmpty else { return "; no alert has it yet" }
        let spellings = Question.Subject.spellings(ofVulnerability: name)
        let known = try connection.integer(
            Advisories.naming(spellings, organization: decision.organization) + " LIMIT 1")
        return known != nil
            ? "; no alert has it yet" : "; no alert has it yet, and no advisory and no document here names \(name)"
    }

    /// The time in which a call updates alerts; background work does the rest.
    private static let patience = Duration.seconds(4)

    private static func answer(
        to made: [LastingDecision], alerts: Int, isDone: Bool, _ remark: String = ""
    ) -> HTTPResponse {
        Answer.object { answer in
            answer.text(
                "message",
                isDone
                    ? "Successfully decided\(remark)"
                    : "Successfully decided; alerts are still being changed in the background")
            answer.number("alerts", alerts)
            answer.objects("decisions", made) { $0.decision($1) }
        }
    }

    private static let afterID = WholeNumber("afterId", in: 0...NumberText.ids.upperBound)

    /// The decisions in the order of their numbers. `next`, if present, is the `afterId` of the next page; there may
    /// be more decisions.
    private static let decisionList = Call(
        "waybillGetDecisions", .any, .readOnly, .work,
        takes: [.flag("includeEnded"), .time("expiresBefore"), .time("reviewBefore"), .number(afterID)]
    ) { visit in
        var wanted = Decisions.Wanted(visit.scope)
        wanted.after = try visit.request.numberIfAny(afterID) ?? 0
        wanted.showsEnded = try visit.request.flag("includeEnded", default: false)
        wanted.expiresBefore = try visit.request.timeIfAny("expiresBefore")
        wanted.reviewBefore = try visit.request.timeIfAny("reviewBefore")
        let found = try Decisions.list(wanted, on: visit.connection)
        let names = try DecisionNames(found.map(\.decision), on: visit.connection)
        return .answer(
            Answer.object { answer in
                answer.objects("decisions", found) { answer, it in
                    answer.decision(it.decision)
                    names.write(it.decision, to: &answer)
                    answer.number("alerts", it.alerts)
                }
                if found.count == Decisions.page, let last = found.last { answer.number("next", last.decision.id) }
            })
    }

    private static let decisionIDs = WholeNumber("decisionIds", in: NumberText.ids)

    private static let withdrawDecisions = Call(
        "waybillWithdrawDecisions", .any, .member, .work, takes: [.numbers(decisionIDs).required]
    ) { visit in
        let ids = try visit.request.numbers(decisionIDs)
        guard ids.count <= 1000 else {
            throw APIError.badValue("\(ids.count) values", of: decisionIDs.name, accepted: "at most 1000 at a time")
        }
        return visit.changeAndSettleAlerts { writing in
            if let unknown = try Decisions.withdraw(ids, writing) {
                throw APIError.notFound("\(unknown)", of: decisionIDs.name)
            }
            return Answer.message("Successfully withdrew \(Set(ids).count) decisions")
        }
    }

    // MARK: What a request asks for

    /// A decision in the form of a request.
    private struct DecisionForm: Sendable {
        var decision: LastingDecision
        /// The uuids of the alerts; empty for a decision that names none.
        let alerts: [String]

        init(_ visit: borrowing CallVisit) throws {
            let (request, scope) = (visit.request, visit.scope)
            alerts =
                request["alertUuids"] == nil
                ? [] : try request.texts("alertUuids", accepted: "a list of alertUuid values")
            // A user who sees only some products may not decide for the others.
            if alerts.isEmpty, scope.kind == .organization, scope.visibleProducts != nil { throw APIError.refused }
            let reach: LastingDecision.Reach =
                if !alerts.isEmpty {
                    .alert
                } else {
                    switch scope.kind {
                    case .project: .project
                    case .product: .product
                    case .organization: .organization
                    }
                }
            decision = LastingDecision(
                try Self.verdict(of: request), reach: reach, organization: scope.organization,
                by: visit.access.standing.account, at: visit.backend.queue.now())
            decision.product = scope.product
            decision.project = scope.project
            if reach == .project {
                let family = try ProjectFamily.read("p.id = \(scope.project)", on: visit.connection).first?.family
                decision.family = family?.name ?? ""
            }
            if case .text(let text)? = request["comments"] { decision.comments = String(text.prefix(4000)) }
            decision.expires = try Self.future("expires", of: request, after: decision.time)
            decision.review = try Self.future("review", of: request, after: decision.time)
            try readSubject(visit)
        }

        private static func verdict(of request: Request) throws -> LastingDecision.Verdict {
            let reason = try request.ignoreReason()
            let word = try request.textIfAny("status", accepted: Call.statuses.joined(separator: ", ")) ?? "Ignored"
            switch word.lowercased() {
            case "ignored": return .ignored(reason)
            case "active", "open": return .open
            default: throw APIError.badValue(word, of: "status", accepted: Call.statuses.joined(separator: ", "))
            }
        }

        private static func future(_ name: String, of request: Request, after now: Int64) throws -> Int64 {
            guard let time = try request.timeIfAny(name) else { return 0 }
            guard time > now else {
                throw APIError.badValue(TimeText.time(time), of: name, accepted: "a time that is still to come")
            }
            return time
        }

        /// The subject: at least a library or a vulnerability.
        private mutating func readSubject(_ visit: borrowing CallVisit) throws {
            let request = visit.request
            let library = try Self.library(visit)
            let vulnerability = try request.textIfAny("vulnerability", accepted: "the name of a vulnerability")
            let ranges = try (Self.range("versions", request), Self.range("projectVersions", request))
            guard alerts.isEmpty else {
                let others: [(String, Bool)] = [
                    ("keyUuid or purl", library != nil), ("vulnerability", vulnerability != nil),
                    ("versions", ranges.0 != nil), ("projectVersions", ranges.1 != nil),
                ]
                if let (name, _) = others.first(where: \.1) {
                    throw APIError.badValue("…", of: name, accepted: "nothing beside alertUuids, which name the alerts")
                }
                return
            }
            guard library != nil || vulnerability != nil else {
                throw APIError.missing(
                    "alertUuids, keyUuid, purl or vulnerability",
                    accepted: "at least one of them: what is decided about")
            }
            if let vulnerability, vulnerability.utf8.count > 200 {
                throw APIError.badValue(vulnerability, of: "vulnerability", accepted: "a name of at most 200 bytes")
            }
            if ranges.0 != nil, library == nil {
                throw APIError.missing("keyUuid or purl", accepted: "the library whose versions are meant")
            }
            (decision.libraryName, decision.vulnerability) = (library ?? "", vulnerability ?? "")
            (decision.versions, decision.projectVersions) = (ranges.0 ?? "", ranges.1 ?? "")
        }

        private static func range(_ name: String, _ request: Request) throws -> String? {
            guard let text = try request.textIfAny(name, accepted: Call.rangeAccepted) else { return nil }
            guard text.utf8.count <= 2000, VersRange(text) != nil else {
                throw APIError.badValue(text, of: name, accepted: Call.rangeAccepted)
            }
            return text
        }

        /// The identity of a library, which covers all its versions; nil if the request names none.
        private static func library(_ visit: borrowing CallVisit) throws -> String? {
            let accepted = "a package URL without a version, as pkg:npm/left-pad; versions says which"
            if let uuid = try visit.request.textIfAny("keyUuid", accepted: "the keyUuid of a library")?.lowercased() {
                let name = try Decisions.libraryName(uuid, in: visit.scope, on: visit.connection)
                guard let name else { throw APIError.unknownLibrary(uuid, of: "keyUuid") }
                return name
            }
            guard let text = try visit.request.textIfAny("purl", accepted: accepted) else { return nil }
            guard let purl = PackageURL(text), purl.version.isEmpty, text.utf8.count <= 2000 else {
                throw APIError.badValue(text, of: "purl", accepted: accepted)
            }
            return LastingDecision.libraryName(purl: text, group: "", artifact: "")
        }
    }
}

/// The names of the products, projects and people of some decisions.
private struct DecisionNames {
    private let products: [Int64: String]
    private let projects: [Int64: String]
    private let people: [Int64: String]

    init(_ decisions: [LastingDecision], on connection: any Connection) throws {
        func names(_ ids: [Int64], _ table: StaticString, _ column: StaticString) throws -> [Int64: String] {
            var found: [Int64: String] = [:]
            try SQL.inSlices(Set(ids).subtracting([0]).sorted(), as: Value.integer) { list in
                try connection.each("SELECT id, \(literal: column) FROM \(literal: table) WHERE id IN \(list)") {
                    found[$0.integer(0)] = $0.string(1)
                }
            }
            return found
        }
        products = try names(decisions.map(\.product), "product", "name")
        projects = try names(decisions.map(\.project), "project", "name")
        people = try names(decisions.flatMap { [$0.account, $0.endedBy] }, "account", "email")
    }

    func write(_ decision: LastingDecision, to answer: inout JSONWriter) {
        if let name = products[decision.product] { answer.text("product", name) }
        if let name = projects[decision.project] { answer.text("project", name) }
        if let email = people[decision.account] { answer.text("decidedBy", email) }
        if let email = people[decision.endedBy] { answer.text("endedBy", email) }
    }
}

extension JSONWriter {
    /// The members of a decision, without names.
    mutating func decision(_ it: LastingDecision) {
        number("id", it.id)
        text("scope", it.reach.rawValue)
        text("state", it.state.rawValue)
        for (key, value) in [
            ("projectFamily", it.reach == .project ? it.family : ""), ("library", it.libraryName),
            ("vulnerability", it.vulnerability), ("versions", it.versions), ("projectVersions", it.projectVersions),
        ] as [(StaticString, String)] where !value.isEmpty { text(key, value) }
        switch it.verdict {
        case .open: text("status", "Active")
        case .ignored(let reason):
            text("status", "Ignored")
            text("reason", reason.word.rawValue)
            if !reason.justification.isEmpty { text("justification", reason.justification) }
        }
        text("comments", it.comments)
        time("decided", it.time)
        for (key, value) in [
            ("expires", it.expires), ("review", it.review), ("ended", it.ended),
        ] as [(StaticString, Int64)] where value > 0 { time(key, value) }
    }
}
