import Foundation
import Synchronization

/// Runs `body` on `count` threads at once, and returns the result or error of each.
func onThreads<Result: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) throws -> Result
) -> [Swift.Result<Result, any Error>] {
    let box = Box<[Int: Swift.Result<Result, any Error>]>([:])
    let group = DispatchGroup()
    for index in 0..<count {
        group.enter()
        Thread.detachNewThread {
            let result = Swift.Result { try body(index) }
            box.value.withLock { $0[index] = result }
            group.leave()
        }
    }
    group.wait()
    return box.value.withLock { results in (0..<count).compactMap { results[$0] } }
}

/// A value that closures share.
final class Box<Content: Sendable>: Sendable {
    let value: Mutex<Content>
    init(_ value: Content) { self.value = Mutex(value) }
}

/// Waits until `condition` is true, at most 20 seconds.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<2000 {
        if try condition() { return true }
        usleep(10_000)
    }
    return try condition()
}
