import Glibc
import Synchronization

// DESIGN. A client without a known key is a stranger. Stored bytes of strangers are counted for each sender and in total,
// separately for disk and memory. A policy may inspect the beginning of a body to learn the sender. The answer may come from
// another machine, so nothing waits for it; until it arrives, the bytes count as a stranger's. No body may use the reserve of
// the disk.

/// The body of a request during its arrival. Belongs to the event thread of its connection.
struct IncomingBody: ~Copyable {
    enum Place {
        case nothing
        case memory([UInt8])
        case file(SpoolFile)
        case discarding(HTTPResponse, rest: Int)
    }

    /// The reason why a body is not stored, with its answer.
    struct Refusal: Error {
        let response: HTTPResponse
    }

    /// The free room of the disk is checked again after each such number of bytes.
    private static let roomStep = 4 << 20
    /// The most bytes of a body that its policy may inspect.
    private static let beginning = 64 << 10

    private(set) var place = Place.nothing
    private var limit = 0
    private let hasRoom: @Sendable (Int) -> Bool
    /// The bytes for which the disk was found to have room.
    private var granted = 0
    /// The count of a stranger's bytes; nil once the sender is known.
    private var count: SenderCounts?
    private let sender: String
    private var held = 0
    private var look: BodyPolicy.Look?
    private var seen: [UInt8] = []
    private var nextLook = 512
    private var verdict: Verdict?

    /// The result of the inspection of the body, once known.
    private final class Verdict: Sendable {
        let sender = Mutex<BodyPolicy.Sender?>(nil)
    }

    static var none: IncomingBody { IncomingBody() }

    private init() {
        sender = ""
        hasRoom = { _ in true }
    }

    /// Prepares for a body of `promised` bytes, or of unknown length if that is 0.
    init(
        _ policy: BodyPolicy, from sender: String, promised: Int, _ service: borrowing Service
    ) throws(Refusal) {
        self.sender = sender
        limit = policy.limit
        hasRoom = service.configuration.hasRoom
        let known: BodyPolicy.Sender
        switch policy {
        case .memory(_, let who):
            known = who
            count = service.strangersInMemory
            var bytes: [UInt8] = []
            bytes.reserveCapacity(min(max(promised, 256), 4096))
            place = .memory(bytes)
        case .file(_, let who):
            known = who
            count = service.strangersOnDisk
            guard hasRoom(promised) else { throw Refusal(response: Self.notStored(ENOSPC)) }
            guard let file = SpoolFile.make(in: service.configuration.spool) else {
                throw Refusal(response: Self.notStored(errno))
            }
            granted = promised
            place = .file(file)
        case .refuse, .later: known = .known
        }
        switch known {
        case .known: count = nil
        case .stranger: break
        case .saysItself(let look): self.look = look
        case .refused(let response): throw Refusal(response: response)
        }
        // A declared length reserves no room. But a body that cannot fit is refused before it arrives, unless its
        // sender may turn out to be known.
        guard look != nil || count?.hasRoom(promised, for: sender) ?? true else {
            throw Refusal(response: Self.tooManyBytes)
        }
    }

    /// Stores a piece. Throws the answer for a body that is not stored.
    mutating func take(_ piece: UnsafeRawBufferPointer) throws(Refusal) {
        // This comes first, because bytes of a known user no longer count as a stranger's.
        try heedVerdict()
        if let count {
            guard count.take(piece.count, for: sender) else { throw Refusal(response: Self.tooManyBytes) }
            held += piece.count
        }
        switch place {
        case .nothing, .discarding: break
        case .memory(var body):
            // The enum releases the array first, or appending would copy all of it.
            place = .nothing
            guard piece.count <= limit - body.count else { throw Refusal(response: Self.tooLarge(limit)) }
            body.append(contentsOf: piece)
            place = .memory(body)
        case .file(let file):
            guard piece.count <= limit - file.size else { throw Refusal(response: Self.tooLarge(limit)) }
            if file.size + piece.count > granted {
                guard hasRoom(Self.roomStep) else { throw Refusal(response: Self.notStored(ENOSPC)) }
                granted = file.size + Self.roomStep
            }
            guard file.append(piece) else { throw Refusal(response: Self.notStored(errno)) }
        }
        try lookAtTheBeginning(piece)
    }

    private mutating func lookAtTheBeginning(_ piece: UnsafeRawBufferPointer) throws(Refusal) {
        if let look, verdict == nil {
            seen.append(contentsOf: piece.prefix(Self.beginning - seen.count))
            if seen.count >= nextLook || seen.count == Self.beginning {
                // The next inspection needs twice as many bytes, so no body is inspected more often than its length
                // has bits.
                nextLook = seen.count * 2
                switch look(seen) {
                case .more where seen.count < Self.beginning: break
                case .more: self.look = nil
                case .found(let sender): try settle(sender)
                case .ask(let work):
                    let verdict = Verdict()
                    self.verdict = verdict
                    // The task is unstructured, because its parent is a callback from C; it ends with the query.
                    Task { [verdict] in
                        let sender = await work()
                        verdict.sender.withLock { $0 = sender }
                    }
                }
            }
        }
        try heedVerdict()
    }

    private mutating func heedVerdict() throws(Refusal) {
        if let found = verdict?.sender.withLock({ $0 }) { try settle(found) }
    }

    private mutating func settle(_ found: BodyPolicy.Sender) throws(Refusal) {
        (look, verdict, seen) = (nil, nil, [])
        switch found {
        case .known: giveBack()
        case .stranger, .saysItself: break
        case .refused(let response): throw Refusal(response: response)
        }
    }

    /// Discards the stored bytes and all later ones.
    mutating func discard(_ answer: HTTPResponse, rest: Int) {
        giveBack()
        (look, verdict, seen) = (nil, nil, [])
        place = .discarding(answer, rest: rest)
    }

    /// The handler owns the body; a stranger's bytes are uncounted at the end of the request.
    mutating func letGo() { place = .nothing }

    /// The bytes do not, or do not any more, count as a stranger's.
    mutating func giveBack() {
        count?.give(held, for: sender)
        (count, held) = (nil, 0)
    }

    deinit { count?.give(held, for: sender) }

    // MARK: Answers

    static func tooLarge(_ limit: Int) -> HTTPResponse {
        .text(413, "The body is larger than the \(limit) bytes that this path takes.")
    }

    private static var tooManyBytes: HTTPResponse {
        .tooMuch("bytes without a key that is known; show the key in X-Api-Key or Authorization")
    }

    /// A file of Waybill's own could not be written, with this `errno`. For every such error the surroundings are at fault, and
    /// a client may try again.
    static func notStored(_ code: Int32) -> HTTPResponse {
        var response: HTTPResponse =
            code == ENOSPC || code == EDQUOT
            ? .text(507, "The body could not be stored: no space left that uploads may use.")
            : .text(503, "The body could not be stored: the server lacks files, memory or a disk that works.")
        response.headers["Retry-After"] = "30"
        return response
    }
}

extension HTTPResponse {
    /// 429: the sender has too much of something at the moment.
    static func tooMuch(_ what: String) -> HTTPResponse {
        var response = HTTPResponse.text(429, "Your address has too many \(what); try again later.")
        response.headers["Retry-After"] = "30"
        return response
    }
}
