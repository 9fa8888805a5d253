import Documents
import Market
import Testing

@Suite struct ChartTests {
    private static func layout(_ values: [Double]) -> ChartLayout {
        let chart = ReportChart("c", "C", .times(values.indices.map(SampleReport.time)), .ratio, [.init("s", "S", values)])
        return ChartLayout(chart, width: 100, height: 50)
    }

    /// Whatever the numbers are, everything lies in the box, and ticks rise evenly.
    @Test(arguments: [[1, 2, 3], [5, 5, 5], [0, 0], [-1e9, 1e9], [1e-12, 3e-12], [-3, -2], [7], [], [.nan, 4, .infinity]])
    func everythingLiesInTheBox(_ values: [Double]) {
        let layout = Self.layout(values)
        for point in layout.lines.flatMap({ $0 }).flatMap({ $0 }) {
            #expect((-1e-9...100.000001).contains(point.x) && (-1e-9...50.000001).contains(point.y))
        }
        #expect((3...12).contains(layout.valueTicks.count))
        let gaps = zip(layout.valueTicks.dropFirst(), layout.valueTicks).map { $0.position - $1.position }
        #expect(gaps.allSatisfy { $0 < 0 && abs($0 - gaps[0]) < 1e-6 })
        #expect(layout.placeTicks.count == min(6, values.count))
    }

    @Test func barsGrowFromZero() throws {
        let layout = ChartLayout(SampleReport.bars, width: 100, height: 50)
        let bars = try #require(layout.bars.first)
        #expect(bars.count == 2)
        #expect(abs(bars[0].y + bars[0].height - layout.zero) < 1e-9 && abs(bars[1].y - layout.zero) < 1e-9)
        #expect(bars.allSatisfy { $0.height > 0 && $0.width > 0 })
        #expect(bars[0].height > bars[1].height)
    }

    @Test func aChartIsToldInWords() {
        #expect(SampleReport.line.inWords
            == "Equity, from 2023-11-14 to 2023-12-23. Equity: lowest 100.00, highest 139.00, last 139.00.")
    }
}
