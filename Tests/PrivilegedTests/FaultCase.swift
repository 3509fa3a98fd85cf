import Cgroups
import Foundation
import Glibc
import LinuxSystem
import Testing

/// One fault on the victim: how it is written, what the victim must be doing for it to bite, and what it costs.
struct FaultCase: CustomTestStringConvertible, Sendable {
    /// Fault kind and parameters; the targets are `cg`, `proc`, `shell` and, with a companion, `mate`.
    let fault: String
    /// What is started in the victim's cgroup besides its shell and its worker.
    var companion: Companion?
    /// What the machine must have first.
    var need: Need?
    /// It ends processes of the victim, which no undo brings back.
    var isDeadly = false
    /// Happens at one moment.
    var isInstant = false
    /// For how long, in milliseconds: until the victim has felt it on a machine that is slow and busy.
    var lasting = 1500
    /// With which others it can be in force at the same time.
    var beside: Beside?

    var testDescription: String { fault }

    enum Beside: Sendable {
        /// Values of the cgroup and of its processes' scheduling.
        case settings
        /// Limits of its processes.
        case limits
        /// Programs of Brink's that work in the cgroup.
        case stressors
    }

    enum Companion: Sendable {
        /// Forks a child twenty times a second.
        case forking
        /// Runs as another user.
        case unprivileged
        /// Writes to the disk and flushes, all the time.
        case writing
        /// Reads from the disk, past the page cache, all the time.
        case reading
        /// Listens on a port of loopback and accepts.
        case listening
        /// Lives in a network namespace of its own, loopback up.
        case isolated
        /// Both.
        case isolatedListening
        /// Has a thread called worker besides its main one.
        case threaded
        /// In a network namespace of its own: sends and gets a few hundred kilobytes again and again, on port 7001 of
        /// loopback, and listens on 7002.
        case chatting
        /// In a network namespace of its own: asks a name server on loopback for two names again and again.
        case asking
    }

    enum Need: Sendable {
        /// Compressed swap in memory.
        case swap
        /// A compressed cache in front of it, and a victim that is swapped out all the time.
        case zswap
        /// The weights of the io controller in force for the disk.
        case ioCost
        /// A set of CPUs of its own for the victim.
        case cpuset
    }

    private static let listener =
        "my $s = IO::Socket::INET->new(Listen => 64, LocalAddr => q(127.0.0.1)) or die; my @c; push @c, $s->accept while 1"

    /// Gives back what it gets, on one connection at a time; none of them for ever.
    private static let echo = """
        my $s = IO::Socket::INET->new(Listen => 64, LocalAddr => q(127.0.0.1:7001), ReuseAddr => 1) or die;
        my $o = IO::Socket::INET->new(Listen => 64, LocalAddr => q(127.0.0.1:7002), ReuseAddr => 1) or die;
        $SIG{PIPE} = q(IGNORE);
        while (my $c = $s->accept) {
          eval { local $SIG{ALRM} = sub { die }; alarm 3; my $n = 0;
            while ($n < 400000) { my $k = sysread $c, my $b, 65536; last unless $k; $n += $k }
            syswrite $c, q(x) x 200000; alarm 0 }; alarm 0; close $c }
        """
    private static let talk = """
        while (1) { $SIG{PIPE} = q(IGNORE); eval { local $SIG{ALRM} = sub { die }; alarm 3;
            my $c = IO::Socket::INET->new(PeerAddr => q(127.0.0.1:7001)) or die; my $n = 0;
            while ($n < 400000) { my $k = syswrite $c, q(x) x 100000; last unless $k; $n += $k }
            while (sysread $c, my $b, 65536) {} alarm 0 }; alarm 0; select undef, undef, undef, 0.02 }
        """
    /// Answers every question with one address.
    private static let nameServer = """
        my $s = IO::Socket::INET->new(Proto => q(udp), LocalAddr => q(127.0.0.1:53)) or die;
        while (defined(my $p = $s->recv(my $q, 512))) {
          my ($e) = (index($q, chr(0), 12) + 5);
          $s->send(substr($q, 0, 2) . pack(q(n5), 0x8180, 1, 1, 0, 0) . substr($q, 12, $e - 12)
            . pack(q(n3Nn), 0xc00c, 1, 1, 60, 4) . chr(10) x 4, 0, $p) }
        """
    /// Says what it got: the codes of the last answers for db.test and web.other.
    private static let questioner = """
        $| = 1; my $i = 0;
        while (1) { my @r;
          for my $n (q(db.test), q(web.other)) {
            my $s = IO::Socket::INET->new(Proto => q(udp), PeerAddr => q(127.0.0.1:53)) or next;
            $s->send(pack(q(n6), ++$i & 65535, 0x100, 1, 0, 0, 0)
              . join(q(), map { chr(length) . $_ } split /[.]/, $n) . pack(q(Cnn), 0, 1, 1));
            my $f = q(); vec($f, fileno($s), 1) = 1;
            if (select($f, undef, undef, 1)) { $s->recv(my $a, 512); push @r, ord(substr($a, 3, 1)) & 15 }
            else { push @r, q(none) } }
          open my $o, q(>), q(/tmp/brink-questioner) or die; print $o "@r"; close $o;
          select undef, undef, undef, 0.1 }
        """

