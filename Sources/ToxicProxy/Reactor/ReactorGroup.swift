import Glibc

/// The process's reactors, one for each CPU it may use.
enum ReactorGroup {
    private static let made: Result<[Reactor], ProxyFailure> = Result { () throws(ProxyFailure) -> [Reactor] in
        let count = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        var reactors: [Reactor] = []
        for _ in 0..<count {
            let reactor = try Reactor()
            try reactor.start()
            reactors.append(reactor)
        }
        return reactors
    }

    static func shared() throws(ProxyFailure) -> [Reactor] { try made.get() }
}
