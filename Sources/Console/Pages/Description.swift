import API
import Database

extension Layout {
    /// A description of the API and its calls, for people who open its path in a browser.
    static let api = HTML.page(title: "The API – Waybill") { html in
        html.element("main", ("id", "main")) { html in
            html.element("h1", text: "The API")
            html.section("How to call it") { html in
                html.element("p") { html in
                    html.text("Send JSON with ")
                    html.element("code", text: "requestType")
                    html.text(" to ")
                    html.element("code", text: "POST /api/v1.4")
                    html.text("; errors are HTTP 200 with errorCode and errorMessage. All of it is described in ")
                    html.element("a", ("href", "/api/openapi.json"), text: "OpenAPI")
                    html.text(".")
                }
                html.facts([
                    ("Uploads of agents", "POST /agent"), ("Uploads of SBOMs", "POST, PUT /api/v1/bom"),
                    ("Uploads of VEX", "POST, PUT /api/v1/vex"), ("Health", "/health/live, /health/ready"),
                ])
            }
            html.section("Calls") { html in
                html.table(
                    "Calls",
                    [
                        .text("requestType", \.requestType), .text("Role that it needs") { $0.need.role.word },
                        .text("Key for", isWide: true) { $0.need.scopes.words.joined(separator: " or ") },
                    ] as [ListColumn<Call>], Call.table.sorted { $0.requestType < $1.requestType })
            }
            html.element("p") { $0.element("a", ("href", "/"), text: "To the console") }
        }
    }
}
