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
    /// Connections at a time from one address; 0 for no such limit. Further ones are closed at once.
    package var connectionsPerClient = 0
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

    /// How long a client may take. Kept to within about a second.
    package struct Deadlines: Sendable {
        /// Seconds from the first byte of a head (or of a TLS handshake) to its end.
        package var head = 15.0
        /// Seconds that a connection may be open without a request.
        package var idle = 75.0
        /// Seconds that a body or an answer may take beside what `minimumRate` gives it.
        package var slack = 15.0
        /// Bytes a second that a client must send or take, averaged over the body or answer.
        package var minimumRate = 2048.0

        package init() {}
    }

    package init(listen: ListenAddress, spool: String) {
        self.listen = listen
        self.spool = spool
    }
}
