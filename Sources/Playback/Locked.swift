import Glibc

/// A value behind a POSIX mutex.
///
/// `Synchronization.Mutex` would do as well, but on Linux it waits on a futex inside a library that
/// ThreadSanitizer doesn't see into, so that every access looks like a race to it.
public final class Locked<Value: Sendable>: @unchecked Sendable {
    // Unchecked, because the mutex guards `value`: nothing else reaches it.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    public init(_ value: Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    public func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&value)
    }
}
