import API
import Bytes
import Database
import Jobs
import Reports

extension Page {
    /// Documents that are being imported or were imported, and forms for further ones.
    static let imports = Page(
        "imports", "Imports", in: [.organization, .product, .project], submission: makeProduct
    ) { visit in
        let lines = try importLines(visit)
        let names = try ProjectVital.names(
            ofTokens: Set(lines.compactMap(\.job.projectToken)), organization: visit.scope.organization,
            on: visit.connection)
        let isWaiting = lines.contains { !$0.job.state.isFinal }
        let products = try ProductVital.list(visit.scope, on: visit.connection)
        let mayUpload = visit.backend.uploads != nil && visit.access.allows(.upload)
        let mayMake = visit.may(.administrator, with: .administer) && visit.place.kind == .organization
        return Content("Imports", refresh: isWaiting && visit.form == nil ? importRefresh : nil) { html in
            html.section("On their way, and of the last week") { html in
                if lines.isEmpty { return html.hint("Nothing was uploaded in the last week.") }
                html.table("Imports", importColumns(names), lines)
                if isWaiting { html.hint("This page looks again every \(importRefresh) seconds.") }
            }
            if mayUpload {
                html.element("div", ("class", "columns")) { html in
                    html.uploadForm(visit, products, isStatement: false)
                    html.uploadForm(visit, products, isStatement: true)
                }
            }
            if mayMake {
                html.section("Make a product") { html in
                    html.form(to: visit.here("imports"), button: "Make it", style: "stack") { html in
                        var name = Field("productName", "Name")
                        name.isNeeded = true
                        name.value = visit.typed("productName")
                        html.field(name, visit.problem)
                    }
                }
            }
        }
    }

    /// The seconds after which a page with unfinished imports is reloaded.
    private static let importRefresh = 5
    /// The most imports in the list.
    private static let importLimit = 50

    private static let makeProduct = Submission { sender in
        try await sender.call("createProduct") { $0.text("productName", sender.form["productName"]) }
        return Address(sender.place, "imports")
    }

    /// The imports of the place that the person may see, unfinished ones first.
    private static func importLines(_ visit: Visit) throws -> [Queue.Poll] {
        let (scope, queue, connection) = (visit.scope, visit.backend.queue, visit.connection)
        let running = try queue.unfinished(organization: scope.organization, limit: 1000, on: connection)
        let past = try queue.finishedImports(
            organization: scope.organization, since: visit.now - 7 * TimeText.day, limit: importLimit, on: connection)
        return (running.reversed() + past).filter { poll in
            let job = poll.job
            guard job.kind == .intake, visit.access.canSee(job) else { return false }
            return switch scope.kind {
            case .organization: true
            case .product: job.product == scope.product
            case .project: job.project == scope.project
            }
        }
    }

    /// - Parameter names: the names of the projects, by their tokens.
    private static func importColumns(_ names: [String: String]) -> [ListColumn<Queue.Poll>] {
        [
            ListColumn("Project") { poll, html in
                guard let token = poll.job.projectToken, let name = names[token] else {
                    return html.mark(poll.job.state.isFinal ? "none" : "not known yet", "quiet")
                }
                html.link(Address(.project, token), name)
            },
            .text("What", isWide: true, \.job.processType.spaced),
            .time("Uploaded", \.job.created),
            ListColumn("State") { poll, html in
                switch poll.job.state {
                case .pending: html.mark("waiting", "quiet")
                case .inProgress: html.mark("being read: \(Words.count(poll.job.rowsDone, "component"))", "quiet")
                case .success: html.mark("done", "good")
                case .failed: html.mark("failed", "bad")
                }
            },
            ListColumn("What to know") { poll, html in
                if poll.job.state == .failed { return html.text(poll.job.error) }
                let notes = poll.job.requestNotes + poll.notes + poll.job.warnings
                guard !notes.isEmpty else { return }
                html.element("ul", ("class", "notes")) { html in
                    for note in notes.prefix(10) { html.element("li", text: note) }
                    if notes.count > 10 { html.element("li", text: "and \(notes.count - 10) more") }
                }
            },
        ]
    }
}

extension HTML {
    /// A form for a document: an inventory, or statements about vulnerabilities.
    fileprivate mutating func uploadForm(_ visit: Visit, _ products: [ProductVital], isStatement: Bool) {
        // The problem belongs to the form that was sent.
        let isMine = (visit.query("document") == "vex") == isStatement
        let problem = isMine ? visit.problem : nil
        let name = isStatement ? "vex" : "bom"
        section(isStatement ? "Upload statements (VEX)" : "Upload an SBOM") { html in
            if visit.place.kind != .project, products.isEmpty {
                return html.hint("There is no product yet that it could go into.")
            }
            let action = visit.here("imports").with("document", isStatement ? "vex" : "")
            html.element(
                "form", ("method", "post"), ("action", action.text), ("enctype", "multipart/form-data"),
                ("class", "stack")
            ) { html in
                html.place(visit, products, isStatement, problem) { isMine ? visit.typed($0) : "" }
                var file = Field(name, isStatement ? "Document with statements" : "SBOM")
                file.type = "file"
                file.isNeeded = true
                file.id = "file-\(name)"
                file.hint =
                    isStatement ? "CycloneDX, OpenVEX or CSAF." : "CycloneDX or SPDX: JSON, XML, YAML or tag-value."
                html.field(file, problem)
                html.element("button", ("class", "primary"), text: "Upload")
            }
        }
    }

    /// The fields for the destination of a document.
    private mutating func place(
        _ visit: Visit, _ products: [ProductVital], _ isStatement: Bool, _ problem: Problem?,
        typed: (String) -> String
    ) {
        let suffix = isStatement ? "vex" : "bom"
        if let project = visit.names.project {
            return void("input", ("type", "hidden"), ("name", "project"), ("value", project.token))
        }
        void("input", ("type", "hidden"), ("name", "autoCreate"), ("value", "true"))
        if let product = visit.names.product {
            void("input", ("type", "hidden"), ("name", "parentUUID"), ("value", product.token))
        } else {
            var product = Field("parentUUID", "Product")
            product.choices = products.prefix(1000).map { Choice($0.token, $0.name) }
            product.id = "product-\(suffix)"
            product.value = typed("parentUUID")
            field(product, problem)
        }
        var project = Field("projectName", "Project")
        project.isNeeded = true
        project.id = "project-\(suffix)"
        project.value = typed("projectName")
        project.hint = isStatement ? "One that exists." : "It is made where it does not exist."
        field(project, problem)
        if isStatement { return }
        var version = Field("projectVersion", "Version")
        version.id = "version-\(suffix)"
        version.value = typed("projectVersion")
        version.hint = "Each version is a project of its own; may be empty."
        field(version, problem)
    }
}
