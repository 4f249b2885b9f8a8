import Foundation
import Synchronization

/// A mail server that follows a script for each connection and records the messages that it accepted.
package final class MailListener: Sendable {
    package enum Step: Sendable {
        /// Accepts the message.
        case take
        /// Refuses the receiver with this answer, such as `550 no such user`.
        case refuse(String)
        /// Disconnects before any answer.
        case hangUp
        /// Disconnects after the whole message, without an answer.
        case hangUpAfterwards
    }

    private let listener: LoopbackListener
    private let taken = Mutex<[String]>([])
    private let talk = Mutex<[String]>([])

    package var url: String { "smtp://127.0.0.1:\(listener.port)" }
    /// The complete messages in the order of arrival; doubled points stay doubled.
    package var messages: [String] { taken.withLock { $0 } }
    /// The commands of clients, without messages.
    package var commands: [String] { talk.withLock { $0 } }

    package init(_ steps: [Step]) throws {
        let listener = try LoopbackListener()
        self.listener = listener
        Thread.detachNewThread { [weak self] in
            for step in steps {
                guard let client = listener.next() else { break }
                if case .hangUp = step {} else { self?.serve(client, step) }
                close(client)
            }
            listener.end()
        }
    }

    deinit { listener.end() }

    private func serve(_ client: Int32, _ step: Step) {
        var reader = LineReader(client)
        Self.say("220 mail.test ready", to: client)
        while let line = reader.next() {
            talk.withLock { $0.append(line) }
            switch line.prefix(4).uppercased() {
            case "EHLO": Self.say("250-mail.test\r\n250 AUTH PLAIN", to: client)
            case "AUTH": Self.say("235 welcome", to: client)
            case "RCPT":
                if case .refuse(let answer) = step {
                    Self.say(answer, to: client)
                } else {
                    Self.say("250 fine", to: client)
                }
            case "DATA":
                Self.say("354 go on", to: client)
                var message = ""
                while let text = reader.next(), text != "." { message += text + "\r\n" }
                taken.withLock { $0.append(message) }
                if case .hangUpAfterwards = step { return }
                Self.say("250 taken", to: client)
            case "QUIT":
                Self.say("221 goodbye", to: client)
                return
            default: Self.say("250 fine", to: client)
            }
        }
    }

    private static func say(_ text: String, to client: Int32) {
        let bytes = Array((text + "\r\n").utf8)
        _ = send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Lines that end with CRLF.
    private struct LineReader {
        let client: Int32
        var bytes: [UInt8] = []

        init(_ client: Int32) { self.client = client }

        mutating func next() -> String? {
            while true {
                if let end = bytes.firstIndex(of: 10) {
                    defer { bytes.removeFirst(end + 1) }
                    return String(decoding: bytes[..<end], as: UTF8.self).trimmingCharacters(in: ["\r"])
                }
                var chunk = [UInt8](repeating: 0, count: 65536)
                let count = recv(client, &chunk, chunk.count, 0)
                guard count > 0 else { return nil }
                bytes += chunk.prefix(count)
            }
        }
    }
}
