import Bytes
import Database
import Foundation
import Synchronization

@testable import Reports

/// Counts calls from several threads.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .sequentiallyConsistent) }

    /// Counts one call and returns the number of calls so far.
    func next() -> Int { add(1) }

    func add(_ number: Int) -> Int { count.wrappingAdd(number, ordering: .sequentiallyConsistent).newValue }

    func jump(to number: Int) { count.store(number, ordering: .sequentiallyConsistent) }
}

extension Output {
    /// Runs a production and calls `onBytes` before each write.
    init(_ production: Production, on database: any Database, onBytes: @escaping @Sendable () -> Void) throws {
        let written = Mutex(Data())
        produced = try database.snapshot { connection in
            try production.run(on: connection) { bytes in
                onBytes()
                written.withLock { $0.append(contentsOf: bytes) }
            }
        }
        bytes = written.withLock { $0 }
    }

    /// The parts as text; for workbooks, all entries.
    func contents() throws -> [String] {
        try parts().map { part in
            guard part.name.hasSuffix(".xlsx") else { return part.text }
            return try Part.unpack(part.bytes).map(\.text).joined(separator: "\n")
        }
    }
}
