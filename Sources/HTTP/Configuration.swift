/// The settings of a server. Every limit is finite: clients are hostile.
package struct HTTPConfiguration: Sendable {
    /// Where to listen.
    package var listen: ListenAddress
    /// The folder for bodies that go to disk. It belongs to this server alone: uploads that a crash left there are removed
    /// at the start.
    package var spool: String
    /// Certificate chain and private key; nil for plain HTTP.
    package var tls: TLS?
    /// Event threads, at least 1.
    package var threads = 2
    /// Connections at a time over all threads. Further clients wait in the kernel's queue.
    package var connections = 1024
    /// Connections at a time from one sender (`AddressRanges.sender`); 0 for no such limit. Further ones are closed at once. Behind
    /// trusted proxies: requests at a time; further ones are answered with 429.
    package var connectionsPerClient = 0
    /// Proxies whose `X-Forwarded-For` is believed.
    package var trustedProxies = AddressRanges()
    /// Bytes of bodies whose sender is not known yet that lie here at a time.
    package var strangers = Strangers()
    /// Whether so many more bytes may be written to the disk of the spool folder. Must not block.
    package var hasRoom: @Sendable (Int) -> Bool = { _ in true }
    package var deadlines = Deadlines()
    /// Fields of every answer that does not have them by itself.
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

    /// The most of bodies whose sender is not known yet, in bytes.
    package struct Strangers: Sendable {
        /// On the disk, of one sender and of all.
        package var diskOfOne = 1 << 28
        package var disk = 1 << 30
        /// In memory, of one sender and of all.
        package var memoryOfOne = 1 << 26
        package var memory = 1 << 28

        package init() {}
    }

    /// How long a client may take. Kept to within about a second.
    package struct Deadlines: Sendable {
        /// Seconds from the first byte of a head (or of a TLS handshake) to its end.
        package var head = 15.0
        /// Seconds that a connection may be open without a request.
        package var idle = 75.0
        /// Seconds that a body or an answer may take in addition to the time by `minimumRate`.
        package var slack = 15.0
        /// Bytes a second that a client must send or take, averaged over the body or answer.
        package var minimumRate = 2048.0
        /// Seconds in which a body must move on by a quarter of what `minimumRate` asks of them, however fast it was before.
        package var stall = 30.0

        package init() {}
    }

    package init(listen: ListenAddress, spool: String) {
        self.listen = listen
        self.spool = spool
    }
}
