import CLinux

/// Keeps a process's memory in RAM.
public enum MemoryLock {
    /// Locks all present and future pages (mlockall(2)).
    /// - Throws: ENOMEM when RLIMIT_MEMLOCK is too low and CAP_IPC_LOCK is missing.
    public static func lockAll() throws(SystemError) {
        try check(cl_lock_memory(), "mlockall", on: "this process")
    }
}
