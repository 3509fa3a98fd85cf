extension Scenario {
    /// The system calls of a service that faults of this scenario are about, by name, each once; it is started under a
    /// filter that reports them.
    public func interceptedSyscalls(of service: String) -> [String] {
        let targets = targets.filter { $0.kind == .service(service) }.map(\.id)
        let names = faults.filter { targets.contains($0.target) }.flatMap { fault in
            fault.parameters.syscallRules.flatMap(\.syscalls).map(\.name)
        }
        return Set(names).sorted()
    }
}
