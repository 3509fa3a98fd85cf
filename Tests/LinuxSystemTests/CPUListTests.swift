import LinuxSystem
import Testing

@Suite struct CPUListTests {
    @Test(arguments: [("0", "0"), ("3,1,2", "1-3"), ("0-3,8,10-11", "0-3,8,10-11"), ("5-5", "5")])
    func isWrittenAsTheKernelDoes(_ text: String, _ expected: String) {
        #expect(CPUList(text)?.description == expected)
    }

    @Test(arguments: ["", "a", "3-1", "-1", "1-", "1,,2", "9999", "1-2-3"])
    func refusesWhatIsNone(_ text: String) {
        #expect(CPUList(text) == nil)
    }
}
