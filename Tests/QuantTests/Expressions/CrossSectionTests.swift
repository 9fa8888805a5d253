import Quant
import Testing

@Suite struct CrossSectionTests {
    /// One date, six instruments, one without a bar and two equal.
    private func values(_ text: String) throws -> [Double] {
        let closes = [3.0, 1, .nan, 2, 2, -4]
        let panel = Panel(
            try closes.enumerated().map { index, close in
                let other = try Bars(ts: close.isNaN ? [2] : [1], close: [close.isNaN ? 9 : close])
                return ("S\(index)", other)
            })
        #expect(panel.ts == [1, 2])
        return try Expression.parse(text).evaluate(panel).map { $0[0] }
    }

    @Test func operators() throws {
        #expect(firstDifference(try values("rank(close)"), [1, 0.4, .nan, 0.7, 0.7, 0.2]) == nil)
        #expect(firstDifference(try values("demean(close)"), [2.2, 0.2, .nan, 1.2, 1.2, -4.8]) == nil)
        #expect(firstDifference(try values("scale(close)").map { $0 * 12 }, [3, 1, .nan, 2, 2, -4]) == nil)
        let deviation = (30.8 / 4).squareRoot()
        #expect(
            firstDifference(
                try values("zscore(close)").map { $0 * deviation }, [2.2, 0.2, .nan, 1.2, 1.2, -4.8]) == nil)
        #expect(firstDifference(try values("winsorize(close,0.25)"), [2, 1, .nan, 2, 2, 1]) == nil)
    }

    @Test func degenerateDates() throws {
        #expect(try values("zscore(close*0)").allSatisfy(\.isNaN))
        #expect(try values("scale(close*0)").allSatisfy(\.isNaN))
        #expect(try values("rank(log(-abs(close)))").allSatisfy(\.isNaN))
    }
}
