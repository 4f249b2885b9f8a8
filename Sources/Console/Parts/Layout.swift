import API
import Bytes
import Database
import Reports

/// The frame around the content of each page.
enum Layout {
    /// A page for a person who is signed in.
    static func page(_ visit: Visit) throws -> [UInt8] {
        let content = try visit.page.show(visit)
        let title = content.title == visit.name ? content.title : "\(content.title) – \(visit.name)"
        let mark = try visit.backend.random.bytes(8).hexadecimal
        return HTML.page(title: "\(title) – Waybill", refresh: content.refresh, mark: mark) { html in
            html.element("a", ("class", "skip"), ("href", "#main"), text: "Skip to the content")
            header(visit, to: &html)
            html.element("main", ("id", "main")) { html in
                crumbs(visit, to: &html)
                html.element("h1", text: content.title)
                tabs(visit, to: &html)
                if let problem = visit.problem { html.alert(problem) }
                if let secret = visit.secret { html.secret(secret) }
                content.body(&html)
            }
            html.element("footer") { html in
                html.text("Times are in UTC. ")
                html.element("a", ("href", "/api"), text: "The API")
            }
        }
    }

    /// The page that asks for a key.
    ///
    /// - Parameters:
    ///   - notice: the reason why the last key was refused.
    ///   - ways: issuers to sign in with instead.
    static func entrance(notice: String?, ways: [(name: String, path: String)] = []) -> [UInt8] {
        HTML.page(title: "Sign in – Waybill") { html in
            html.element("main", ("class", "entrance"), ("id", "main")) { html in
                html.element("h1", text: "Waybill")
                html.element(
                    "p", ("class", "lead"), text: "What is in your software, what is wrong with it, and what fixes it.")
                if let notice { html.element("p", ("class", "alert"), ("role", "alert"), text: notice) }
                for way in ways {
                    html.element("p") { html in
                        html.element("a", ("class", "button"), ("href", way.path), text: "Sign in with \(way.name)")
                    }
                }
                html.element("form", ("method", "post"), ("action", Route.enterPath)) { html in
                    html.element("label", ("for", "userKey"), text: "User key")
                    html.void(
                        "input", ("type", "password"), ("id", "userKey"), ("name", "userKey"),
                        ("required", "required"), ("autocomplete", "current-password"), ("aria-describedby", "keyHint"))
                    html.element("button", ("class", "primary"), text: "Sign in")
                }
                html.element(
                    "p", ("class", "hint"), ("id", "keyHint"),
                    text: "The key that `waybill init` or createUser showed: 64 hexadecimal characters.")
                html.element("p", ("class", "hint")) { html in
                    html.text("Scripts find the API at POST /api/v1.4: ")
                    html.element("a", ("href", "/api"), text: "its description")
                    html.text(".")
                }
            }
        }
    }

    /// The page after signing in. It is not a redirect, because a browser that comes from another site would not send the
    /// session's cookie.
    static func onward(to path: String) -> [UInt8] {
        HTML.page(title: "Waybill", refresh: 0, to: path) { html in
            html.element("main", ("class", "entrance"), ("id", "main")) { html in
                html.element("h1", text: "Waybill")
                html.element("p") { html in
                    html.text("You are signed in. ")
                    html.element("a", ("href", path), text: "Go on")
                }
            }
        }
    }

    /// The page after the end of the session here, with the link that ends the issuer's session.
    static func left(_ issuer: String, _ address: String) -> [UInt8] {
        HTML.page(title: "Signed out – Waybill") { html in
            html.element("main", ("class", "entrance"), ("id", "main")) { html in
                html.element("h1", text: "You are signed out of Waybill")
                html.element("p") { html in
                    html.element("a", ("href", address), text: "Sign out of \(issuer), too")
                }
                html.element("p") { $0.element("a", ("href", "/"), text: "To the first page") }
            }
        }
    }

    /// The page about something missing, or about an action that failed.
    static func problem(_ text: String) -> [UInt8] {
        HTML.page(title: "Waybill") { html in
            html.element("main", ("class", "entrance"), ("id", "main")) { html in
                html.element("h1", text: "Waybill")
                html.element("p", ("class", "alert"), ("role", "alert"), text: text)
                html.element("p") { $0.element("a", ("href", "/"), text: "To the first page") }
            }
        }
    }

    private static func header(_ visit: Visit, to html: inout HTML) {
        html.element("header", ("class", "top")) { html in
            html.element("a", ("class", "brand"), ("href", "/"), text: "Waybill")
            html.element("nav", ("aria-label", visit.names.organization.name)) { html in
                html.element("ul") { html in
                    for page in menu(visit) {
                        html.element("li") { html in
                            let isHere = visit.place.kind == .organization && page.word == visit.page.word
                            html.element(
                                "a", ("href", visit.inOrganization(page.word).path),
                                ("aria-current", isHere ? "page" : ""), text: page.menu)
                        }
                    }
                }
            }
            search(visit, to: &html)
            person(visit, to: &html)
        }
    }

