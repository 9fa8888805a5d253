import EngineKit
import Market
import Testing

/// Returns of a curve into which money comes and from which it goes.
@Suite struct EquityFlowTests {
    private func curve(_ points: [(equity: Int, deposits: Int)]) -> EquityCurve {
        var curve = EquityCurve()
        for (day, point) in points.enumerated() {
            curve.record(FixedPoint(point.equity), deposits: FixedPoint(point.deposits), at: time(day))
        }
        return curve
    }

    private func time(_ day: Int) -> Timestamp { Timestamp(seconds: Int64(day) * 86_400) }

    @Test func aDepositIsNoReturnAndAWithdrawalNoFall() throws {
        // +10 %, then 1000 come in on a flat day, −5 %, then 500 go out on a flat day.
        var curve = curve([(1000, 1000), (1100, 1000), (2100, 2000), (1995, 2000), (1495, 1500)])
        let expected = [1000, 1100, 1100, 1045, 1045.0]
        let adjusted = curve.usable.equity, total = try #require(curve.totalReturn)
        #expect(adjusted.count == 5)
        for (value, wanted) in zip(adjusted, expected) { #expect(abs(value - wanted) < 1e-9) }
        let fall = try #require(curve.maxDrawdown)
        #expect(abs(total - 0.045) < 1e-12)
        #expect(abs(fall + 0.05) < 1e-12)
        #expect(curve.daily == .zero)
        // A deposit that is told late restates what follows it.
        curve.record(FixedPoint(1100), deposits: FixedPoint(1050), at: time(1))
        #expect(abs(curve.usable.equity[1] - 1050) < 1e-9)
        let restated = try #require(curve.totalReturn), wanted: Double = 1.05 * 1150 / 1100 * 0.95 - 1
        #expect(abs(restated - wanted) < 1e-12)
    }

    @Test func withoutFlowsTheCurveIsTheEquityToTheBit() {
        let points = [1000, 1037, 911, 1213].map { (equity: $0, deposits: 400) }
        #expect(curve(points).usable.equity == points.map { Double($0.equity) })
    }

    @Test func everythingTakenOutAndBroughtBackIsNoLoss() throws {
        let paused = curve([(1000, 1000), (1100, 1000), (0, -100), (500, 400), (550, 400)])
        #expect(paused.maxDrawdown == 0 && paused.drawdown == 0)
        let gain = try #require(paused.totalReturn)
        #expect(paused.usable.times.count == 2)
        #expect(abs(gain - 0.1) < 1e-12)
        // Lost is lost.
        let lost = curve([(1000, 1000), (0, 1000), (500, 1500)])
        #expect(lost.maxDrawdown == -1 && lost.usable.equity == [500])
        #expect(curve([]).totalReturn == nil && curve([]).drawdown == nil)
    }
}