    /// In a network namespace of its own: the first until it ends, the second as what is hit.
    private static func pair(_ server: String, _ client: String) -> String {
        "exec /usr/bin/unshare --net /bin/sh -c '/sbin/ip link set lo up && "
            + "{ /usr/bin/perl -MIO::Socket::INET -e \"$0\" & exec /usr/bin/perl -MIO::Socket::INET -e \"$1\"; }' "
            + "'\(server)' '\(client)'"
    }

    /// Where `scripts/vm --disk` mounts it.
    static let disk = "/mnt/disk"

    /// All, or those whose fault begins with what BRINK_FAULT says: while one is being made, an hour is too long.
    static let chosen = all.filter {
        $0.fault.hasPrefix(ProcessInfo.processInfo.environment["BRINK_FAULT"] ?? "")
    }

    private static let all: [FaultCase] = [
        FaultCase(fault: "memory.high: {target: cg, value: 70%}", beside: .settings),
        FaultCase(fault: "memory.max: {target: cg, value: 90%}", isDeadly: true),
        FaultCase(fault: "memory.low: {target: cg, value: 4MiB}", beside: .settings),
        FaultCase(fault: "memory.min: {target: cg, value: 4MiB}", beside: .settings),
        FaultCase(fault: "memory.swap.max: {target: cg}", need: .swap),
        FaultCase(fault: "memory.zswap.max: {target: cg}", need: .zswap, lasting: 5000),
        FaultCase(fault: "memory.oom.group: {target: cg}", beside: .settings),
        FaultCase(fault: "memory.reclaim: {target: cg, size: 50%}", need: .swap, isInstant: true),
        FaultCase(fault: "memory.balloon: {target: cg, size: 8MiB, ramp: 200ms}", beside: .stressors),
        FaultCase(fault: "memory.balloon: {target: cg, size: 8MiB, pulse: 400ms}"),
        FaultCase(fault: "memory.page-cache: {target: cg, size: 8MiB}", beside: .stressors),
        FaultCase(fault: "memory.leak: {target: cg, rate: 8MiB, limit: 64MiB}", beside: .stressors),
        FaultCase(fault: "memory.oom_kill: {target: cg}", isDeadly: true),
        FaultCase(fault: "cpu.max: {target: cg, quota: 5%}"),
        FaultCase(fault: "cpu.max: {target: cg, quota: 5%, burst: 2ms}"),
        FaultCase(fault: "cpu.weight: {target: cg}", beside: .settings),
        FaultCase(fault: "cpu.idle: {target: cg}"),
        FaultCase(fault: "cpu.affinity: {target: cg, cpus: 1}", beside: .settings),
        FaultCase(fault: "cpu.affinity: {target: cg, cpus: 1, thread: main}", companion: .threaded),
        FaultCase(fault: "cpuset.cpus: {target: cg, cpus: 1}", need: .cpuset),
        FaultCase(fault: "cpu.burner: {target: cg, share: 30%}", beside: .stressors),
        FaultCase(fault: "cgroup.freeze: {target: cg}"),
        FaultCase(fault: "cgroup.stutter: {target: cg, period: 100ms}"),
        FaultCase(fault: "cgroup.kill: {target: cg}", isDeadly: true, isInstant: true),
        FaultCase(fault: "cgroup.profile: {target: cg, name: slow-cpu}"),
        FaultCase(fault: "pids.max: {target: cg, value: 1}", companion: .forking),
        FaultCase(fault: "rlimit.nofile: {target: cg, value: 32}", beside: .limits),
        FaultCase(fault: "rlimit.nofile: {target: cg, spare: 0, seenBy: EMFILE}"),
        FaultCase(fault: "rlimit.nproc: {target: cg, value: 10}", companion: .unprivileged),
        FaultCase(fault: "rlimit.as: {target: cg, value: 64MiB}", beside: .limits),
        FaultCase(fault: "rlimit.data: {target: cg, value: 64MiB}", beside: .limits),
        FaultCase(fault: "rlimit.stack: {target: cg, value: 1MiB}", beside: .limits),
        FaultCase(fault: "rlimit.fsize: {target: cg, value: 1MiB}", beside: .limits),
        FaultCase(fault: "rlimit.memlock: {target: cg, value: 4KiB}", beside: .limits),
        FaultCase(fault: "rlimit.core: {target: cg}", beside: .limits),
        FaultCase(fault: "descriptors.hoard: {target: cg, count: 100}", beside: .stressors),
        FaultCase(fault: "descriptors.hoard: {target: cg, count: 100, kind: file}"),
        FaultCase(fault: "descriptors.hoard: {target: cg, count: 100, kind: pipe}"),
        FaultCase(fault: "process.signal: {target: proc, signal: STOP}"),
        FaultCase(fault: "process.signal: {target: cg, signal: STOP, which: all}"),
        FaultCase(fault: "process.signal: {target: cg, signal: STOP, which: random}"),
        FaultCase(fault: "process.signal: {target: shell, signal: STOP, which: child, child: 1}"),
        FaultCase(fault: "process.priority: {target: cg, nice: 5}", beside: .settings),
        FaultCase(fault: "process.priority: {target: cg, nice: 5, thread: worker}", companion: .threaded),
        FaultCase(fault: "process.timer_slack: {target: cg}", beside: .settings),
        FaultCase(fault: "process.timer_slack: {target: cg, slack: 5ms, thread: worker}", companion: .threaded),
        FaultCase(fault: "process.oom_score_adj: {target: cg, value: 500}", beside: .settings),
        FaultCase(fault: "io.max: {target: cg, path: \(disk), write: 256KiB}", companion: .writing),
        FaultCase(fault: "io.max: {target: cg, path: \(disk), writeOps: 5}", companion: .writing, lasting: 3000),
        FaultCase(fault: "io.max: {target: cg, path: \(disk), read: 256KiB}", companion: .reading),
        FaultCase(fault: "io.max: {target: cg, path: \(disk), readOps: 5}", companion: .reading, lasting: 3000),
        FaultCase(fault: "io.weight: {target: cg, path: \(disk)}", need: .ioCost),
        FaultCase(fault: "disk.full: {target: cg, path: \(disk), free: 4MiB}"),
        FaultCase(fault: "disk.inodes: {target: cg, path: \(disk), free: 10}"),
        FaultCase(fault: "disk.fsync: {target: cg, path: \(disk), writers: 2}", beside: .stressors),
        FaultCase(fault: "connections.hoard: {target: cg, count: 20}", companion: .listening),
        FaultCase(fault: "connections.hoard: {target: mate, count: 20}", companion: .listening),
        FaultCase(fault: "connections.hoard: {target: mate, count: 10}", companion: .isolatedListening),
        FaultCase(fault: "clients.burst: {target: mate, count: 20, patience: 60s}", companion: .listening),
        FaultCase(fault: "clients.slow: {target: mate, count: 20, pace: 100ms}", companion: .listening),
        // At a given moment it may have no connection, which is no change to look for when the harness is killed.
        FaultCase(
            fault: "clients.churn: {target: mate, rate: 50, asks: false}", companion: .listening, isInstant: true),
        FaultCase(fault: "ports.exhaust: {target: mate, free: 0}", companion: .isolated),
        FaultCase(fault: "ports.exhaust: {target: mate, free: 3}", companion: .isolated),
        FaultCase(fault: "packet.delay: {target: mate, delay: 20ms, port: 7001}", companion: .chatting, lasting: 3000),
        FaultCase(fault: "packet.reorder: {target: mate, rate: 25%}", companion: .chatting, lasting: 3000),
        FaultCase(
            fault: "packet.partition: {target: mate, port: 7001, direction: out}", companion: .chatting,
            lasting: 3000),
        FaultCase(
            fault: "packet.partition: {target: mate, action: reject}", companion: .chatting, lasting: 3000),
        FaultCase(
            fault: "dns.fail: {target: mate, hosts: db.test, server: 127.0.0.1, answer: nxdomain}",
            companion: .asking, lasting: 3000),
        FaultCase(
            fault: "dns.delay: {target: mate, hosts: '*.test', server: 127.0.0.1, delay: 200ms}", companion: .asking,
            lasting: 3000),
    ]

