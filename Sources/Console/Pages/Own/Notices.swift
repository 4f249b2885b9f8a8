import API
import Bytes
import Database
import Inventory
import Jobs
import Reports

extension Page {
    /// The person's subscriptions to notices, and a form for another one. Administrators see the subscriptions of everybody.
    static let notices = Page("notices", "", in: [.organization, .product, .project], submission: changeNotices) {
        visit in
        let isAdministrator = visit.access.role == .administrator
        let found = try Subscriptions.list(
            visit.scope.organization, account: isAdministrator ? nil : visit.access.standing.account,
            on: visit.connection)
        return Content("Notices") { html in
            html.section(isAdministrator ? "Who hears of what" : "What you hear of") { html in
                if found.isEmpty { return html.hint("Nobody asked for news yet.") }
                html.table("Notices", noticeColumns(visit), found)
            }
            html.section("Hear of more") { html in
                guard visit.backend.sendsMail else {
                    return html.hint("The operator of this server named no mail server (--smtp).")
                }
                html.hint("About \(visit.name), to \(visit.access.standing.email).")
                html.form(to: visit.here("notices"), button: "Send me news", style: "stack") { html in
                    html.noticeFields(visit)
                }
            }
        }
    }

    private static let changeNotices = Submission { sender in
        let form = sender.form
        if form.has("subscriptionId") {
            _ = try await sender.desk.perform(
                "waybillRemoveSubscription", at: (.organization, sender.names.organization.token),
                by: sender.keyDigest, sender.caller
            ) { $0.text("subscriptionId", form["subscriptionId"]) }
        } else {
            try await sender.call("waybillAddSubscription") { call in
                call.texts("events", form.all("events"))
                if !form["severity"].isEmpty { call.text("severity", form["severity"]) }
                call.flag("exploited", form["exploited"] == "true")
                call.text("rhythm", form["rhythm"].or(NoticeRhythm.now.rawValue))
            }
        }
        return Address(sender.place, "notices")
    }

    private static func noticeColumns(_ visit: Visit) -> [ListColumn<Subscription>] {
        [
            .text("Events") { $0.kinds.map(\.rawValue.spaced).joined(separator: ", ") },
            .text("To") { row in
                switch row.way {
                case .mail(let address): address
                case .webhook(let id): "webhook \(id)"
                }
            },
            .text("About") { row in row.project > 0 ? "a project" : row.product > 0 ? "a product" : "everything" },
            .text("When", \.rhythm.rawValue.spaced), .number("Waiting", isWide: true, \.waiting),
            ListColumn("Failed") { row, html in
                if row.failed == 0 { return html.text("0") }
                html.mark("\(row.failed)", "bad")
                html.text(" \(row.error)")
            },
            ListColumn("Action") { row, html in
                html.button("End", to: visit.here("notices"), hidden: [("subscriptionId", "\(row.id)")])
            },
        ]
    }
}

extension HTML {
    fileprivate mutating func noticeFields(_ visit: Visit) {
        let chosen = visit.form?.all("events") ?? []
        let problem = visit.problem.map { $0.field == "events" ? Problem("events", "Choose one at least.") : $0 }
        checks("events", "Events", NoticeKind.allCases.map { Choice($0.rawValue, $0.words) }, chosen: chosen, problem)
        var severity = Field("severity", "Vulnerabilities from this severity on")
        severity.choices =
            [Choice("", "any")] + ["low", "medium", "high", "critical"].map { Choice($0, $0) }
        severity.value = visit.typed("severity")
        field(severity, visit.problem)
        var exploited = Field("exploited", "Vulnerabilities")
        exploited.choices = [Choice("", "all"), Choice("true", "only exploited ones")]
        exploited.value = visit.typed("exploited")
        field(exploited, visit.problem)
        var rhythm = Field("rhythm", "When")
        rhythm.choices = NoticeRhythm.allCases.map {
            Choice($0.rawValue, $0 == .now ? "at once" : $0.rawValue.lowercased())
        }
        rhythm.value = visit.typed("rhythm")
        field(rhythm, visit.problem)
    }

    /// The schedules that concern the person, each with a button that ends it.
    mutating func schedules(_ visit: Visit, _ rows: [(record: ScheduleRecord, request: ReportRequest)]) {
        if rows.isEmpty { return hint("There are none. The form of a report makes one: give it a time.") }
        table(
            "Schedules",
            [
                .text("Report") { $0.request.type }, .text("Format", isWide: true) { $0.request.format.rawValue },
                .text("When") { $0.record.cron }, .time("Next") { $0.record.due },
                .text("For", isWide: true) { $0.record.email },
                ListColumn("Action") { row, html in
                    html.button("End", to: visit.here("reports"), hidden: [("scheduleId", "\(row.record.id)")])
                },
            ] as [ListColumn<(record: ScheduleRecord, request: ReportRequest)>], rows)
    }
}

extension Visit {
    /// The schedules of the person; for administrators those of all people.
    func schedules() throws -> [(record: ScheduleRecord, request: ReportRequest)] {
        let owner = access.role == .administrator ? nil : access.standing.account
        return try Schedules.list(scope.organization, account: owner, on: connection).compactMap { record in
            guard let request = try? ReportRequest(json: record.request) else { return nil }
            let isHere =
                switch scope.kind {
                case .organization: true
                case .product: request.scope.product == scope.product
                case .project: request.scope.project == scope.project
                }
            return isHere ? (record, request) : nil
        }
    }
}

extension NoticeKind {
    /// In words for people.
    fileprivate var words: String {
        switch self {
        case .vulnerability: "a library has a new vulnerability"
        case .exploited: "a vulnerability is exploited"
        case .policy: "a library breaks a policy"
        case .fix: "a fix is known"
        case .expired: "the time of ignoring an alert is over"
        case .report: "a report ended"
        case .scheduled: "a scheduled report came: mail has it attached, or a link"
        case .refused: "an import failed"
        case .update: "a source of knowledge failed"
        case .old: "a source of knowledge is too old"
        case .review: "a decision should be looked at again"
        }
    }
}
