import Database
import Dispatch
import Intake
import Jobs

/// Decides alerts anew that rest on something that changed: at once after a call that changed it, and whatever is left
/// then, or came about otherwise, now and then.
struct AlertKeeper: Sendable {
    /// How long a call waits, in milliseconds.
    private static let patience: Int64 = 2000

    let runtime: Runtime
    private let threads = DispatchQueue(label: "alerts", attributes: .concurrent)

    init(runtime: Runtime) { self.runtime = runtime }

    /// After a call: as many projects of the organization as a moment allows.
    func settle(organization: Int64) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            threads.async {
                let end = runtime.queue.now() + Self.patience
                run(organization: organization) { runtime.queue.now() < end }
                continuation.resume()
            }
        }
    }

    /// Everywhere; alerts whose time of being ignored is over among them.
    func tend(goesOn: @escaping () -> Bool) {
        do {
            let time = runtime.queue.now()
            let over = try runtime.database.read { try Alerts.hasExpired(at: time, on: $0) }
            if over { try runtime.database.write { try Alerts.markExpired(at: time, on: $0) } }
        } catch {
            runtime.log(.error, "looking for alerts whose time is over failed", ["error": "\(error)"])
        }
        run(organization: nil, goesOn: goesOn)
    }

    private func run(organization: Int64?, goesOn: @escaping () -> Bool) {
        do {
            let stale = StaleAlerts(database: runtime.database, now: runtime.queue.now)
            try stale.run(organization: organization) { _ in goesOn() }
        } catch {
            runtime.log(.error, "deciding alerts anew failed", ["error": "\(error)"])
        }
    }
}