    /// Gives the machine and the victim what the fault needs.
    func prepare(_ victim: Victim) throws {
        let table = ProcessTable()
        let isCalled = { (name: String) in { (pid: Int32) in try table.status(of: pid).name == name } }
        switch companion {
        case .forking:
            try victim.add("while :; do /bin/true; sleep 0.05; done", until: isCalled("sh"))
        case .unprivileged:
            let entry = try #require(getpwnam("nobody"))
            try victim.add(
                "exec sleep 100000",
                owner: SpawnRequest.Owner(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid),
                until: isCalled("sleep"))
        case .writing:
            // Little at a time: what waits for its turn counts only when it is through.
            try victim.add(
                "while :; do dd if=/dev/zero of=\(Self.disk)/victim bs=16k count=4 conv=fsync 2>/dev/null; done",
                until: { _ in SystemFile.exists("\(Self.disk)/victim") })
        case .reading:
            let file = "\(Self.disk)/read"
            if !SystemFile.exists(file) { try SystemFile.replace(file, [UInt8](repeating: 0, count: 1 << 20)) }
            try victim.add(
                "while :; do dd if=\(file) of=/dev/null bs=16k count=4 iflag=direct 2>/dev/null; done",
                until: isCalled("sh"))
        case .listening:
            try victim.add(
                "exec /usr/bin/perl -MIO::Socket::INET -e '\(Self.listener)'", onNetwork: true,
                until: Victim.isListening)
        case .isolated:
            try victim.add(
                "exec /usr/bin/unshare --net /bin/sh -c '/sbin/ip link set lo up && exec sleep 100000'",
                onNetwork: true,
                until: isCalled("sleep"))
        case .isolatedListening:
            try victim.add(
                "exec /usr/bin/unshare --net /bin/sh -c '/sbin/ip link set lo up && "
                    + "exec /usr/bin/perl -MIO::Socket::INET -e \"$0\"' '\(Self.listener)'", onNetwork: true,
                until: Victim.isListening)
        case .chatting:
            try victim.add(
                Self.pair(Self.echo, Self.talk), onNetwork: true,
                until: { pid in try TCPSocketTable(of: pid).entries.contains { $0.state == .established } })
        case .asking:
            try? SystemFile.removeTree("/tmp/brink-questioner")
            try victim.add(
                Self.pair(Self.nameServer, Self.questioner), onNetwork: true,
                until: { _ in (try? SystemFile.readText("/tmp/brink-questioner")) == "0 0" })
        case .threaded:
            // 157 is prctl, 15 its PR_SET_NAME.
            try victim.add(
                "exec /usr/bin/perl -Mthreads -e '"
                    + "threads->create(sub { my $n = q(worker); syscall(157, 15, $n); sleep 1000 }); sleep 1000'",
                until: { pid in
                    try table.threads(of: pid).contains { try table.status(of: $0).name == "worker" }
                })
        case nil: break
        }
        switch need {
        case .swap: try Self.switchOnSwap()
        case .zswap:
            try Self.switchOnSwap()
            try SystemFile.writeOnce(Self.zswap, Array("Y".utf8))
            let used = try victim.cgroup.readNumber("memory.current") ?? 0
            try victim.cgroup.write("memory.high", String(used / 10 * 7 / 4096 * 4096))
        case .ioCost:
            let device = try BlockDevice(holding: Self.disk)
            try SystemFile.writeOnce("/sys/fs/cgroup/io.cost.qos", Array("\(device) enable=1".utf8))
        case .cpuset: try victim.cgroup.write("cpuset.cpus", "0-1")
        case nil: break
        }
        try prepareAlso(victim)
    }

