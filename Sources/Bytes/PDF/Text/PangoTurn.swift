import Glibc

// DESIGN. Several threads write documents at once, each with a font map of its own. Still, Pango (seen with 1.50.12) gave a
// character that no font has either the width of a box or none, depending on what other threads did at that moment. So the same
// data gave different bytes. So only one thread at a time may run Pango code. Few texts need Pango, because words are set
// without it.

/// The right to call Pango, which one thread has at a time.
enum PangoTurn {
    // Made once before its first use, never moved and never freed. Only `pthread_mutex_lock` and `pthread_mutex_unlock` access
    // it.
    nonisolated(unsafe) private static let mutex: UnsafeMutablePointer<pthread_mutex_t> = {
        let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        return mutex
    }()

    /// Waits for the turn. A thread that has the turn must not request it again.
    static func begin() { pthread_mutex_lock(mutex) }

    static func end() { pthread_mutex_unlock(mutex) }
}
