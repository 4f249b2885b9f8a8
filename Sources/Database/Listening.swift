import Synchronization

/// A listener of a channel, which listens as long as this object lives.
package final class Listening: Sendable {
    private let end: @Sendable () -> Void

    init(end: @escaping @Sendable () -> Void) { self.end = end }

    deinit { end() }
}

/// The listeners of each channel in this process.
final class Listeners: Sendable {
    private struct Listener: Sendable {
        let channel: String
        let deaf: @Sendable (any Error) -> Void
        let body: @Sendable () -> Void
    }

    private struct State {
        var next = 0
        var listeners: [Int: Listener] = [:]
    }

    private let state = Mutex(State())

    func add(
        _ channel: StaticString, deaf: @escaping @Sendable (any Error) -> Void = { _ in },
        heard body: @escaping @Sendable () -> Void
    ) -> Listening {
        let number = state.withLock { state in
            state.next += 1
            state.listeners[state.next] = Listener(channel: channel.description, deaf: deaf, body: body)
            return state.next
        }
        return Listening { [weak self] in self?.state.withLock { $0.listeners[number] = nil } }
    }

    /// The channels with a listener.
    var channels: Set<String> { state.withLock { Set($0.listeners.values.map(\.channel)) } }

    /// Reports to all listeners that no signals can be received for now.
    func tell(_ error: any Error) {
        let found = state.withLock { Array($0.listeners.values) }
        for listener in found { listener.deaf(error) }
    }

    /// Calls the listeners of a channel; without one, those of all channels.
    func call(_ channel: String? = nil) {
        let found = state.withLock { state in
            state.listeners.values.filter { channel == nil || $0.channel == channel }
        }
        for listener in found { listener.body() }
    }
}
