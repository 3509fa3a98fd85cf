import Scenarios
import Testing

@Suite struct QuantityTests {
    @Test(arguments: [
        ("256MiB", Quantity.bytes(268_435_456)), ("1GB", .bytes(1_000_000_000)), ("0B", .bytes(0)),
        ("40ms", .duration(.milliseconds(40))), ("1.5s", .duration(.milliseconds(1500))),
        ("250us", .duration(.microseconds(250))), ("2m", .duration(.seconds(120))), ("20%", .fraction(0.2)),
        ("200/s", .rate(200)), ("30/m", .rate(0.5)), ("7", .number(7)), ("-1", .number(-1)), ("4 KiB", .bytes(4096)),
    ])
    func parses(_ text: String, _ expected: Quantity) {
        #expect(Quantity(text) == expected)
    }

    @Test(arguments: ["", "x", "10x", "1e400", "nan", "-5s", "-1MiB", "10 % ", "ms", "1..2s", "99999999999999999TiB"])
    func refuses(_ text: String) {
        #expect(Quantity(text) == nil)
    }

    @Test(arguments: [
        (Duration.zero, "0s"), (.milliseconds(40), "40ms"), (.seconds(90), "90s"), (.milliseconds(1500), "1.5s"),
        (.microseconds(250), "250us"),
    ])
    func shortForm(_ duration: Duration, _ text: String) {
        #expect(duration.short == text)
    }
}
