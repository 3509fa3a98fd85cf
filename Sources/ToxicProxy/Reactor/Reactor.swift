import CLinux
import Glibc
import Synchronization

/// What has a descriptor in a reactor. A class, so that the kernel can keep a pointer to it (epoll_ctl(2)).
class Watched {
    /// Since the last call where the descriptor is watched edge-triggered, else as things stand.
    func ready(_ events: Readiness) {}
}

/// One thread with its event loop over epoll(7). All connections on it are touched by that thread alone, without locks.
///
/// `@unchecked` because the compiler cannot see that: everything but `jobs` and the descriptors belongs to the thread.
final class Reactor: @unchecked Sendable {
    private let epoll: Int32
    private let bell: Int32
    /// Connections that are here or on their way.
    let load = Atomic<Int>(0)
    private let jobs = Mutex<[@Sendable (Reactor) -> Void]>([])
    private var timers = TimerQueue()
    private var lingering = Lingering()
    /// Objects that left during this turn: events of theirs may still be in the batch.
    private var departed: [Watched] = []
    /// Streams that have more to move than one turn takes.
    private var waiting: [StreamPump] = []
    /// The proxies that have a listener or connections here, by their number.
    var branches: [Int: ProxyBranch] = [:]
    var pipes = PipePool()
    /// Where bytes are read into before they are kept.
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 64)

    /// - Throws: when the kernel has no more descriptors.
    init() throws(ProxyFailure) {
        let epoll = cl_epoll_create()
        let bell = cl_event()
        guard epoll >= 0, bell >= 0, cl_epoll_add(epoll, bell, Readiness.readable.rawValue, nil) >= 0 else {
            throw ProxyFailure("cannot make an event loop: \(KernelWords.of(min(epoll, bell)))")
        }
        self.epoll = epoll
        self.bell = bell
    }

    /// Starts the thread, which lives as long as the process.
    func start() throws(ProxyFailure) {
        var thread = pthread_t()
        let this = Unmanaged.passRetained(self)
        let error = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Reactor>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, this.toOpaque())
        guard error == 0 else {
            this.release()
            throw ProxyFailure("cannot start a thread: \(KernelWords.of(-error))")
        }
        pthread_detach(thread)
    }

    /// Has the thread do something, soon; never waits.
    func submit(_ job: @escaping @Sendable (Reactor) -> Void) {
        let isFirst = jobs.withLock { jobs in
            jobs.append(job)
            return jobs.count == 1
        }
        if isFirst { _ = cl_event_signal(bell) }
    }

    /// Has the thread do something and waits for what it says.
    func perform<Value: Sendable>(_ job: @escaping @Sendable (Reactor) -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            submit { continuation.resume(returning: job($0)) }
        }
    }

    // From here on only on the reactor's own thread.

    /// Watches a descriptor until it is closed. The owner must stay alive until then, and to the end of that turn.
    /// - Returns: 0 or -errno.
    func watch(_ descriptor: Int32, _ events: Readiness, for owner: Watched) -> Int32 {
        cl_epoll_add(epoll, descriptor, events.rawValue, Unmanaged.passUnretained(owner).toOpaque())
    }

    func unwatch(_ descriptor: Int32) {
        _ = cl_epoll_remove(epoll, descriptor)
    }

    /// Keeps an object until the events of this turn are dealt with: some may name it still.
    func keepUntilTurnEnds(_ owner: Watched) {
        departed.append(owner)
    }

    /// Lets a stream go on after the others have had their turn.
    func continueSoon(_ pump: StreamPump) {
        waiting.append(pump)
    }

    func wake(_ owner: any Timed, at due: Moment) {
        guard due != .never else { return }
        timers.set(owner, at: due)
    }

    private func run() {
        _ = cl_precise_timers()
        _ = cl_name_thread("brink-proxy")
        let most = 256
        let ready = UnsafeMutablePointer<cl_ready>.allocate(capacity: most)
        while true {
            let wait = waiting.isEmpty ? timers.next.map { max(0, $0 - .now()) } ?? -1 : 0
            let count = awaitEvents(ready, Int32(most), within: wait)
            var hasJobs = false
            for index in 0..<max(0, Int(count)) {
                guard let owner = ready[index].owner else {
                    _ = cl_event_clear(bell)
                    hasJobs = true
                    continue
                }
                Unmanaged<Watched>.fromOpaque(owner).takeUnretainedValue().ready(
                    Readiness(rawValue: ready[index].events))
            }
            if timers.next != nil {
                let now = Moment.now()
                while let owner = timers.popDue(at: now) { owner.fire(at: now) }
            }
            if hasJobs { for job in takeJobs() { job(self) } }
            if !waiting.isEmpty {
                let pumps = waiting
                waiting.removeAll(keepingCapacity: true)
                for pump in pumps { pump.pump() }
            }
            if !departed.isEmpty { departed.removeAll(keepingCapacity: true) }
        }
    }

    /// - Returns: how many events there are; 0 also after a signal, and after looking on in vain.
    private func awaitEvents(_ ready: UnsafeMutablePointer<cl_ready>, _ most: Int32, within wait: Int64) -> Int32 {
        guard wait != 0 else { return cl_epoll_wait(epoll, ready, most, 0) }
        let start = Moment.now()
        var count: Int32 = 0
        if lingering.isWorthwhile {
            let end = start + (wait < 0 ? Lingering.most : min(wait, Lingering.most))
            repeat {
                count = cl_epoll_wait(epoll, ready, most, 0)
                // Whoever else wants this CPU goes first.
                if count == 0 { sched_yield() }
            } while count == 0 && Moment.now() < end
        } else {
            count = cl_epoll_wait(epoll, ready, most, wait)
        }
        lingering.note(Moment.now() - start)
        return count
    }

    private func takeJobs() -> [@Sendable (Reactor) -> Void] {
        jobs.withLock { jobs in
            let taken = jobs
            jobs = []
            return taken
        }
    }
}
