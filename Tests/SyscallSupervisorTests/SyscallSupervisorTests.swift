import Foundation
import Glibc
import LinuxSystem
import SyscallRules
import Testing

@testable import SyscallSupervisor

/// Supervisor and brink-exec on this host's kernel, with a real program that calls fsync.
@Suite(
    .serialized,
    .enabled(if: getuid() == 0 && SystemFile.exists("/usr/bin/perl"), "needs root and perl"),
    .timeLimit(.minutes(2)))
struct SyscallSupervisorTests {
    /// Beside the test bundle, or where BRINK_BIN says.
    private static var launcher: String {
        let folder =
            ProcessInfo.processInfo.environment["BRINK_BIN"]
            ?? SystemFile.parent(of: (try? SystemFile.linkTarget("/proc/self/exe")) ?? "/")
        return "\(folder)/brink-exec"
    }

    private let place = "/tmp/brink-syscalls-\(getpid())-\(UInt32.random(in: .min ... .max))"

    /// The harness's side of one supervisor, and the door to it.
    private final class Supervised: Sendable {
        let supervisor = SyscallSupervisor()
        let control: SupervisorControl
        let name = "brink-test-\(UInt64.random(in: .min ... .max))"

        init() throws {
            let (own, its) = try RecordSocket.pair()
            control = SupervisorControl(RecordSocket(owning: OwnedDescriptor(owning: own)))
            try supervisor.start(
                control: RecordSocket(owning: OwnedDescriptor(owning: its)), door: RecordSocket.listen(on: name)
            ) { StandardError.line("test: \($0)") }
        }

        /// Starts a program under a filter and waits until it is supervised.
        func start(_ request: SpawnRequest, reporting syscalls: [String]) throws -> ProcessHandle {
            let confinement = SyscallConfinement(
                launcher: SyscallSupervisorTests.launcher, supervisor: name, target: "t", syscalls: syscalls)
            let handle = try confinement.apply(to: request).start()
            try SyscallSupervisorTests.wait { try control.isAdopted("t") }
            return handle
        }
    }

    private static func wait(_ condition: () throws -> Bool) throws {
        let end = MonotonicClock.now() + .seconds(20)
        while try !condition() {
            try #require(MonotonicClock.now() < end, "waited for 20 s")
            MonotonicClock.pause(milliseconds: 1)
        }
    }

    /// Calls fsync for every byte that it reads, and answers 0 or the error's number in a line.
    private static let fsyncOnDemand = """
        use IO::Handle; open(my $f, '>', $ARGV[0]) or die; $| = 1;
        while (sysread(STDIN, my $b, 1)) { my $r = $f->sync; printf "%d\\n", defined $r ? 0 : $! + 0; }
        """

    /// A program that fsyncs when it is told to.
    private final class Syncer {
        let handle: Handle
        private let input: OwnedDescriptor
        private let output: OwnedDescriptor

        final class Handle {
            let value: ProcessHandle
            init(_ value: consuming ProcessHandle) { self.value = value }
        }

        init(
            _ supervised: Supervised, in place: String, reporting syscalls: [String] = ["fsync"],
            owner: SpawnRequest.Owner? = nil
        ) throws {
            let (inputRead, inputWrite) = try OwnedDescriptor.pipe().split()
            let (outputRead, outputWrite) = try OwnedDescriptor.pipe().split()
            let childInput = OwnedDescriptor(owning: inputRead)
            let childOutput = OwnedDescriptor(owning: outputWrite)
            input = OwnedDescriptor(owning: inputWrite)
            output = OwnedDescriptor(owning: outputRead)
            handle = Handle(
                try supervised.start(
                    SpawnRequest(
                        "/usr/bin/perl", ["-e", SyscallSupervisorTests.fsyncOnDemand, "\(place)/file"],
                        environment: ["PATH": "/usr/bin:/bin"], owner: owner, standardInput: childInput.number,
                        standardOutput: childOutput.number, standardError: STDERR_FILENO),
                    reporting: syscalls))
        }

        /// What so many fsyncs gave: 0 or an error's number each.
        func sync(_ count: Int = 1) throws -> [Int] {
            try order(count)
            return try answers(count)
        }

        func order(_ count: Int = 1) throws { try input.write([UInt8](repeating: 65, count: count)) }

        func answers(_ count: Int = 1) throws -> [Int] {
            var lines: [UInt8] = []
            while lines.count(where: { $0 == 10 }) < count {
                var bytes = [UInt8](repeating: 0, count: 256)
                var entry = pollfd(fd: output.number, events: Int16(POLLIN), revents: 0)
                try #require(poll(&entry, 1, 20_000) > 0, "the program hangs")
                let read = Glibc.read(output.number, &bytes, bytes.count)
                try #require(read > 0, "the program ended")
                lines += bytes[0..<read]
            }
            return String(decoding: lines, as: UTF8.self).split(separator: "\n").compactMap { Int($0) }
        }

