/// What brink-exec is told on its command line. Nothing here is secret.
struct ExecOptions {
    /// Abstract socket of the supervisor.
    let supervisor: String
    let target: String
    /// Names of system calls.
    let syscalls: [String]
    /// To change to; nil stays.
    let user: UInt32?
    let group: UInt32?
    /// Supplementary groups.
    let groups: [UInt32]
    /// The program's path and its arguments.
    let program: [String]

    init?(_ arguments: some Sequence<String>) {
        var values: [String: String] = [:]
        var iterator = arguments.makeIterator()
        while let name = iterator.next(), name != "--" {
            guard name.hasPrefix("--"), let value = iterator.next() else { return nil }
            values[name] = value
        }
        program = Array(IteratorSequence(iterator))
        guard let supervisor = values["--supervisor"], let target = values["--target"],
            let syscalls = values["--syscalls"], !syscalls.isEmpty, program.first?.hasPrefix("/") == true
        else { return nil }
        self.supervisor = supervisor
        self.target = target
        self.syscalls = syscalls.split(separator: ",").map(String.init)
        user = values["--user"].flatMap { UInt32($0) }
        group = values["--group"].flatMap { UInt32($0) }
        let names = values["--groups", default: ""].split(separator: ",")
        groups = names.compactMap { UInt32($0) }
        // One that cannot be read must not leave the program with root's.
        guard (user == nil) == (values["--user"] == nil), (group == nil) == (values["--group"] == nil),
            groups.count == names.count, (user == nil) == (group == nil)
        else { return nil }
    }
}