    /// The search box for everything.
    private static func search(_ visit: Visit, to html: inout HTML) {
        // The search page has a larger one.
        if visit.page.word == Page.search.word { return }
        html.element(
            "form", ("class", "find"), ("role", "search"), ("method", "get"),
            ("action", visit.inOrganization(Page.search.word).path)
        ) { html in
            html.void(
                "input", ("type", "search"), ("name", "q"), ("aria-label", "Search"),
                ("placeholder", "CVE, library, licence, digest…"), ("required", "required"))
            html.element("button", text: "Search")
        }
    }

    /// The pages of the organization that the person may see.
    private static func menu(_ visit: Visit) -> [Page] {
        Page.table.filter { page in
            !page.menu.isEmpty && page.kinds.contains(.organization) && page.isOpen(to: visit.access)
        }
    }

    private static func person(_ visit: Visit, to html: inout HTML) {
        html.element("details", ("class", "person")) { html in
            html.element("summary", text: visit.access.standing.email)
            html.element("div") { html in
                if visit.organizations.count > 1 {
                    html.element("p", ("class", "hint"), text: "Organizations")
                    html.element("ul") { html in
                        for organization in visit.organizations {
                            html.element("li") {
                                $0.link(Address(.organization, organization.token), organization.name)
                            }
                        }
                    }
                }
                html.element("ul") { html in
                    html.element("li") { $0.link(visit.here(Page.notices.word), "Notices") }
                    html.element("li") { $0.link(visit.inOrganization(Page.keys.word), "Your keys") }
                    html.element("li") { $0.link(visit.inOrganization(Page.sessions.word), "Where you are signed in") }
                }
                html.element("form", ("method", "post"), ("action", Route.leavePath)) { html in
                    html.element("button", text: "Sign out")
                }
            }
        }
    }

    /// The way from the organization to the page.
    private static func crumbs(_ visit: Visit, to html: inout HTML) {
        var way: [(Address, String)] = []
        if visit.place.kind != .organization || !visit.page.word.isEmpty {
            way.append((visit.inOrganization(), visit.names.organization.name))
        }
        if let product = visit.names.product, visit.place.kind != .product || !visit.page.word.isEmpty {
            way.append((Address(.product, product.token), product.name))
        }
        if let project = visit.names.project, !visit.page.word.isEmpty {
            way.append((Address(.project, project.token), project.name))
        }
        guard !way.isEmpty else { return }
        html.element("nav", ("class", "crumbs"), ("aria-label", "Where this is")) { html in
            html.element("ol") { html in
                for (address, name) in way { html.element("li") { $0.link(address, name) } }
            }
        }
    }

    /// The pages of a product or project.
    private static func tabs(_ visit: Visit, to html: inout HTML) {
        guard visit.place.kind != .organization else { return }
        let pages = Page.table.filter { !$0.menu.isEmpty && $0.kinds.contains(visit.place.kind) }
        html.element("nav", ("class", "tabs"), ("aria-label", visit.name)) { html in
            html.element("ul") { html in
                for page in pages {
                    html.element("li") { html in
                        html.element(
                            "a", ("href", visit.here(page.word).path),
                            ("aria-current", page.word == visit.page.word ? "page" : ""), text: page.menu)
                    }
                }
            }
        }
    }
}

extension Page {
    /// Whether a person may see it in the whole organization.
    fileprivate func isOpen(to access: Access) -> Bool {
        (need.role == .readOnly || access.allows(need.role, inProduct: nil)) && access.allows(need.scopes)
    }
}

extension HTML {
    /// The fault in a form that was sent.
    mutating func alert(_ problem: Problem) {
        element("div", ("class", "alert"), ("role", "alert")) { html in
            html.element("p", text: "Nothing was changed. \(problem.text)")
        }
    }

    /// A secret that is shown only this once.
    fileprivate mutating func secret(_ secret: Secret) {
        element("section", ("class", "secret"), ("role", "status")) { html in
            html.element("h2", text: secret.title)
            html.element("p") { $0.element("code", text: secret.text) }
            html.hint("It is shown this once: copy it now. Whoever has it may do what it is for.")
        }
    }

    mutating func hint(_ text: String) { element("p", ("class", "hint"), text: text) }

    /// A part of a page under a heading.
    mutating func section(_ title: String, _ content: (inout HTML) -> Void) {
        element("section") { html in
            html.element("h2", text: title)
            content(&html)
        }
    }
}
