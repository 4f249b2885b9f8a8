/// The issuers of a server, each with its client.
///
///     let issuers = IssuerDirectory(settings, now: clock)
///     guard let client = issuers["company"] else { return notFound }
///     redirect(to: try client.authorization(attempt))
///
/// Copies share the clients, which live as long as the server. Any thread may use it. No call blocks or throws; the
/// clients' own calls do.
package struct IssuerDirectory: Sendable {
    /// The address of this server in browsers.
    package let address: String
    package let clients: [IssuerClient]

    /// The path prefix for the way to issuers and back.
    package static let root = "/console/sign-in/"

    /// - Parameter now: milliseconds since 1970, UTC.
    package init(_ settings: SignInSettings, now: @escaping @Sendable () -> Int64) {
        address = settings.address
        clients = settings.issuers.map { issuer in
            IssuerClient(issuer, redirect: "\(settings.address)\(Self.root)\(issuer.id)/callback", now: now)
        }
    }

    /// The issuer with an id of the operator's file.
    package subscript(id: String) -> IssuerClient? { clients.first { $0.issuer.id == id } }

    /// The issuer with this address.
    package func client(of url: String) -> IssuerClient? { clients.first { $0.issuer.url == url } }
}
