import Bytes
import Glibc
import Outbound
import Service

extension Flag {
    /// Flags for the server that accepts mail.
    static let mail = [
        Flag("smtp", "URL", "the server for mail: smtp://HOST:587 (turns to TLS), smtps://HOST:465 (none)"),
        Flag("smtp-from", "ADDRESS", "the sender of mail"),
        Flag("smtp-user", "NAME", "for signing in there (without)"),
        Flag("smtp-password-file", "FILE", "the password for signing in there, its first line"),
        Flag("public-url", "URL", "where people reach this server, for links in mail (without)"),
    ]
}

extension Configuration {
    /// The server that accepts mail; nil without one.
    func mail() throws(UsageError) -> MailServer? {
        guard let url = self["smtp"] else { return nil }
        guard let from = self["smtp-from"] else {
            throw UsageError(description: "--smtp needs --smtp-from, the address of the sender")
        }
        let password =
            try self["smtp-password-file"].map { path throws(UsageError) in
                try Self.firstLine(of: path, holding: "password")
            } ?? ""
        guard (self["smtp-user"] == nil) == password.isEmpty else {
            throw UsageError(description: "--smtp-user and --smtp-password-file go together; one of them is missing")
        }
        guard var server = MailServer(url: url, from: from, user: self["smtp-user"] ?? "", password: password) else {
            throw UsageError(
                description:
                    "--smtp is \(url), --smtp-from \(from); accepted: smtp://HOST:PORT or smtps://HOST:PORT, NAME@DOMAIN"
            )
        }
        server.publicURL = try publicURL()
        return server
    }

    /// The address for links, without final slashes; nil without one.
    private func publicURL() throws(UsageError) -> String? {
        guard let text = self["public-url"] else { return nil }
        let isPlain = text.utf8.allSatisfy { $0 > 32 && $0 < 127 && !"\"<>?#".utf8.contains($0) }
        let host = ["https://", "http://"].first(where: text.hasPrefix).map { text.dropFirst($0.count) } ?? ""
        guard isPlain, let first = host.first, first != "/" else {
            throw UsageError(
                description: "--public-url is \(text); accepted: an address as https://waybill.example.org")
        }
        return String(text.reversed().drop { $0 == "/" }.reversed())
    }

    /// The first line of a file.
    ///
    /// - Parameter secret: the word for the content of the file.
    static func firstLine(of path: String, holding secret: String) throws(UsageError) -> String {
        guard let file = fopen(path, "r") else {
            throw UsageError(description: "cannot read the \(secret) in \(path): \(systemMessage(errno))")
        }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var room = 0
        defer { free(line) }
        guard getline(&line, &room, file) >= 0, let start = line else {
            throw UsageError(description: "the file of the \(secret), \(path), is empty")
        }
        return String(String(cString: start).prefix { !$0.isNewline })
    }
}
