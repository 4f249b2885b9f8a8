/// The settings of a server. Every limit is finite, because clients may be hostile.
package struct HTTPConfiguration: Sendable {
    /// The address to listen on.
    package var listen: ListenAddress
    /// The folder for bodies that are written to disk. Only this server uses it: uploads that a crash left there are
    /// deleted at the start.
    package var spool: String
    /// Certificate chain and private key; nil for plain HTTP.
    package var tls: TLS?
    /// The number of event threads, at least 1.
    package var threads = 2
    /// The most connections at a time, over all threads. Further clients wait in the kernel's queue.
    package var connections = 1024
    /// The most connections at a time from one sender (`AddressRanges.sender`); 0 for no limit. Further connections are closed
    /// at once. Behind trusted proxies it limits requests at a time; further ones get 429.
    package var connectionsPerClient = 0
    /// The proxies whose `X-Forwarded-For` is trusted.
    package var trustedProxies = AddressRanges()
    /// The limits of stored body bytes whose sender is not known yet.
    package var strangers = Strangers()
    /// Whether this number of further bytes may be written to the disk of the spool folder. It must not block.
    package var hasRoom: @Sendable (Int) -> Bool = { _ in true }
    package var deadlines = Deadlines()
    /// Header fields for every answer that does not set them itself.
    package var answerFields = HTTPFields()

    /// PEM files.
    package struct TLS: Sendable {
        package var certificate: String
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// The limits, in bytes, for bodies whose sender is not known yet.
    package struct Strangers: Sendable {
        /// On the disk: for one sender, and for all.
        package var diskOfOne = 1 << 28
        package var disk = 1 << 30
        /// In memory: for one sender, and for all.
        package var memoryOfOne = 1 << 26
        package var memory = 1 << 28

        package init() {}
    }

    /// The time limits for clients. Enforced with a precision of about a second.
    package struct Deadlines: Sendable {
        /// The seconds from the first byte of a head (or of a TLS handshake) to its end.
        package var head = 15.0
        /// The seconds that a connection may be open without a request.
        package var idle = 75.0
        /// The seconds that a body or an answer may take in addition to the time by `minimumRate`.
        package var slack = 15.0
        /// The bytes a second that a client must send or take, averaged over the body or answer.
        package var minimumRate = 2048.0
        /// The seconds in which a body must progress by a quarter of what `minimumRate` requires for this time, however fast
        /// it was before.
        package var stall = 30.0

        package init() {}
    }

    package init(listen: ListenAddress, spool: String) {
        self.listen = listen
        self.spool = spool
    }
}
