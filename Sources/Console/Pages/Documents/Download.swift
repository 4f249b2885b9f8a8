import API
import Bytes
import Database

extension Page {
    /// The ZIP of a report.
    static let download: Page = {
        var page = Page("download", "", in: [.organization]) { _ in throw APIError.refused }
        page.fetch = { sender in
            try await sender.call("downloadAsyncReport") { $0.text("uuid", sender.address.item) }
        }
        return page
    }()
}
