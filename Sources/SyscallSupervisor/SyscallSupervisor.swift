import Glibc
import LinuxSystem
import Synchronization
import SystemPackage

/// Answers the filtered system calls of all targets, on a thread of its own: whatever its process does besides, no
/// target waits for it.
///
/// It goes on until the harness is gone and no target is left. Rules go off when the harness's line closes.
public final class SyscallSupervisor: Sendable {
    private let count = Atomic<Int>(0)

    public init() {}

    /// How many programs under a filter there are, those about to become one included.
    public var targetCount: Int { count.load(ordering: .acquiring) }

    /// Starts the thread.
    /// - Parameters:
    ///   - control: the harness's line.
    ///   - door: where brink-exec knocks.
    ///   - report: takes what went wrong, in words.
    public func start(
        control: consuming RecordSocket, door: consuming RecordSocket, report: @escaping @Sendable (String) -> Void
    ) throws(SystemError) {
        let loop = SupervisorLoop(control: control, door: door, report: report) { [self] count in
            self.count.store(count, ordering: .releasing)
        }
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        // The guardian's memory is locked: a stack of the usual 8 MiB would be all there at once.
        pthread_attr_setstacksize(&attributes, 512 << 10)
        var thread = pthread_t()
        let context = Unmanaged.passRetained(loop)
        let outcome = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                Unmanaged<SupervisorLoop>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard outcome == 0 else {
            context.release()
            throw SystemError("start a thread", on: "this process", Errno(rawValue: outcome))
        }
    }
}
