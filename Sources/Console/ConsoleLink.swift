import Database

/// Addresses of the console for messages that leave the server.
package enum ConsoleLink {
    /// The path by which a person fetches a report, after signing in.
    package static func report(_ uuid: String, organization token: String) -> String {
        Address(.organization, token, Page.download.word, item: uuid).path
    }
}
