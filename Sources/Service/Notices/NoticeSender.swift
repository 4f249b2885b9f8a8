import API
import Bytes
import Database
import Feeds
import Jobs
import Outbound

// DESIGN. Two transactions surround the sending of each message: the first takes it, with a lease longer than any sending; the
// second stores its outcome. So no two nodes send a message at a time. If a node dies between receiver and database, the
// message is sent again after the lease, under the same id.

/// Turns the notices of subscriptions into messages, and sends them. Belongs to one thread.
struct NoticeSender {
    let queue: Queue
    let log: Log
    /// Nil if the operator configured no server.
    let mail: MailServer?
    private let reports: ScheduledReports
    private let post: WebhookPost

    init(
        _ reports: ScheduledReports, log: Log, targets: WebhookTargets, secrets: SecretBox?, mail: MailServer?
    ) {
        self.reports = reports
        queue = reports.queue
        self.log = log
        self.mail = mail
        post = WebhookPost(targets: targets, secrets: secrets)
    }

    /// Makes and sends messages until none is due, or `goesOn` returns false.
    func run(goesOn: () -> Bool) throws {
        let (database, queue) = (self.queue.database, self.queue)
        try watch()
        while goesOn() {
            let time = queue.now()
            guard try database.read({ try NoticeMessages.isDue(at: time, on: $0) }) else { return }
            while goesOn(),
                try database.write({ try NoticeComposer(queue: queue, connection: $0, time: time).makeNext() })
            {}
            while goesOn(), let message = try database.write({ try NoticeMessages.take(at: queue.now(), on: $0) }) {
                try settle(message, send(message))
            }
        }
    }

    /// Reports events that are caused only by the passing of time.
    private func watch() throws {
        let time = queue.now()
        guard try queue.database.read({ try NoticeWatch.isDue(at: time, on: $0) }) else { return }
        try queue.database.write { try NoticeWatch.look(at: time, life: Feed.life(of:), on: $0) }
    }

    private func settle(_ message: NoticeMessage, _ outcome: WebhookPost.Outcome) throws {
        let time = queue.now()
        try queue.database.write { connection in
            switch outcome {
            case .heard: try NoticeMessages.finish(message, on: connection)
            case .failed(let why, let forGood):
                try NoticeMessages.fail(message, why: why, forGood: forGood, at: time, on: connection)
            }
        }
        if case .failed(let why, let forGood) = outcome {
            let isOver = forGood || message.attempt >= NoticeMessages.attempts
            log(
                .warning, isOver ? "notice given up" : "notice failed",
                ["id": message.uuid, "attempt": "\(message.attempt)", "why": why])
        }
    }

    private func send(_ message: NoticeMessage) throws -> WebhookPost.Outcome {
        switch message.way {
        case .webhook:
            let time = TimeText.rfc3339(message.created)
            let body = JSONWriter.object { json in
                json.text("type", "notices")
                json.text("timestamp", time)
                json.key("data")
                json.raw(message.body)
            }
            return post.send(
                body, id: message.uuid,
                to: .init(url: message.url, secret: message.secret, organization: message.organization),
                at: queue.now())
        case .mail(let address):
            guard let mail else {
                return .failed(why: "the operator of this server named no mail server (--smtp)", forGood: false)
            }
            let content: NoticeContent
            do {
                content = try NoticeContent(json: message.body)
            } catch {
                return .failed(why: "the message cannot be read: \(error)", forGood: true)
            }
            return try send(message, content, to: address, by: mail)
        }
    }

    private func send(
        _ message: NoticeMessage, _ content: NoticeContent, to address: String, by mail: MailServer
    ) throws -> WebhookPost.Outcome {
        // Rights may have ended since the message was made; the message is tried for about a day.
        let standing = try queue.database.read { connection in
            try Standing.find(account: message.account, in: message.organization, on: connection)
        }
        guard let standing, standing.isMember else {
            return .failed(why: "its owner is no member of the organization any more", forGood: true)
        }
        var attaching = true
        while true {
            let (whole, attachment) = try reports.enclose(
                in: content, for: standing, of: message.organization, attaching: attaching)
            guard !whole.notices.isEmpty || content.notices.isEmpty else {
                return .failed(why: "its owner may not see the report any more", forGood: true)
            }
            let letter = MailMessage(
                from: mail.from, to: address, uuid: message.uuid, thread: message.thread, time: message.created,
                content: whole, attachment: attachment)
            do throws(MailError) {
                try MailTransfer.send(letter.bytes, to: address, by: mail)
                return .heard
            } catch {
                guard error.isTooLong, attachment != nil else {
                    return .failed(why: error.text, forGood: error.isForGood)
                }
                // Without the report the same server may accept the message.
                attaching = false
            }
        }
    }
}
