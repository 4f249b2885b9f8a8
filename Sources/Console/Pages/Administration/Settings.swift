import API
import Bytes
import Database
import HTTP
import Inventory
import Reports

// DESIGN. A form for each setting of the whole organization; the field `part` says which form was sent.

extension Page {
    /// The settings of the whole organization, for administrators.
    static let settings = Page(
        "settings", "Settings", in: [.organization], for: .administrator, with: .administer, submission: changeSettings
    ) { visit in
        try visit.access.require(Need(.administrator, with: .administer, for: "the settings"), inProduct: nil)
        let (organization, connection) = (visit.scope.organization, visit.connection)
        let rules = try InHouse.rules(organization, on: connection)
        let preferred = try LicenseChoices.names(organization, on: connection)
        let attributes = try LibraryFacts.attributes(organization, on: connection)
        let webhooks = try Webhooks.list(organization, on: connection)
        return Content("Settings") { html in
            html.section("The organization") { html in
                html.facts([("Name", visit.names.organization.name), ("orgToken, for scripts", visit.place.token)])
            }
            html.section("Own libraries") { html in
                html.hint("Libraries that fit a rule are marked as in-house: no alert is raised about them.")
                html.rules(visit, rules)
            }
            html.section("Preferred licences") { html in
                html.hint("Where a library offers a choice of licences, the first of these that it offers binds.")
                html.form(
                    to: visit.here("settings"), button: "Save the order", style: "stack",
                    hidden: [("part", "licences")]
                ) { html in
                    var names = Field("licenses", "Licences, the preferred first")
                    names.isLong = true
                    names.hint = "One on each line. Empty: the least restrictive one binds."
                    names.value = visit.typed("licenses", in: "licences", or: preferred.joined(separator: "\n"))
                    html.field(names, visit.problem(in: "licences"))
                }
            }
            html.section("Attributes of libraries") { $0.attributes(visit, attributes) }
            html.section("Programs that hear of reports") { $0.webhooks(visit, webhooks) }
        }
    }

    private static let changeSettings = Submission(showing: { sender in
        let form = sender.form
        switch form["part"] {
        case "rule":
            try await sender.call("waybillAddInHouseRule") { call in
                call.object("rule") { rule in
                    for key in ["type", "pattern", "description"] { rule.text(named: key, form["rule.\(key)"]) }
                }
            }
        case "licences":
            let names = form["licenses"].split(whereSeparator: \.isNewline).map { String($0).trimmingBlanks() }
            let given = names.filter { !$0.isEmpty }
            try await sender.call("waybillSetLicensePreferences") { $0.texts("licenses", given) }
        case "attribute":
            try await sender.call("waybillAddAttribute") { call in
                call.object("attribute") { attribute in
                    for key in ["name", "context", "type", "description"] {
                        attribute.text(named: key, form["attribute.\(key)"])
                    }
                }
            }
        case "webhook": return try await sender.addWebhook()
        case "removeRule":
            try await sender.call("waybillRemoveInHouseRule") { $0.text("ruleId", form["ruleId"]) }
        case "removeWebhook":
            try await sender.call("waybillRemoveWebhook") { $0.text("webhookId", form["webhookId"]) }
        default:
            throw APIError.badValue(form["part"], of: "part", accepted: "the name of a form of this page")
        }
        return .page(Address(sender.place, "settings"))
    })
}

extension Sender {
    /// Adds a webhook, whose secret is shown once. The call accepts an address twice. Here an address is accepted once, so that
    /// reloading the page does not add it again.
    fileprivate func addWebhook() async throws -> Landing {
        let url = form["url"]
        let known = try await call("waybillGetWebhooks")
        if case .bytes(let bytes) = known.body, try Self.urls(of: bytes).contains(url.lowercased()) {
            throw APIError.badValue(url, of: "url", accepted: "an address that is not in the list yet")
        }
        let response = try await call("waybillAddWebhook") { $0.text("url", url) }
        return .secret(Secret(title: "The secret that signs what \(url) hears", text: try response.text(of: "secret")))
    }

    /// The addresses in the answer of `waybillGetWebhooks`, in lower case.
    private static func urls(of answer: [UInt8]) throws -> [String] {
        var json = JSONReader(answer)
        var urls: [String] = []
        try json.beginObject()
        while try json.nextKey() {
            guard json.keyEquals("webhooks") else {
                try json.skipValue()
                continue
            }
            try json.beginArray()
            while try json.nextElement() {
                try json.beginObject()
                while try json.nextKey() {
                    if json.keyEquals("url") {
                        urls.append(try json.string().lowercased())
                    } else {
                        try json.skipValue()
                    }
                }
            }
        }
        return urls
    }
}

