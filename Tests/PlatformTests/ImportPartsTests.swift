import Hosting
import Testing

/// How a file of bars is cut: which row counts does not hang on where.
@Suite struct ImportPartsTests {
    private static func text(_ part: ImportParts.Part) -> String { String(decoding: part.bytes, as: UTF8.self) }

    private static func next(_ parts: inout ImportParts) throws -> ImportParts.Part {
        let part = parts.next()
        return try #require(part)
    }

    @Test func aTimeThatWasTakenInAnEarlierPartIsLeftOut() throws {
        let rows = [
            "2024-01-02,10", "2024-01-03,0", "2024-01-02T00:00:00Z,11", "2024-01-03,12", "1704153600000,13", "soon,14",
            "2024-01-04,15",
        ]
        var parts = ImportParts(Array(("TS,close\n" + rows.joined(separator: "\n")).utf8), rowsPerPart: 2)
        let first = try Self.next(&parts)
        #expect(Self.text(first) == "TS,close\n2024-01-02,10\n2024-01-03,0\n" && first.line == 0)
        // What was refused takes no time from others.
        parts.settle(refused: [3], of: 1)
        let second = try Self.next(&parts)
        #expect(Self.text(second) == "TS,close\n\n2024-01-03,12\n" && second.line == 2)
        #expect(second.repeated.map(\.line) == [4] && second.repeated[0].reason == "the same time as line 2")
        parts.settle(refused: [], of: 0)
        let third = try Self.next(&parts)
        #expect(Self.text(third) == "TS,close\n\nsoon,14\n" && third.repeated.map(\.line) == [6])
        parts.settle(refused: [7], of: 1)
        let last = try Self.next(&parts)
        #expect(Self.text(last) == "TS,close\n2024-01-04,15" && last.line == 6 && last.repeated.isEmpty)
        let end = parts.next()
        #expect(end?.line == nil)
    }

    /// Of many refused rows only the first are told by their lines.
    @Test func aRowThatMayHaveBeenRefusedTakesNoTime() throws {
        let rows = ["2024-01-02,0", "2024-01-03,0", "2024-01-02,1", "2024-01-03,2", "2024-01-04,3"]
        var parts = ImportParts(Array(("ts,close\n" + rows.joined(separator: "\n")).utf8), rowsPerPart: 2)
        _ = try Self.next(&parts)
        parts.settle(refused: [2], of: 2)
        let second = try Self.next(&parts)
        #expect(Self.text(second) == "ts,close\n2024-01-02,1\n2024-01-03,2\n" && second.repeated.isEmpty)
    }

    @Test func aFileOfOnePartIsSentAsItIs() throws {
        for text in ["", "ts,close", "ts,close\n", "ts,close\n2024-01-02,1\n2024-01-02,2\n"] {
            var parts = ImportParts(Array(text.utf8), rowsPerPart: 3)
            let only = try Self.next(&parts), end = parts.next()
            #expect(Self.text(only) == text && end?.line == nil)
        }
    }
}
