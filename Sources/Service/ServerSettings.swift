package import API
package import Bytes
package import HTTP
package import OpenID
package import Outbound

/// The settings of a `Server`. Where a setting comes from, flags or files, is for the process to know.
package struct ServerSettings: Sendable {
    package var listen: ListenAddress
    /// Certificate chain and private key; nil for plain HTTP.
    package var tls: HTTPConfiguration.TLS?
    /// Threads of the HTTP server.
    package var threads = 4
    /// Connections at a time.
    package var connections = 4096
    /// Jobs at a time.
    package var workers: Int
    /// Connections at a time of one address; 0 for any number.
    package var connectionsPerAddress = 512
    /// Proxies whose `X-Forwarded-For` is believed.
    package var trustedProxies = AddressRanges()
    /// The address at which health and metrics are answered; nil for that of all other requests.
    package var operations: ListenAddress?
    /// Calls of one key in a minute; 0 for any number.
    package var rateLimit = Doorkeeper.usualCalls
    /// Refused keys of one address in a minute; 0 for any number.
    package var refusalLimit = Doorkeeper.usualRefusals
    /// The room that uploads leave free on the disk.
    package var reserve = DiskReserve.usual
    /// The longest upload, in bytes.
    package var uploadLimit = UploadSettings.defaultLimit
    /// How the server updates its sources by itself; nil when it does not.
    package var updates: UpdateSettings?
    /// The file of the key with which secrets of webhooks are encrypted; nil for `secret.key` in the data directory.
    package var secretKeyFile: String?
    /// The files of the audit trail and of requests, as JSON lines; `-` is standard output, nil none.
    package var auditLog: String?
    package var accessLog: String?
    /// Where webhooks may lead.
    package var webhookTargets = WebhookTargets()
    /// The issuers that people may sign in with; nil for none.
    package var signIn: SignInSettings?
    /// The server that takes mail; nil where no mail is sent.
    package var mail: MailServer?

    package init(listen: ListenAddress, workers: Int) {
        self.listen = listen
        self.workers = workers
    }
}
