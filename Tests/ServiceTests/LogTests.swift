import Synchronization
import Testing

@testable import Service

struct LogTests {
    @Test func factsOfSmallEventsAreNotComputed() {
        let events = Mutex<[String]>([])
        let asked = Mutex(0)
        let log = Log(.warning) { level, event, facts in
            events.withLock { $0.append("\(level) \(event) \(facts.map { "\($0.key)=\($0.value)" }.joined())") }
        }
        func facts() -> Log.Facts {
            asked.withLock { $0 += 1 }
            return ["uuid": "1"]
        }
        log(.debug, "one", facts())
        log(.info, "two", facts())
        log(.warning, "three", facts())
        log(.error, "four")
        #expect(events.withLock { $0 } == ["warning three uuid=1", "error four "])
        #expect(asked.withLock { $0 } == 1)
    }
}
