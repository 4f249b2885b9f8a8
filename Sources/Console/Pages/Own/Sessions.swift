import API
import Bytes
import Database
import Jobs

extension Page {
    /// The sessions of the holder of a key, each with a button that ends it.
    static let sessions = Page("sessions", "", in: [.organization], submission: endSession) { visit in
        let sessions = try Sessions.list(keyDigest: visit.keyDigest, at: visit.now, on: visit.connection)
        return Content("Where you are signed in") { html in
            html.table(
                "Sessions",
                [
                    .text("From", \.address), .text("Browser", \.browser), .time("Since", isWide: true, \.begun),
                    .time("Last used", \.used),
                    ListColumn("Action") { session, html in
                        if session.digest == visit.session { return html.text("this one") }
                        html.button(
                            "End", to: visit.here("sessions"), hidden: [("session", session.digest.hexadecimal)])
                    },
                ], sessions)
            html.hint(
                """
                Signed in with the same key. One ends after half an hour without use, after twelve hours, and with its key.
                """)
        }
    }

    /// Ends one of the sessions that were begun with the key of this session.
    private static let endSession = Submission { sender in
        let now = sender.backend.queue.now()
        let (key, wanted, caller) = (sender.keyDigest, sender.form["session"], sender.caller)
        try await sender.backend.database.write { connection in
            let sessions = try Sessions.list(keyDigest: key, at: now, on: connection)
            for session in sessions where session.digest.hexadecimal == wanted {
                if let holder = try KeyHolder.find(key, at: now, on: connection) {
                    try SignIn.note(.signOut, of: holder, caller, "/console/end", at: now, on: connection)
                }
                try Sessions.end(session.digest, on: connection)
            }
        }
        return Address(sender.place, "sessions")
    }
}
