import Database
import Foundation
import Glibc
import HTTP
import Synchronization
import Testing

@testable import API

/// Places for heavy work, and the queue before them.
struct WorkPoolTests {
    /// Work that runs until it is released.
    private final class Gate: Sendable {
        private let state = Mutex((isOpen: false, running: 0, most: 0, order: [Int64]()))

        var running: Int { state.withLock { $0.running } }
        var most: Int { state.withLock { $0.most } }
        var order: [Int64] { state.withLock { $0.order } }

        func open() { state.withLock { $0.isOpen = true } }

        func work(_ party: Int64) {
            state.withLock { state in
                state.running += 1
                state.most = max(state.most, state.running)
                state.order.append(party)
            }
            while !state.withLock({ $0.isOpen }) { usleep(1000) }
            usleep(1000)
            state.withLock { $0.running -= 1 }
        }
    }

    private func until(_ condition: () -> Bool) async throws {
        for _ in 0..<5000 where !condition() { try await Task.sleep(for: .milliseconds(2)) }
        #expect(condition())
    }

    @Test func aQueueHasAnEnd() async throws {
        let (pool, threads, gate) = (WorkPool(places: 2, queue: 3), Threads("test"), Gate())
        let outcomes = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    try await pool.run(for: 1, on: threads) { gate.work(1) }
                    return true
                }
            }
            try await until { pool.entered == 5 && gate.running == 2 }
            await #expect(throws: WorkPool.Full.self) { try await pool.run(for: 2, on: threads) {} }
            gate.open()
            return try await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(outcomes.count == 5)
        #expect(gate.most == 2)
        #expect(pool.entered == 0)
        // Places are free again.
        try await pool.run(for: 2, on: threads) {}
    }

    @Test func anotherPartyComesBetween() async throws {
        let (pool, threads, gate) = (WorkPool(places: 2, queue: 20), Threads("test"), Gate())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<10 {
                group.addTask { try await pool.run(for: 1, on: threads) { gate.work(1) } }
                try await until { pool.entered == number + 1 }
            }
            try await until { gate.running == 2 }
            group.addTask { try await pool.run(for: 2, on: threads) { gate.work(2) } }
            try await until { pool.entered == 11 }
            // The task may be about to wait.
            try await Task.sleep(for: .milliseconds(50))
            gate.open()
            try await group.waitForAll()
        }
        #expect(gate.order.firstIndex(of: 2).map { $0 <= 3 } == true, "\(gate.order)")
    }

    @Test func whoIsGoneLeavesTheQueue() async throws {
        let (pool, threads, gate) = (WorkPool(places: 1, queue: 5), Threads("test"), Gate())
        let first = Task { try await pool.run(for: 1, on: threads) { gate.work(1) } }
        try await until { gate.running == 1 }
        let second = Task { try await pool.run(for: 1, on: threads) { gate.work(9) } }
        try await until { pool.entered == 2 }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(pool.entered == 1)
        gate.open()
        try await first.value
        #expect(gate.order == [1])
    }

    @Test func threadsAreNoMoreThanTheirWidth() async {
        let (threads, gate) = (Threads("test", width: 3), Gate())
        gate.open()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<60 { group.addTask { await threads.run { gate.work(Int64(number)) } } }
        }
        #expect(gate.order.count == 60)
        #expect(gate.most <= 3)
    }

    /// A call with threads of its own would make as many as there are simultaneous clients.
    @Test func noCallHasThreadsOfItsOwn() throws {
        let calls = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources/API/Calls")
        let names = try FileManager.default.subpathsOfDirectory(atPath: calls.path).filter { $0.hasSuffix(".swift") }
        #expect(names.count > 15)
        for name in names {
            let text = try String(contentsOf: calls.appendingPathComponent(name), encoding: .utf8)
            for maker in ["Threads(", "DispatchQueue", "Thread.detach"] {
                #expect(!text.contains(maker), "\(name): \(maker)")
            }
        }
    }

    /// Calls whose answer grows with the content of a scope are refused when all places are taken and the queue is full, and
    /// answered again afterwards.
    @Test func answersThatGrowHaveAPlace() async throws {
        let world = try ManagedWorld(.sqlite)
        let calls: [(String, ScopeKind)] = [
            ("getLicensesTextZip", .product), ("getNoticesTextFile", .product), ("getProjectHierarchy", .project),
            ("getProductInventoryReport", .product),
        ]
        func ask(_ name: String, _ kind: ScopeKind) async throws -> Int {
            let field = kind == .product ? "productToken" : "projectToken"
            let body = try JSONSerialization.data(
                withJSONObject: ["requestType": name, "userKey": world.keys[0].text, field: try world.token(kind)])
            let request = HTTPRequest(
                method: "POST", path: "/api/v1.4", headers: [:], body: .bytes([UInt8](body)))
            switch world.door.reply(to: request) {
            case .now(let response): return response.status
            case .later(let work): return await work().status
            }
        }
        let (pool, threads, gate) = (world.backend.heavyWork, Threads("test"), Gate())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Backend.heavyPlaces + Backend.heavyQueue {
                group.addTask { try await pool.run(for: 2, on: threads) { gate.work(2) } }
            }
            try await until { pool.entered == Backend.heavyPlaces + Backend.heavyQueue }
            for (name, kind) in calls { #expect(try await ask(name, kind) == 429, "\(name)") }
            gate.open()
            try await group.waitForAll()
        }
        for (name, kind) in calls { #expect(try await ask(name, kind) == 200, "\(name)") }
    }
}
