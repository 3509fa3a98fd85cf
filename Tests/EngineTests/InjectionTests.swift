import Engine
import Events
import Glibc
import Journal
import LinuxSystem
import Synchronization
import Testing

/// Injections against files that stand for knobs.
@Suite struct InjectionTests {
    /// A fault that writes files in a folder.
    private struct FileFault: Fault {
        let folder: String
        let names: [String]
        /// Applying this one fails.
        var failing: String?

        func plan() async throws -> [Change] {
            try names.map { name in
                let path = "\(folder)/\(name)"
                let knob = UndoAction.Knob(
                    file: path, inode: try SystemFile.inode(of: folder), prior: try SystemFile.read(path),
                    injected: [Array("9\n".utf8)])
                return Change(subject: path, prior: "1", value: "9", undo: .journaled(.restoreKnob(knob))) {
                    if name == failing { throw FaultError("refused by the test") }
                    try SystemFile.writeOnce(path, Array("9\n".utf8))
                }
            }
        }

        func observe() async throws -> Observation { [:] }
        func verify(before: Observation, now: Observation) -> Verification { .seen("") }
    }

    private let folder = "/tmp/brink-injection-\(getpid())-\(UInt32.random(in: .min ... .max))"

    private func prepare(_ names: [String]) throws -> JournalWriter {
        try SystemFile.makeFolders(folder)
        for name in names { try SystemFile.replace("\(folder)/\(name)", Array("1\n".utf8)) }
        return try JournalWriter.create(
            path: "\(folder)/journal", run: "r", harness: try ProcessTable().ownIdentity())
    }

    private func values(_ names: [String]) throws -> [String] {
        try names.map { try SystemFile.readText("\(folder)/\($0)") }
    }

    @Test func intentIsOnDiskBeforeTheChange() async throws {
        let names = ["a", "b"]
        let journal = try prepare(names)
        defer { try? SystemFile.removeTree(folder) }
        let seen = Mutex<[Int]>([])
        let path = journal.path
        let injection = Injection(
            id: "f", fault: FileFault(folder: folder, names: names), journal: journal, claims: Claims()
        ) { _ in
            let open = (try? Journal(path: path).open.count) ?? -1
            seen.withLock { $0.append(open) }
        }
        #expect(try await injection.inject(due: MonotonicClock.now()))
        #expect(try values(names) == ["9", "9"])
        #expect(seen.withLock { $0 } == [2, 2])
        #expect(try Journal(path: path).changes.allSatisfy { $0.isApplied })
        #expect(await injection.undo() == [.restored, .restored])
        #expect(try values(names) == ["1", "1"])
        #expect(try Journal(path: path).open.isEmpty)
        #expect(await injection.undo() == [])
    }

    @Test func allOrNothing() async throws {
        let names = ["a", "b", "c"]
        let journal = try prepare(names)
        defer { try? SystemFile.removeTree(folder) }
        let fault = FileFault(folder: folder, names: names, failing: "b")
        let injection = Injection(id: "f", fault: fault, journal: journal, claims: Claims()) { _ in }
        await #expect(throws: FaultError.self) { _ = try await injection.inject(due: MonotonicClock.now()) }
        #expect(try values(names) == ["1", "1", "1"])
        #expect(try Journal(path: journal.path).open.isEmpty)
    }

    @Test func twoFaultsCannotHoldOneKnob() async throws {
        let journal = try prepare(["a"])
        defer { try? SystemFile.removeTree(folder) }
        let claims = Claims(patience: .milliseconds(50))
        let fault = FileFault(folder: folder, names: ["a"])
        let first = Injection(id: "f", fault: fault, journal: journal, claims: claims) { _ in }
        let second = Injection(id: "g", fault: fault, journal: journal, claims: claims) { _ in }
        _ = try await first.inject(due: MonotonicClock.now())
        let error = await #expect(throws: FaultError.self) { _ = try await second.inject(due: MonotonicClock.now()) }
        #expect(error?.description.contains("held by fault f") == true)
        _ = await first.undo()
        _ = try await second.inject(due: MonotonicClock.now())
        #expect(await second.undo() == [.restored])
    }

    /// On a busy machine a fault can be due before the one before it is quite taken back.
    @Test func aFaultWaitsForTheOneThatHoldsItsKnob() async throws {
        let journal = try prepare(["a"])
        defer { try? SystemFile.removeTree(folder) }
        let claims = Claims(patience: .seconds(60))
        let fault = FileFault(folder: folder, names: ["a"])
        let first = Injection(id: "f", fault: fault, journal: journal, claims: claims) { _ in }
        let second = Injection(id: "g", fault: fault, journal: journal, claims: claims) { _ in }
        _ = try await first.inject(due: MonotonicClock.now())
        async let later = second.inject(due: MonotonicClock.now())
        try await Task.sleep(for: .milliseconds(50))
        // Its prior value is the one from before both.
        #expect(await first.undo() == [.restored])
        #expect(try await later)
        #expect(try values(["a"]) == ["9"])
        #expect(await second.undo() == [.restored])
        #expect(try values(["a"]) == ["1"])
    }

