import Foundation
import Jobs
import Testing

/// The queue, the leases, the intake, publishing, the sweeps and the schedules under random seeds.
///
/// `make simulate SEEDS=1000` runs this many seeds and searches for the planted bugs. `make simulate SEED=7` shows the
/// steps of one seed. `make simulate-long SEEDS=100000` runs an optimised build.
@Suite(.serialized) struct SimulationTests {
    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }
    private static let isLong = number("WAYBILL_SIMULATE") != nil

    /// The steps of one seed before all faults end.
    private static let steps = 60

    /// Runs one seed. Returns the broken rule, if any, and all steps.
    ///
    /// It runs on a thread of its own and not on one of the few that tasks share, because it waits for a task, within which it
    /// waits for another.
    private static func run(
        _ seed: UInt64, bug: PlantedBug? = nil
    ) async throws -> (violations: [String], steps: [String]) {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { continuation.resume(with: Result { try play(seed, bug: bug) }) }
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    private static func play(_ seed: UInt64, bug: PlantedBug?) throws -> (violations: [String], steps: [String]) {
        let world = try SimulatedWorld(seed: seed, bug: bug)
        world.rules.check(world)
        for _ in 0..<steps where world.rules.violations.isEmpty { world.step() }
        if world.rules.violations.isEmpty { world.calm() }
        return (world.rules.violations, world.steps)
    }

    @Test func `No seed breaks a rule`() async throws {
        if let seed = Self.number("WAYBILL_SEED") {
            let (violations, steps) = try await Self.run(seed)
            print(steps.joined(separator: "\n"))
            #expect(violations == [], "seed \(seed)")
            return
        }
        let first = Self.number("WAYBILL_FIRST_SEED") ?? 1
        let count = Self.number("WAYBILL_SIMULATE") ?? 20
        for seed in first..<(first + count) {
            if seed > first, (seed - first).isMultiple(of: 1000) { print("\(seed - first) seeds by now") }
            let (violations, steps) = try await Self.run(seed)
            guard !violations.isEmpty else { continue }
            print("seed \(seed):\n\(steps.joined(separator: "\n"))\n\(violations.joined(separator: "\n"))")
            Issue.record("seed \(seed): \(violations)")
            if !Self.isLong { return }
        }
    }

    @Test(.enabled(if: isLong), arguments: PlantedBug.allCases)
    func `A planted bug is found`(bug: PlantedBug) async throws {
        for seed in 1...400 as ClosedRange<UInt64> {
            let (violations, _) = try await Self.run(seed, bug: bug)
            if let first = violations.first {
                print("\(bug): seed \(seed): \(first)")
                return
            }
        }
        Issue.record("\(bug) is not found by 400 seeds")
    }

    @Test func `A seed does the same again`() async throws {
        let (first, second) = try await (Self.run(3).steps, Self.run(3).steps)
        #expect(first == second)
    }
}
