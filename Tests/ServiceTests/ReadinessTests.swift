import Dispatch
import Synchronization
import Testing

@testable import Service

struct ReadinessTests {
    @Test func anAnswerHoldsForAMoment() async {
        let probes = Mutex(0)
        let readiness = Readiness {
            probes.withLock { $0 += 1 }
            return "the disk is full"
        }
        for _ in 0..<3 { #expect(await readiness.reason() == "the disk is full") }
        #expect(probes.withLock { $0 } == 1)
    }

    @Test func aProbeThatHangsIsAnswered() async {
        let end = DispatchSemaphore(value: 0)
        let readiness = Readiness(patience: 50) {
            end.wait()
            return nil
        }
        #expect(await readiness.reason() != nil)
        #expect(await readiness.reason() != nil)
        end.signal()
        var reason = await readiness.reason()
        for _ in 0..<500 where reason != nil {
            try? await Task.sleep(for: .milliseconds(10))
            reason = await readiness.reason()
        }
        #expect(reason == nil)
    }
}