    /// What it needs of a victim that was prepared for another of its group.
    func prepareAlso(_ victim: Victim) throws {
        if fault.hasPrefix("rlimit.core") {
            for pid in try victim.cgroup.processes() {
                let limit = try ResourceLimit.coreSize.read(pid)
                try ResourceLimit.coreSize.write(pid, .init(soft: 1 << 20, hard: limit.hard))
            }
        }
    }

    /// Takes back what `prepare` did to the machine and other faults would feel.
    func release() throws {
        if need == .zswap { try SystemFile.writeOnce(Self.zswap, Array("N".utf8)) }
    }

    private static let zswap = "/sys/module/zswap/parameters/enabled"

    /// The test's own VM has none; it goes with it.
    static func switchOnSwap() throws {
        guard try SystemFile.readText("/proc/swaps").split(separator: "\n").count < 2 else { return }
        for command in [
            ["/usr/sbin/modprobe", "zram", "num_devices=1"], ["/bin/sh", "-c", "echo 512M >/sys/block/zram0/disksize"],
            ["/usr/sbin/mkswap", "/dev/zram0"], ["/usr/sbin/swapon", "/dev/zram0"],
        ] {
            let handle = try SpawnRequest(
                command[0], Array(command.dropFirst()), environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
            ).start()
            let ended = handle.hasEnded(within: 20_000)
            let code = try handle.reap()
            try #require(ended && code == 0, "\(command)")
        }
    }
}
