import Glibc

// DESIGN. Documents are written side by side, each with a font map of its own. Still Pango (seen with 1.50.12) gave a character that no
// font has the width of a box or none, by what other threads did at that moment: the same data gave other bytes. So one thread at
// a time is inside of Pango. Few texts come there: words are set without it.

/// The right to call Pango: one thread has it at a time.
enum PangoTurn {
    // Made once, before its first use, never moved and never freed; only `pthread_mutex_lock` and `pthread_mutex_unlock` touch it.
    nonisolated(unsafe) private static let mutex: UnsafeMutablePointer<pthread_mutex_t> = {
        let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        return mutex
    }()

    /// Waits for the turn. A thread that has it must not ask again.
    static func begin() { pthread_mutex_lock(mutex) }

    static func end() { pthread_mutex_unlock(mutex) }
}
