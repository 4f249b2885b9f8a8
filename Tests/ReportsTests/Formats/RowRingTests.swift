import Database
import Dispatch
import Glibc
import Testing

@testable import Reports

/// The ring of buffers between the reading thread and the rendering thread.
@Suite struct RowRingTests {
    /// Each side is faster at times: every row arrives once and in order, and no more rows are in between than the
    /// ring can hold.
    @Test(arguments: [1, 2, 3, 1000]) func allComesInItsOrder(count: Int) throws {
        let ring = RowRing()
        let done = DispatchGroup()
        DispatchQueue.global().async(group: done) {
            for number in 0..<count {
                let isSent = try? ring.send(number) { rows in
                    rows.beginRow()
                    rows.append(Int64(number))
                    return .rows
                }
                if isSent != true { Issue.record("buffer \(number) was not taken") }
                if number % 7 == 0 { usleep(10) }
            }
            _ = try? ring.send(count) { _ in .end }
        }
        for number in 0..<count {
            let found = ring.receive(number) { message, rows in message == .rows ? rows.integer(0) : -1 }
            #expect(found == Int64(number))
            if number % 5 == 0 { usleep(10) }
        }
        #expect(ring.receive(count) { message, rows in message == .end && rows.rowCount == 0 })
        done.wait()
    }

    @Test func aRendererThatGivesUpStopsTheReader() throws {
        let ring = RowRing()
        #expect(try ring.send(0) { _ in .rows })
        ring.receive(0) { _, _ in }
        ring.abandon()
        #expect(try !ring.send(1) { _ in .rows })
    }

    /// This also holds for a full ring: the end takes the place of unread rows, and the renderer stops.
    @Test(arguments: 0...3) func aReaderThatFailsEndsTheRows(sent: Int) throws {
        let ring = RowRing()
        for number in 0..<sent { #expect(try ring.send(number) { _ in .rows }) }
        ring.close(sent)
        var messages: [RowRing.Message] = []
        for number in 0...sent where messages.last != .end {
            messages.append(ring.receive(number) { message, _ in message })
        }
        #expect(messages.last == .end)
        ring.abandon()
    }

    /// Broken invariants are reported.
    @Test(arguments: [
        (0, 0, false, true), (3, 0, false, true), (4, 0, false, false), (4, 1, false, true), (4, 0, true, true),
        (5, 0, true, false), (1, 2, false, false),
    ])
    func progress(sent: Int, received: Int, isClosed: Bool, isSound: Bool) {
        let progress = RowRing.Progress(sent: sent, received: received, isClosed: isClosed)
        #expect((progress.fault(slots: 3) == nil) == isSound)
    }
}
