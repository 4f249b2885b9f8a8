import Jobs

@testable import Service

extension SimulatedWorld {
    /// Ends all faults, gives everybody an hour, and checks that all work is done; then lets the retention time pass, and
    /// checks that nothing is left.
    func calm() {
        isCalm = true
        isDiskFull = false
        isStoreAway = false
        for process in processes {
            process.life.end()
            step(.birth, by: process)
        }
        // An hour. Pauses last at most a minute.
        for _ in 0..<60 where rules.violations.isEmpty {
            let unfinished = rules.unfinished(in: self)
            if unfinished == 0 { break }
            clock.move(by: 61_000)
            for process in processes { step(.rescue, by: process) }
            for place in 0..<(2 * unfinished) { step(.work, by: processes[place % processes.count]) }
        }
        rules.checkEnd(self)
        // If the clock was set ahead once, files of that time are younger than they seem.
        clock.move(by: clock.latest - clock.now + settings.retention + 2 * 86_400_000)
        for _ in 0..<3 { for process in processes { step(.sweep, by: process) } }
        rules.checkEmpty(self)
    }
}