        func stop() throws {
            try handle.value.send(.kill)
            let ended = handle.value.hasEnded(within: 5000)
            #expect(ended)
            _ = try handle.value.reap()
        }
    }

    private func withPlace(_ body: (Supervised) throws -> Void) throws {
        try SystemFile.makeFolders(place, mode: 0o777)
        chmod(place, 0o777)
        try SystemFile.makeFolders("\(place)/own")
        try SystemFile.changeOwner("\(place)/own", to: SpawnRequest.Owner(user: 65534, group: 65534))
        defer { try? SystemFile.removeTree(place) }
        try body(try Supervised())
    }

    @Test func failsJustTheCallsThatWhenNames() throws {
        try withPlace { supervised in
            let syncer = try Syncer(supervised, in: place)
            #expect(try syncer.sync(5) == [0, 0, 0, 0, 0])
            try supervised.control.switchOn(try SyscallRules("fsync:error=EIO:when=3+2"), id: "f", target: "t")
            #expect(try syncer.sync(8) == [0, 0, 5, 0, 5, 0, 5, 0])
            #expect(try supervised.control.counts(of: "f") == SyscallCounts(seen: 8, injected: 3))
            try supervised.control.switchOff("f")
            #expect(try syncer.sync(5) == [0, 0, 0, 0, 0])
            try supervised.control.switchOn(try SyscallRules("fsync:error=ENOSPC"), id: "g", target: "t")
            #expect(try syncer.sync(2) == [28, 28])
            try supervised.control.switchOn(try SyscallRules("fsync:retval=0"), id: "g", target: "t")
            #expect(try syncer.sync(2) == [0, 0])
            #expect(try supervised.control.counts(of: "g") == SyscallCounts(seen: 2, injected: 2))
            try syncer.stop()
        }
    }

    /// The must-hold: the harness's end with rules on. No ENOSYS, no error afterwards, no hang.
    @Test func theEndOfTheHarnessSwitchesOffAndHurtsNobody() throws {
        try withPlace { supervised in
            let syncer = try Syncer(supervised, in: place)
            try supervised.control.switchOn(
                try SyscallRules("fsync:error=EIO:delay_enter=1ms"), id: "f", target: "t")
            #expect(try syncer.sync(3) == [5, 5, 5])
            supervised.control.close()
            try Self.wait { try syncer.sync() == [0] }
            #expect(try syncer.sync(200) == [Int](repeating: 0, count: 200))
            #expect(supervised.supervisor.targetCount == 1)
            try syncer.stop()
            // With the last target the supervisor's work is done.
            try Self.wait { supervised.supervisor.targetCount == 0 }
        }
    }

    @Test func aHeldCallGoesOnWhenItsRuleEnds() throws {
        try withPlace { supervised in
            let syncer = try Syncer(supervised, in: place)
            try supervised.control.switchOn(
                try SyscallRules("fsync:delay_enter=600s:error=EIO"), id: "f", target: "t")
            try syncer.order()
            try Self.wait { try supervised.control.counts(of: "f").injected == 1 }
            supervised.control.close()
            #expect(try syncer.answers() == [0])
            try syncer.stop()
        }
    }

    @Test func aDelayHoldsUpNobodyElse() throws {
        try withPlace { supervised in
            let slow = try Syncer(supervised, in: place)
            let quick = try Syncer(supervised, in: place)
            try supervised.control.switchOn(
                try SyscallRules("fsync:delay_enter=700ms:when=2"), id: "f", target: "t")
            #expect(try slow.sync() == [0])
            let start = MonotonicClock.now()
            try slow.order()
            try Self.wait { try supervised.control.counts(of: "f").injected == 1 }
            #expect(try quick.sync() == [0])
            let quickTime = MonotonicClock.now() - start
            #expect(try slow.answers() == [0])
            let slowTime = MonotonicClock.now() - start
            #expect(quickTime < .milliseconds(500), "\(quickTime)")
            #expect(slowTime >= .milliseconds(700) && slowTime < .milliseconds(1500), "\(slowTime)")
            try slow.stop()
            try quick.stop()
        }
    }

    /// brink-exec's own calls are among those that are reported, and rules for them are on already.
    @Test func startsAlsoWhenItsOwnCallsAreNamed() throws {
        try withPlace { supervised in
            let names = [
                "read", "write", "close", "execve", "recvfrom", "sendto", "mmap", "brk", "fsync", "openat", "setuid",
                "setgid", "setgroups", "exit_group", "rt_sigaction", "futex",
            ]
            let first = try Syncer(supervised, in: place)
            try supervised.control.switchOn(
                try SyscallRules("execve,setuid,setgid,setgroups,recvfrom:error=EPERM; fsync:error=EIO:when=2"),
                id: "f", target: "t")
            let second = try Syncer(
                supervised, in: "\(place)/own", reporting: names,
                owner: SpawnRequest.Owner(user: 65534, group: 65534))
            #expect(try second.sync(3) == [0, 5, 0])
            try first.stop()
            try second.stop()
        }
    }