    @Test func aTargetThatWentAwayIsToldOf() async throws {
        let journal = try prepare(["a", "b"])
        defer { try? SystemFile.removeTree(folder) }
        let inner = "\(folder)/inner"
        try SystemFile.makeFolders(inner)
        for name in ["a", "b"] { try SystemFile.replace("\(inner)/\(name)", Array("1\n".utf8)) }
        let warnings = Mutex<[String]>([])
        let injection = Injection(
            id: "f", fault: FileFault(folder: inner, names: ["a", "b"]), journal: journal, claims: Claims()
        ) { kind in
            if case .message(let message) = kind { warnings.withLock { $0.append(message.text) } }
        }
        _ = try await injection.inject(due: MonotonicClock.now())
        try SystemFile.removeTree(inner)
        #expect(await injection.undo().allSatisfy { !$0.isResidue })
        #expect(
            warnings.withLock { $0 } == [
                "fault f: its target has gone; nothing to take back (the cgroup \(inner) was removed)"
            ])
    }

    /// A fault on processes of which the first ones end by themselves before they are hit.
    private final class ShortLivedFault: Fault {
        let gone: Int
        let plans = Mutex(0)

        /// - Parameter gone: how many are gone by the time they are to be hit.
        init(gone: Int) { self.gone = gone }

        func plan() async throws -> [Change] {
            // The engine plans twice for each attempt: to claim, and to act.
            let planned = plans.withLock { plans in
                plans += 1
                return plans
            }
            return [
                Change(subject: "worker \(planned)", prior: "running", value: "KILL", undo: .nothing) { [gone] in
                    if planned <= 2 * gone { throw SubjectEnded("worker \(planned)") }
                }
            ]
        }

        func observe() async throws -> Observation { [:] }
        func verify(before: Observation, now: Observation) -> Verification { .seen("") }
    }

    @Test func anotherIsLookedForWhenOneEndedByItself() async throws {
        let journal = try prepare([])
        defer { try? SystemFile.removeTree(folder) }
        let notes = Mutex<[String]>([])
        let injection = Injection(
            id: "f", fault: ShortLivedFault(gone: 2), journal: journal, claims: Claims()
        ) { kind in
            if case .message(let message) = kind { notes.withLock { $0.append(message.text) } }
        }
        #expect(try await injection.inject(due: MonotonicClock.now()) == false)
        let expected = [2, 4].map { "fault f: worker \($0) had ended by itself; another one is looked for" }
        #expect(notes.withLock { $0 } == expected)
    }

    @Test func patienceWithThoseThatEndIsBounded() async throws {
        let journal = try prepare([])
        defer { try? SystemFile.removeTree(folder) }
        let injection = Injection(
            id: "f", fault: ShortLivedFault(gone: .max / 2), journal: journal, claims: Claims()
        ) { _ in }
        let error = await #expect(throws: SubjectEnded.self) {
            _ = try await injection.inject(due: MonotonicClock.now())
        }
        #expect(error?.description.contains("had ended by itself") == true)
    }

    @Test func someoneElsesValueStays() async throws {
        let journal = try prepare(["a"])
        defer { try? SystemFile.removeTree(folder) }
        let injection = Injection(
            id: "f", fault: FileFault(folder: folder, names: ["a"]), journal: journal, claims: Claims()
        ) { _ in }
        _ = try await injection.inject(due: MonotonicClock.now())
        try SystemFile.writeOnce("\(folder)/a", Array("5\n".utf8))
        let outcomes = await injection.undo()
        #expect(outcomes.first?.isResidue == true)
        #expect(try values(["a"]) == ["5"])
    }

    /// /dev/full stands for a full disk: the journal cannot take the intent, so nothing is changed.
    @Test func aFullDiskUnderTheJournalChangesNothing() async throws {
        let journal = try prepare(["a"])
        defer { try? SystemFile.removeTree(folder) }
        let opened = try Journal(path: journal.path)
        try SystemFile.removeTree(journal.path)
        #expect(symlink("/dev/full", journal.path) == 0)
        let full = try JournalWriter.resume(opened)
        let injection = Injection(
            id: "f", fault: FileFault(folder: folder, names: ["a"]), journal: full, claims: Claims()
        ) { _ in }
        let error = await #expect(throws: JournalError.self) {
            _ = try await injection.inject(due: MonotonicClock.now())
        }
        #expect(error?.description.contains("free space") == true)
        #expect(try values(["a"]) == ["1"])
    }
}
