import Testing

@testable import SyscallRules

@Suite struct SyscallRulesTests {
    private func problem(_ text: String) -> (SyscallRuleError.Problem, Int)? {
        do throws(SyscallRuleError) {
            _ = try SyscallRules(text)
            return nil
        } catch {
            return (error.problem, error.offset)
        }
    }

    @Test func readsTheFormOfStrace() throws {
        let rule = try #require(try SyscallRules("fsync:error=EIO:when=3+2").rules.first)
        #expect(rule.syscalls.map(\.name) == ["fsync"])
        #expect(rule.outcome == .fail(try ErrorNumber("EIO")))
        #expect(rule.delay == .zero)
        #expect(rule.invocations == (try Invocations("3+2")))
    }

    @Test func numbersAreThoseOfThisMachine() throws {
        #if arch(x86_64)
            #expect(try Syscall(named: "fsync").number == 74)
            #expect(try Syscall(named: "read").number == 0)
        #elseif arch(arm64)
            #expect(try Syscall(named: "fsync").number == 82)
        #endif
        #expect(Syscall.numbers.count > 250)
        #expect(try ErrorNumber("EIO").rawValue == 5)
        #expect(try ErrorNumber("EWOULDBLOCK").rawValue == 11)
        #expect(try ErrorNumber("28").description == "ENOSPC")
    }

    @Test(arguments: [
        ("fsync:error=EIO", "fsync:error=EIO"), (" fsync : error = EIO ", "fsync:error=EIO"),
        ("fsync,fdatasync:error=5", "fsync,fdatasync:error=EIO"), ("fsync:error=4095", "fsync:error=4095"),
        ("write:retval=0", "write:retval=0"), ("write:retval=9223372036854775807", "write:retval=9223372036854775807"),
        ("read:delay_enter=5ms", "read:delay_enter=5000us"), ("read:delay_enter=5000", "read:delay_enter=5000us"),
        ("read:delay_enter=1500ns", "read:delay_enter=1500ns"), ("read:delay_enter=2s", "read:delay_enter=2000000us"),
        ("fsync:delay_enter=1s:error=ENOSPC:when=2..4", "fsync:error=ENOSPC:delay_enter=1000000us:when=2..4"),
        ("fsync:error=EIO:when=1; write:error=ENOSPC", "fsync:error=EIO:when=1;write:error=ENOSPC"),
        ("fsync:when=3:error=EIO", "fsync:error=EIO:when=3"), ("fsync:error=EIO:when=1+", "fsync:error=EIO"),
    ])
    func printsWhatItRead(_ text: String, _ canonical: String) throws {
        let rules = try SyscallRules(text)
        #expect(rules.description == canonical)
        #expect(!rules.description.contains(" "))
        #expect(try SyscallRules(rules.description) == rules)
    }

    @Test func namesEveryCallOnce() throws {
        let rules = try SyscallRules("write,fsync:error=EIO;fsync:delay_enter=1ms")
        #expect(rules.syscalls.map(\.name) == ["fsync", "write"])
    }

    @Test(arguments: [
        ("", SyscallRuleError.Problem.noRule, 0), ("fsync:error=EIO;", .noRule, 16), (";fsync:error=EIO", .noRule, 0),
        (":error=EIO", .noSyscall, 0), ("fsync,:error=EIO", .noSyscall, 6), ("fsync", .noEffect, 0),
        ("fsync:when=3", .noEffect, 0), ("write:retval=0; fsync", .noEffect, 16),
        ("fsyn:error=EIO", .unknownSyscall("fsyn", hint: " (did you mean \"fsync\"?)"), 0),
        ("write, fdatasink:error=EIO", .unknownSyscall("fdatasink", hint: " (did you mean \"fdatasync\"?)"), 7),
        ("FSYNC:error=EIO", .unknownSyscall("FSYNC", hint: " (did you mean \"fsync\"?)"), 0),
        ("%file:error=EIO", .setOfSyscalls("%file"), 0), ("/sync:error=EIO", .setOfSyscalls("/sync"), 0),
        ("fsync,fsync:error=EIO", .syscallGivenTwice("fsync"), 6),
        ("fsync:eror=EIO", .unknownKey("eror", hint: " (did you mean \"error\"?)"), 6),
        ("fsync:signal=TERM", .unsupportedKey("signal"), 6), ("fsync:delay_exit=1", .unsupportedKey("delay_exit"), 6),
        ("fsync:error", .noValue("error"), 6), ("fsync:error=", .noValue("error"), 6),
        ("fsync:error=EIO:error=EIO", .givenTwice("error"), 16),
        ("fsync:error=EIO:retval=0", .errorAndValue, 16),
        ("fsync:error=EOI", .unknownError("EOI", hint: " (did you mean \"EIO\"?)"), 12),
        ("fsync:error=0", .errorOutOfRange("0"), 12), ("fsync:error=4096", .errorOutOfRange("4096"), 12),
        ("fsync:retval=-1", .badReturnValue("-1"), 13), ("fsync:retval=x", .badReturnValue("x"), 13),
        ("fsync:delay_enter=0", .badDelay("0"), 18), ("fsync:delay_enter=2h", .badDelay("2h"), 18),
        ("fsync:delay_enter=3601s", .badDelay("3601s"), 18), ("fsync:delay_enter=1.5ms", .badDelay("1.5ms"), 18),
        ("fsync:error=EIO:when=0", .badWhen("0"), 21), ("fsync:error=EIO:when=3..2", .endBeforeStart("3..2"), 21),
    ])
    func saysWhatIsWrongAndWhere(_ text: String, _ expected: SyscallRuleError.Problem, _ offset: Int) throws {
        let found = try #require(problem(text))
        #expect(found.0 == expected)
        #expect(found.1 == offset)
        #expect(!found.0.description.isEmpty)
    }
}
