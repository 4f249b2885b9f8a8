import API
import Bytes
import Database
import Inventory
import Reports

extension Page {
    /// The decision about the chosen alerts: its reach, its reason and its end.
    static let decide = Page(
        "decide", "", in: [.organization, .product, .project], for: .readOnly, with: .read, submission: makeDecision
    ) { visit in
        let chosen = visit.form?.all("alert") ?? visit.address.query.filter { $0.name == "alert" }.map(\.value)
        let rows = try AlertList.named(
            Array(Set(chosen.prefix(chosenLimit))).sorted(), in: visit.scope, on: visit.connection)
        guard !rows.isEmpty else { throw LostPage("Choose some alerts first; the ones that were chosen are not here.") }
        let names = Set(rows.map(\.vulnerability)).subtracting([""])
        // A wider decision is about one vulnerability.
        let subject = names.count == 1 && rows.allSatisfy { !$0.vulnerability.isEmpty } ? names.first ?? "" : ""
        let reaches = try Reach.all(visit, rows, subject)
        return Content("Decide") { html in
            html.section("\(Words.count(Int64(rows.count), "alert")) chosen") { html in
                html.table(
                    "Alerts that were chosen", ListColumn<AlertList.Row>.alerts(visit, showsProject: true), rows)
            }
            html.section("The decision") { html in
                let hidden = rows.map { (name: "alert", value: $0.uuid) } + [(name: "vulnerability", value: subject)]
                html.form(to: visit.here("decide"), button: "Decide", style: "stack", hidden: hidden) { html in
                    html.decisionFields(visit, reaches)
                }
            }
        }
    }

    /// The most alerts that can be chosen at once.
    private static let chosenLimit = 200

    private static let makeDecision = Submission { sender in
        let form = sender.form
        let uuids = form.all("alert")
        let reach = ScopeKind(rawValue: form["reach"])
        let place: Address.Place =
            switch reach {
            case nil: sender.place
            case .organization: Address.Place(kind: .organization, token: sender.names.organization.token)
            case .product: Address.Place(kind: .product, token: sender.names.product?.token ?? "")
            case .project: Address.Place(kind: .project, token: sender.names.project?.token ?? "")
            }
        _ = try await sender.desk.perform(
            "waybillDecide", at: (place.kind, place.token), by: sender.keyDigest, sender.caller
        ) { call in
            if reach == nil {
                call.texts("alertUuids", uuids)
            } else {
                call.text("vulnerability", form["vulnerability"])
            }
            call.text("status", form["status"] == "Active" ? "Active" : "Ignored")
            for (key, value) in [
                ("reason", form["reason"]), ("justification", form["justification"]), ("comments", form["comments"]),
                ("expires", form["expires"]), ("review", form["review"]),
            ] as [(StaticString, String)]
            where !value.isEmpty && (key.description != "reason" || form["status"] != "Active") {
                call.text(key, value)
            }
        }
        return Address(sender.place, "alerts")
    }
}

/// The reach of a decision, and the number of alerts that it covers today.
private struct Reach {
    let word: String
    let text: String

    static func all(_ visit: Visit, _ rows: [AlertList.Row], _ subject: String) throws -> [Reach] {
        var found = [Reach(word: "", text: "only these: \(Words.count(Int64(rows.count), "alert"))")]
        guard !subject.isEmpty,
            let facts = try ShownVulnerability.find(subject, in: visit.scope, on: visit.connection)
        else { return found }
        let limit: Int64 = 1001
        func covered(_ scope: Scope) throws -> String {
            let projects = try AlertList.projects(havingOpen: facts.id, in: scope, upTo: limit, on: visit.connection)
            return projects >= limit ? "more than 1000 projects today" : "\(Words.count(projects, "project")) today"
        }
        let scope = visit.scope
        if let project = visit.names.project {
            found.append(
                Reach(
                    word: ScopeKind.project.rawValue,
                    text: "\(subject) in \(project.name), its later uploads and versions: \(try covered(scope))"))
        }
        if let product = visit.names.product {
            let wider = Scope(
                kind: .product, organization: scope.organization, product: scope.product,
                visibleProducts: scope.visibleProducts)
            found.append(
                Reach(
                    word: ScopeKind.product.rawValue,
                    text: "\(subject) in the product \(product.name): \(try covered(wider))"))
        }
        // People who see only some products may not decide for the others.
        guard scope.visibleProducts == nil else { return found }
        let widest = Scope(kind: .organization, organization: scope.organization)
        found.append(
            Reach(
                word: ScopeKind.organization.rawValue,
                text: "\(subject) in all of \(visit.names.organization.name): \(try covered(widest))"))
        return found
    }
}

extension HTML {
    fileprivate mutating func decisionFields(_ visit: Visit, _ reaches: [Reach]) {
        func choice(_ name: String, _ label: String, _ choices: [Choice], hint: String = "") -> Field {
            var field = Field(name, label)
            field.choices = choices
            field.value = visit.typed(name)
            field.hint = hint
            return field
        }
        let problem = visit.problem
        field(choice("reach", "What it covers", reaches.map { Choice($0.word, $0.text) }), problem)
        field(
            choice(
                "status", "Decision",
                [Choice("Ignored", "ignore"), Choice("Active", "keep open, whatever documents say")]),
            problem)
        field(
            choice(
                "reason", "Reason", IgnoreReason.Word.allCases.map { Choice($0.rawValue, $0.rawValue.spaced) }), problem
        )
        field(
            choice(
                "justification", "Justification",
                [Choice("", "none")] + IgnoreReason.justifications.map { Choice($0, $0.spaced) },
                hint: "With the reason “not affected” only."), problem)
        var comments = Field("comments", "Comment")
        comments.isLong = true
        comments.value = visit.typed("comments")
        field(comments, problem)
        for (name, label, hint) in [
            ("expires", "Ends on", "The alerts open again on this day. Empty: it holds until somebody withdraws it."),
            ("review", "Look at it again on", "Nothing changes on this day; the decision is listed."),
        ] {
            var day = Field(name, label)
            day.type = "date"
            day.hint = hint
            day.value = visit.typed(name)
            field(day, problem)
        }
    }
}