    /// PostgreSQL refuses root: brink-exec changes the user after it has put on the filter, without no_new_privs.
    @Test func changesTheUserAndKeepsSetuidProgramsWorking() throws {
        try withPlace { supervised in
            let owner = SpawnRequest.Owner(user: 65534, group: 65534, groups: [65534])
            let syncer = try Syncer(supervised, in: "\(place)/own", owner: owner)
            let status = try SystemFile.readText("/proc/\(syncer.handle.value.identity.pid)/status")
            #expect(status.contains("Uid:\t65534\t65534"))
            #expect(status.contains("Groups:\t65534"))
            #expect(status.contains("NoNewPrivs:\t0"))
            #expect(status.contains("Seccomp:\t2"))
            #expect(try syncer.sync() == [0])
            // Neither the listener nor the connection to the supervisor is the program's.
            let links = try SystemFile.entries(of: "/proc/\(syncer.handle.value.identity.pid)/fd").compactMap {
                try? SystemFile.linkTarget("/proc/\(syncer.handle.value.identity.pid)/fd/\($0)")
            }
            #expect(!links.contains { $0.contains("seccomp") || $0.hasPrefix("socket:") }, "\(links)")
            try syncer.stop()
        }
    }

    @Test func targetsThatAreKilledInAHeldCallAreForgotten() throws {
        try withPlace { supervised in
            let syncer = try Syncer(supervised, in: place)
            try supervised.control.switchOn(try SyscallRules("fsync:delay_enter=600s"), id: "f", target: "t")
            try syncer.order()
            try Self.wait { try supervised.control.counts(of: "f").injected == 1 }
            try syncer.stop()
            try Self.wait { supervised.supervisor.targetCount == 0 }
            #expect(throws: SystemError.self) {
                try supervised.control.switchOn(try SyscallRules("fsync:error=EIO"), id: "g", target: "t")
            }
        }
    }

    /// Only root brings targets: anyone on the machine can find the socket's name.
    @Test func turnsOthersAway() throws {
        try withPlace { supervised in
            let program = """
                use Socket; socket(my $s, AF_UNIX, SOCK_SEQPACKET, 0) or exit 2;
                connect($s, pack_sockaddr_un("\\0$ARGV[0]")) or exit 3;
                send($s, "t", 0); recv($s, my $answer, 100, 0); exit(length($answer // "") ? 4 : 0);
                """
            let handle = try SpawnRequest(
                "/usr/bin/perl", ["-e", program, supervised.name], directory: "/",
                owner: SpawnRequest.Owner(user: 65534, group: 65534), standardError: STDERR_FILENO
            ).start()
            let ended = handle.hasEnded(within: 10_000)
            #expect(ended)
            let status = try handle.reap()
            #expect(status == 0)
            #expect(try !supervised.control.isAdopted("t"))
        }
    }

    /// Children of a target are under its filter, and each counts on its own.
    @Test func childrenCountFromOne() throws {
        try withPlace { supervised in
            let first = try Syncer(supervised, in: place)
            try supervised.control.switchOn(try SyscallRules("fsync:error=EIO:when=2"), id: "f", target: "t")
            let program = """
                use IO::Handle; my $bad = 0;
                for (1..3) { my $pid = fork; if (!$pid) {
                    open(my $f, '>', $ARGV[0]); my $n = 0; for (1..4) { $f->sync or $n++ } exit $n; }
                    waitpid $pid, 0; $bad++ if $? >> 8 != 1; }
                exit $bad;
                """
            let parent = try supervised.start(
                SpawnRequest("/usr/bin/perl", ["-e", program, "\(place)/children"], standardError: STDERR_FILENO),
                reporting: ["fsync"])
            let ended = parent.hasEnded(within: 10_000)
            #expect(ended)
            let status = try parent.reap()
            #expect(status == 0)
            #expect(try supervised.control.counts(of: "f") == SyscallCounts(seen: 12, injected: 3))
            try first.stop()
        }
    }

    @Test func saysWhyAProgramCannotBeStarted() throws {
        try withPlace { supervised in
            for (path, supervisor, code) in [
                ("/does/not/exist", supervised.name, Int32(127)), ("/etc/passwd", supervised.name, 126),
                ("/bin/true", "brink-nobody-listens", 71),
            ] {
                let confinement = SyscallConfinement(
                    launcher: Self.launcher, supervisor: supervisor, target: "t", syscalls: ["write", "exit_group"])
                let handle = try confinement.apply(to: SpawnRequest(path)).start()
                let ended = handle.hasEnded(within: 10_000)
                #expect(ended)
                let status = try handle.reap()
                #expect(status == code, "\(path)")
            }
            try Self.wait { supervised.supervisor.targetCount == 0 }
        }
    }
}
