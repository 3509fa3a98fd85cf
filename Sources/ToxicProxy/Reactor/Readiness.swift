/// What epoll(7) is asked for and tells; the values are the kernel's (sys/epoll.h), which Glibc's overlay lacks.
struct Readiness: OptionSet {
    let rawValue: UInt32

    static let readable = Readiness(rawValue: 0x001)
    static let writable = Readiness(rawValue: 0x004)
    static let failed = Readiness(rawValue: 0x008)
    /// Both directions are over.
    static let hungUp = Readiness(rawValue: 0x010)
    /// The peer has ended its direction.
    static let peerEnded = Readiness(rawValue: 0x2000)
    /// Wakes one of the threads that wait.
    static let exclusive = Readiness(rawValue: 1 << 28)
    /// Tells of changes only.
    static let edgeTriggered = Readiness(rawValue: 1 << 31)
}
