package import API
package import Bytes
package import HTTP
package import OpenID
package import Outbound

/// The settings of a `Server`. The process decides where a setting comes from, flags or files.
package struct ServerSettings: Sendable {
    package var listen: ListenAddress
    /// Certificate chain and private key; nil for plain HTTP.
    package var tls: HTTPConfiguration.TLS?
    /// The threads of the HTTP server.
    package var threads = 4
    /// The most connections at a time.
    package var connections = 4096
    /// The most jobs at a time.
    package var workers: Int
    /// The most connections of one address at a time; 0 for no limit.
    package var connectionsPerAddress = 512
    /// The proxies whose `X-Forwarded-For` is trusted.
    package var trustedProxies = AddressRanges()
    /// The address for health and metrics; nil for the address of all other requests.
    package var operations: ListenAddress?
    /// The calls of one key in a minute; 0 for no limit.
    package var rateLimit = Doorkeeper.usualCalls
    /// The refused keys of one address in a minute; 0 for no limit.
    package var refusalLimit = Doorkeeper.usualRefusals
    /// The part of the disk that uploads leave free.
    package var reserve = DiskReserve.usual
    /// The longest upload, in bytes.
    package var uploadLimit = UploadSettings.defaultLimit
    /// The automatic updates of sources; nil for none.
    package var updates: UpdateSettings?
    /// The file with the key that encrypts secrets of webhooks; nil for `secret.key` in the data directory.
    package var secretKeyFile: String?
    /// The files for audit records and requests, as JSON lines; `-` is standard output, nil none.
    package var auditLog: String?
    package var accessLog: String?
    /// The allowed addresses of webhooks.
    package var webhookTargets = WebhookTargets()
    /// The issuers that people may sign in with; nil for none.
    package var signIn: SignInSettings?
    /// The server that accepts mail; nil if no mail is sent.
    package var mail: MailServer?

    package init(listen: ListenAddress, workers: Int) {
        self.listen = listen
        self.workers = workers
    }
}
