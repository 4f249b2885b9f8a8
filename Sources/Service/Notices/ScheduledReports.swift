import API
import Console
import Database
import Jobs
import Store

/// Adds reports to mails: as an attachment, or as an address.
struct ScheduledReports {
    /// The largest report, in bytes, that is attached. As base64 this is 7 MB, which usual mail servers accept.
    static let limit: Int64 = 5 << 20

    let queue: Queue
    let store: any ArtifactStore
    /// The address of this server for people, without a final slash; nil if the operator did not configure it.
    let publicURL: String?

    /// Adds the address of each report to a message, and removes reports that the owner may not see any more. A single
    /// scheduled report within the size limit is attached if `attaching` is true.
    ///
    /// - Parameter standing: the rights of the owner.
    func enclose(
        in content: NoticeContent, for standing: Standing, of organization: Int64, attaching: Bool
    ) throws -> (content: NoticeContent, attachment: (name: String, bytes: [UInt8])?) {
        var content = content
        content.notices = try content.notices.filter { try isSeen($0, by: standing, of: organization) }
        var attachment: (name: String, bytes: [UInt8])?
        for (place, notice) in content.notices.enumerated() {
            guard let kind = NoticeKind(rawValue: notice.kind), kind == .scheduled || kind == .report,
                let found = try find(notice.subject, of: organization)
            else { continue }
            let mayAttach = attaching && kind == .scheduled && content.notices.count == 1
            if mayAttach, let bytes = read(found.artifact) {
                attachment = (found.artifact.fileName, bytes)
                content.notices[place].enclosure = "Attached: \(found.artifact.fileName)"
            } else {
                content.notices[place].enclosure = whereabouts(of: found.artifact, notice.subject)
                content.notices[place].url = publicURL.map {
                    $0 + ConsoleLink.report(notice.subject, organization: found.token)
                }
            }
        }
        return (content, attachment)
    }

    /// Whether the account may see a notice: it is not about a report, or about a visible one, or about a deleted
    /// one.
    private func isSeen(
        _ notice: NoticeContent.Notice, by standing: Standing, of organization: Int64
    ) throws -> Bool {
        guard let kind = NoticeKind(rawValue: notice.kind), kind == .scheduled || kind == .report else { return true }
        let job = try queue.database.read { [queue] connection in
            try queue.find(uuid: notice.subject, organization: organization, on: connection)
        }
        return job.map(standing.canSee) ?? true
    }

    /// The artifact of a finished report, and the token of its organization.
    private func find(_ uuid: String, of organization: Int64) throws -> (artifact: Artifact, token: String)? {
        try queue.database.read { [queue] connection in
            guard let job = try queue.find(uuid: uuid, organization: organization, on: connection),
                job.state == .success,
                let artifact = try queue.artifact(uuid: job.artifact, organization: organization, on: connection),
                let token = try connection.first(
                    "SELECT token FROM organization WHERE id = \(organization)", { $0.string(0) })
            else { return nil }
            return (artifact, token)
        }
    }

    /// The whole report; nil when it is too long or the store cannot read it. The message then has the address.
    private func read(_ artifact: Artifact) -> [UInt8]? {
        guard artifact.size <= Self.limit else { return nil }
        var bytes: [UInt8] = []
        do {
            try store.locate(artifact.uuid).read { piece in
                guard Int64(bytes.count + piece.count) <= Self.limit else {
                    throw Failure("an artifact is longer than its row says")
                }
                bytes += piece
            }
        } catch {
            return nil
        }
        return bytes
    }

    private func whereabouts(of artifact: Artifact, _ uuid: String) -> String {
        let size = artifact.size > Self.limit ? "\(artifact.size >> 20) MiB, more than is attached. " : ""
        let way =
            publicURL == nil
            ? "The console has it among the reports, downloadAsyncReport by the uuid \(uuid)." : "Fetch it by the link."
        return "\(artifact.fileName): \(size)\(way)"
    }
}
