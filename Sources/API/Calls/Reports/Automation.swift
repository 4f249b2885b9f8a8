import Bytes
import Database
import HTTP
import Jobs
import Reports

// Schedules for reports, and webhooks for other servers: docs/automation.md. Mend has neither, so the names are
// Waybill's own.

extension Call {
    static let automation: [Call] = [
        addSchedule, schedules, removeSchedule, addWebhook, webhooks, removeWebhook,
    ]

    // MARK: Schedules

    /// The token names the scope of the report, as in a request for the report itself.
    private static let addSchedule = Call(
        "waybillAddSchedule", .any, .member, .points, keys: .submit,
        takes: [.text("cron", as: "30 6 * * MON-FRI").required] + Parameter.ofReports(in: nil)
    ) { visit in
        let text = try visit.request.text("cron", accepted: CronExpression.accepted)
        guard let cron = CronExpression(text) else {
            throw APIError.badValue(text, of: "cron", accepted: CronExpression.accepted)
        }
        let wanted = try visit.access.comparing(
            try wantedReport(visit.request, scope: visit.scope), on: visit.connection)
        try visit.access.require(wanted, for: "waybillAddSchedule")
        let request = try wanted.json()
        return visit.change { writing in
            guard let due = cron.next(after: writing.time) else {
                throw APIError.badValue(text, of: "cron", accepted: CronExpression.accepted)
            }
            let id = try Schedules.add(cron: cron.text, request: request, due: due, writing)
            guard let id else {
                throw APIError.badValue(
                    text, of: "cron", accepted: "at most \(Schedules.limit) schedules in an organization; remove one")
            }
            return Answer.object { answer in
                answer.text("message", "Successfully added the schedule")
                answer.number("id", id)
                answer.time("next", due)
            }
        }
    }

    /// A user's own schedules; for administrators the schedules of all users.
    private static let schedules = Call(
        "waybillGetSchedules", .one(.organization), .readOnly, .work, keys: [.read, .submit]
    ) { visit in
        let found = try Schedules.list(
            visit.scope.organization, account: visit.access.scheduleOwner, on: visit.connection)
        return .answer(
            Answer.object { answer in
                answer.objects("schedules", found) { answer, record in
                    answer.number("id", record.id)
                    answer.text("cron", record.cron)
                    // A schedule that this version cannot read has no type; it is listed, so that the user can remove
                    // it.
                    let request = try? ReportRequest(json: record.request)
                    answer.text("reportType", request?.type ?? "")
                    if let request {
                        answer.text("format", request.format.rawValue)
                        answer.text("contextType", request.scope.kind.contextType)
                        answer.number("contextId", request.scope.id)
                    }
                    answer.text("userEmail", record.email)
                    answer.time("next", record.due)
                    answer.text("lastUuid", record.job)
                }
            })
    }

    private static let scheduleID = WholeNumber("scheduleId", in: NumberText.ids)

    private static let removeSchedule = Call(
        "waybillRemoveSchedule", .one(.organization), .readOnly, .points, keys: .submit,
        takes: [.number(scheduleID).required]
    ) { visit in
        let id = try visit.request.number(scheduleID)
        let owner = visit.access.scheduleOwner
        return visit.change(saying: "Successfully removed the schedule") { writing in
            let isGone = try Schedules.remove(id, account: owner, writing)
            guard isGone else { throw APIError.notFound("\(id)", of: scheduleID.name) }
        }
    }

    // MARK: Webhooks

    private static let addWebhook = Call(
        "waybillAddWebhook", .one(.organization), .administrator, .points,
        takes: [.text("url", as: "https://hooks.example/waybill").required]
    ) { visit in
        let text = try visit.request.text("url", accepted: "an address that the operator allows")
        let targets = visit.backend.webhookTargets
        guard let url = targets.allowed(text) else {
            throw APIError.badValue(
                text, of: "url",
                accepted: targets.prefixes.isEmpty
                    ? "nothing: the operator of this server allows no webhooks (--webhook-targets)"
                    : "an address below \(targets.prefixes.joined(separator: " or "))")
        }
        guard let box = visit.backend.secrets else {
            throw APIError.notOffered(
                "this server has no key to keep the secret with; its operator sees why (waybill doctor)")
        }
        let secret = WebhookSignature.secret(of: try visit.backend.random.bytes(32))
        let place = SecretBox.place(organization: visit.scope.organization, url: url)
        let sealed = try box.seal(secret, at: place, visit.backend.random)
        return visit.change { writing in
            guard let id = try Webhooks.add(url, secret: sealed, writing) else {
                throw APIError.badValue(
                    url, of: "url", accepted: "at most \(Webhooks.limit) webhooks in an organization; remove one")
            }
            return Answer.object { answer in
                answer.text("message", "Successfully added the webhook")
                answer.number("id", id)
                // The secret is shown only here.
                answer.text("secret", secret)
            }
        }
    }

    private static let webhooks = Call(
        "waybillGetWebhooks", .one(.organization), .administrator, .work
    ) { visit in
        let found = try Webhooks.list(visit.scope.organization, on: visit.connection)
        return .answer(
            Answer.object { answer in
                answer.objects("webhooks", found) { answer, webhook in
                    answer.number("id", webhook.id)
                    answer.text("url", webhook.url)
                    answer.time("created", webhook.created)
                    answer.number("waiting", webhook.waiting)
                    answer.number("failed", webhook.failed)
                    answer.text("lastError", webhook.error)
                }
            })
    }

    private static let webhookID = WholeNumber("webhookId", in: NumberText.ids)

    private static let removeWebhook = Call(
        "waybillRemoveWebhook", .one(.organization), .administrator, .points, takes: [.number(webhookID).required]
    ) { visit in
        let id = try visit.request.number(webhookID)
        return visit.change(saying: "Successfully removed the webhook") { writing in
            guard try Webhooks.remove(id, writing) else { throw APIError.notFound("\(id)", of: webhookID.name) }
        }
    }
}
