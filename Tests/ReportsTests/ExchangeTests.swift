import Database
import Dispatch
import Glibc
import Testing

@testable import Reports

/// The ring of buffers between the thread that reads and the thread that renders.
@Suite struct ExchangeTests {
    /// Each side is faster at times; all comes once, in its order, and no more than the ring holds is on its way.
    @Test(arguments: [1, 2, 3, 1000]) func allComesInItsOrder(count: Int) throws {
        let exchange = Exchange()
        let done = DispatchGroup()
        DispatchQueue.global().async(group: done) {
            for number in 0..<count {
                let isSent = try? exchange.send(number) { rows in
                    rows.beginRow()
                    rows.append(Int64(number))
                    return .rows
                }
                if isSent != true { Issue.record("buffer \(number) was not taken") }
                if number % 7 == 0 { usleep(10) }
            }
            _ = try? exchange.send(count) { _ in .end }
        }
        for number in 0..<count {
            let found = exchange.receive(number) { message, rows in message == .rows ? rows.integer(0) : -1 }
            #expect(found == Int64(number))
            if number % 5 == 0 { usleep(10) }
        }
        #expect(exchange.receive(count) { message, rows in message == .end && rows.rowCount == 0 })
        done.wait()
    }

    @Test func aRendererThatGivesUpStopsTheReader() throws {
        let exchange = Exchange()
        #expect(try exchange.send(0) { _ in .rows })
        exchange.receive(0) { _, _ in }
        exchange.abandon()
        #expect(try !exchange.send(1) { _ in .rows })
    }

    /// Also with a full ring: the end takes the place of what was not read yet, and the renderer gives up.
    @Test(arguments: 0...3) func aReaderThatFailsEndsTheRows(sent: Int) throws {
        let exchange = Exchange()
        for number in 0..<sent { #expect(try exchange.send(number) { _ in .rows }) }
        exchange.close(sent)
        var messages: [Exchange.Message] = []
        for number in 0...sent where messages.last != .end {
            messages.append(exchange.receive(number) { message, _ in message })
        }
        #expect(messages.last == .end)
        exchange.abandon()
    }

    /// The invariants are found in what breaks them.
    @Test(arguments: [
        (0, 0, false, true), (3, 0, false, true), (4, 0, false, false), (4, 1, false, true), (4, 0, true, true),
        (5, 0, true, false), (1, 2, false, false),
    ])
    func progress(sent: Int, received: Int, isClosed: Bool, isSound: Bool) {
        let progress = Exchange.Progress(sent: sent, received: received, isClosed: isClosed)
        #expect((progress.fault(slots: 3) == nil) == isSound)
    }
}
