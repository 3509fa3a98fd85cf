/// The command line of the benchmark program; scripts/bench is what people call.
struct BenchOptions {
    var runs = 5
    /// Requests per second for the service's latency.
    var rate = 200.0
    var out = "brink-out/bench.json"
    /// Which groups to measure; empty for all.
    var only: Set<String> = []
    /// Where cgroup knobs are copied from or to, for a host without controllers.
    var fixture: String?
    /// A folder on a disk of a machine that goes away afterwards, whose swap may be changed too.
    var disk: String?
    /// A toxiproxy-server binary to compare with.
    var toxiproxy: String?
    /// Copies a cgroup's knobs into the fixture folder and ends.
    var makesFixture = false

    static let groups = ["faults", "guardian", "accuracy", "syscalls", "sampler", "latency", "proxy", "report"]

    init(_ arguments: some Sequence<String>) throws(BenchError) {
        var iterator = arguments.makeIterator()
        while let flag = iterator.next() {
            if flag == "--make-fixture" {
                makesFixture = true
                continue
            }
            guard let value = iterator.next() else { throw BenchError("\(flag) needs a value") }
            switch flag {
            case "--runs":
                guard let runs = Int(value), (1...100).contains(runs) else {
                    throw BenchError("--runs must be from 1 to 100, not \"\(value)\"")
                }
                self.runs = runs
            case "--rate":
                guard let rate = Double(value), (1...10_000).contains(rate) else {
                    throw BenchError("--rate must be from 1 to 10000, not \"\(value)\"")
                }
                self.rate = rate
            case "--out": out = value
            case "--fixture": fixture = value
            case "--disk": disk = value
            case "--toxiproxy": toxiproxy = value
            case "--only":
                only = Set(value.split(separator: ",").map(String.init))
                if let unknown = only.subtracting(Self.groups).min() {
                    throw BenchError("no group \"\(unknown)\"; there are \(Self.groups.joined(separator: ", "))")
                }
            default: throw BenchError("unknown option \(flag)")
            }
        }
    }

    func wants(_ group: String) -> Bool { only.isEmpty || only.contains(group) }
}
