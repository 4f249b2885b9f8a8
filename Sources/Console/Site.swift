package import API
import Bytes
package import HTTP

/// All answers of a server: the doors of the API, and the console for people with browsers.
///
///     let site = Site(backend)
///     let server = try HTTPServer(configuration, policy: { site.policy(for: $0) }) { request in
///         site.reply(to: request)
///     }
///
/// A site lives as long as its server. Any thread may call it. `policy` and `reply` return soon and throw nothing:
/// longer work is in the task of a `.later` reply, and each error becomes a reply. The work of a reply must not wait
/// for another reply of the site.
package struct Site: Sendable {
    private let door: Door
    private let console: ConsoleDoor
    private let patience: Duration

    package init(_ backend: Backend) {
        door = Door(backend)
        console = ConsoleDoor(backend)
        patience = backend.patience
    }

    /// The place for the body of a request.
    package func policy(for request: HTTPRequest) -> BodyPolicy {
        guard let route = Self.route(of: request) else { return door.policy(for: request) }
        let policy = console.policy(for: request, route)
        guard case .later(let work) = policy else { return policy }
        return .later { [patience] in await Patience.$current.withValue(patience, operation: work) }
    }

    /// Answers a request. If the database is on another machine, the work waits for each of its answers up to the patience.
    package func reply(to request: HTTPRequest) -> Reply {
        guard let reply = page(for: request) else { return door.reply(to: request) }
        guard case .later(let work) = reply else { return reply }
        return .later { [patience] in await Patience.$current.withValue(patience, operation: work) }
    }

    /// The path of the console: the API keeps its own path, except for people who open it in a browser.
    private static func route(of request: HTTPRequest) -> Route? {
        let route = Route(request.path)
        guard route == .api, request.method != "GET", request.method != "HEAD" else { return route }
        return nil
    }

    /// The console's answer; nil for requests that the API answers.
    private func page(for request: HTTPRequest) -> Reply? {
        if let route = Self.route(of: request) { return console.reply(to: request, route) }
        // A person who mistyped an address gets a page, and a script gets the API's line of text.
        let wantsPage = request.headers["Accept"]?.contains("text/html") == true
        guard wantsPage, request.method == "GET" || request.method == "HEAD", !Door.has(path: request.path) else {
            return nil
        }
        return .now(ConsoleDoor.nothing)
    }
}
