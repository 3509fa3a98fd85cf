import Testing
import TextTables

@Suite struct TextTableTests {
    @Test func columnsAreAsWideAsTheyNeed() {
        let lines = TextTable([["rule", "runs"], ["a", "12"], ["longer", "3"]], alignment: [.left, .right]).lines
        #expect(lines == ["rule    runs", "a         12", "longer     3"])
    }

    @Test func nothingTrailsALineAndRowsMayBeShort() {
        #expect(TextTable([["a", "b", "c"], ["long", ""], ["x"]]).lines == ["a     b  c", "long", "x"])
        #expect(TextTable([]).lines.isEmpty)
    }
}