extension HTML {
    fileprivate mutating func rules(_ visit: Visit, _ rules: [InHouse.Rule]) {
        if !rules.isEmpty {
            table(
                "Rules for own libraries",
                [
                    .text("Pattern", \.pattern.text), .text("Is matched with", \.kind.words),
                    ListColumn("Why") { rule, html in
                        html.text(rule.description)
                        if let fault = rule.pattern.fault { html.mark("marks nothing: \(fault)", "bad") }
                    },
                    ListColumn("Action") { rule, html in
                        html.button(
                            "Remove", of: rule.pattern.text, to: visit.here("settings"),
                            hidden: [("part", "removeRule"), ("ruleId", "\(rule.id)")])
                    },
                ] as [ListColumn<InHouse.Rule>], rules)
        }
        let problem = visit.problem(in: "rule")
        form(to: visit.here("settings"), button: "Add the rule", style: "stack", hidden: [("part", "rule")]) { html in
            var pattern = Field("rule.pattern", "Pattern")
            pattern.isNeeded = true
            pattern.hint = "acme-*, com.acme:*, or a regular expression between slashes."
            pattern.value = visit.typed(pattern.name, in: "rule")
            html.field(pattern, problem)
            var kind = Field("rule.type", "Is matched with")
            kind.choices = InHouse.Kind.allCases.map { Choice($0.rawValue, $0.words) }
            kind.value = visit.typed(kind.name, in: "rule")
            html.field(kind, problem)
            var why = Field("rule.description", "Why")
            why.value = visit.typed(why.name, in: "rule")
            html.field(why, problem)
        }
    }

    fileprivate mutating func attributes(_ visit: Visit, _ attributes: [Attribute]) {
        hint("Facts of your own, such as an owner. waybillSetAttributeValue sets values, and reports have them.")
        if !attributes.isEmpty {
            table(
                "Attributes of libraries",
                [
                    .text("Name", \.name), .text("Holds in", \.context.rawValue.spaced),
                    .text("Type", \.kind.rawValue.spaced), .text("Description", isWide: true, \.description),
                ] as [ListColumn<Attribute>], attributes)
        }
        let problem = visit.problem(in: "attribute")
        form(
            to: visit.here("settings"), button: "Add the attribute", style: "stack", hidden: [("part", "attribute")]
        ) { html in
            var name = Field("attribute.name", "Name")
            name.isNeeded = true
            name.value = visit.typed(name.name, in: "attribute")
            html.field(name, problem)
            var context = Field("attribute.context", "Holds in")
            context.choices = Attribute.Context.allCases.map { Choice($0.rawValue, $0.rawValue.spaced) }
            context.value = visit.typed(context.name, in: "attribute")
            html.field(context, problem)
            var kind = Field("attribute.type", "Type")
            kind.choices = Attribute.Kind.allCases.map { Choice($0.rawValue, $0.rawValue.spaced) }
            kind.value = visit.typed(kind.name, in: "attribute")
            html.field(kind, problem)
            var text = Field("attribute.description", "Description")
            text.value = visit.typed(text.name, in: "attribute")
            html.field(text, problem)
        }
    }

    fileprivate mutating func webhooks(_ visit: Visit, _ webhooks: [WebhookRecord]) {
        if !webhooks.isEmpty {
            table(
                "Webhooks",
                [
                    .text("Address", \.url), .time("Made", isWide: true, \.created), .number("Waiting", \.waiting),
                    ListColumn("Failed") { row, html in
                        if row.failed == 0 { return html.text("0") }
                        html.mark(Words.number(row.failed), "bad")
                        html.text(" \(row.error)")
                    },
                    ListColumn("Action") { row, html in
                        html.button(
                            "Remove", of: row.url, to: visit.here("settings"),
                            hidden: [("part", "removeWebhook"), ("webhookId", "\(row.id)")])
                    },
                ] as [ListColumn<WebhookRecord>], webhooks)
        }
        guard !visit.backend.webhookTargets.prefixes.isEmpty else {
            return hint("The operator of this server allows no webhooks (--webhook-targets).")
        }
        form(
            to: visit.here("settings"), button: "Add and show the secret", style: "stack", hidden: [("part", "webhook")]
        ) { html in
            var url = Field("url", "Address")
            url.isNeeded = true
            url.hint = "Below \(visit.backend.webhookTargets.prefixes.joined(separator: " or "))."
            url.value = visit.typed("url", in: "webhook")
            html.field(url, visit.problem(in: "webhook"))
        }
    }
}

extension InHouse.Kind {
    /// In words for people.
    fileprivate var words: String {
        switch self {
        case .name: "the name of the file or the library"
        case .coordinates: "group:name or group:name:version"
        case .artifact: "the library’s own name"
        }
    }
}
