@testable import Analytics
import EngineKit
import Market
@testable import Risk
import TestKit
import Testing

/// Values of any time come in any order: what is booked dated back is told again, before and between what was told.
@Suite struct LateValueTests {
    private func value(_ time: Int64, _ equity: Int, _ deposits: Int) -> PortfolioValue {
        PortfolioValue(
            portfolioID: "p", time: Timestamp(seconds: time * 20_000), cash: FixedPoint(equity / 2),
            marketValue: FixedPoint(equity - equity / 2), realized: .zero, unrealized: .zero,
            netDeposits: FixedPoint(deposits), trades: 0)
    }

    private func isSame(_ a: EquityCurve, _ b: EquityCurve) -> Bool {
        a.times == b.times && a.adjusted == b.adjusted && a.usable.equity == b.usable.equity
            && a.usable.times == b.usable.times && a.drawdown == b.drawdown && a.maxDrawdown == b.maxDrawdown
            && a.totalReturn == b.totalReturn && a.daily == b.daily && a.days.equity == b.days.equity
            && a.moneyAndFlows.values == b.moneyAndFlows.values && a.moneyAndFlows.flows == b.moneyAndFlows.flows
    }

    /// Random values, some of one time, with losses of everything and flows: shuffled, they give what they give in the
    /// order of their times. Of one time the later arrival counts.
    @Test func anyOrderOfArrivalGivesOneCurveAndItsCash() {
        var random = SeededGenerator(seed: 9)
        for round in 0..<300 {
            let count = 1 + round % 25
            let arrived = (0..<count).map { _ in
                value(Int64.random(in: 0..<20, using: &random),
                      Int.random(in: 0..<5, using: &random) == 0 ? -Int.random(in: 0..<3, using: &random) * 100
                          : Int.random(in: 1..<20, using: &random) * 100,
                      Int.random(in: 0..<4, using: &random) * 300)
            }
            // Stable: those of one time stay in the order of their arrival.
            let ordered = arrived.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
                .map(\.element)
            var live = LivePortfolio(id: "p"), wanted = LivePortfolio(id: "p"), batched = LivePortfolio(id: "p")
            var risk = RiskState(), inOrder = RiskState(), together = RiskState()
            for value in arrived {
                live.take([value])
                risk.apply(value)
            }
            for value in ordered {
                wanted.take([value])
                inOrder.apply(value)
            }
            batched.take(arrived)
            _ = together.apply(arrived.map { ($0, nil) })
            for one in [live, batched] {
                #expect(isSame(one.curve, wanted.curve) && one.value == wanted.value)
                #expect(one.value == ordered.last)
            }
            let book = risk.books["p"], other = inOrder.books["p"]
            #expect(book?.cash == ordered.last?.cash.double && book?.cash == other?.cash)
            #expect(together.books["p"]?.cash == other?.cash)
            for one in [book, together.books["p"]] {
                if let one, let other { #expect(isSame(one.curve, other.curve)) }
            }
            #expect(risk.picture(of: "p", order: nil, rate: 0)?.drawdown
                == inOrder.picture(of: "p", order: nil, rate: 0)?.drawdown)
        }
    }

    /// Where old points are forgotten, those that stay keep their level, peak and depth when they are told again.
    @Test func whatIsForgottenStillCounts() {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<100 {
            var whole = EquityCurve(), kept = EquityCurve()
            var deposits = 1000
            func both(_ equity: Int, _ time: Int) {
                for isKept in [false, true] {
                    let money = FixedPoint(equity), total = FixedPoint(deposits), at = Timestamp(seconds: Int64(time) * 50_000)
                    if isKept { kept.record(money, deposits: total, at: at) } else { whole.record(money, deposits: total, at: at) }
                }
            }
            for time in 0..<30 {
                if Int.random(in: 0..<4, using: &random) == 0 { deposits += Int.random(in: -300...300, using: &random) }
                both(Int.random(in: 100...2000, using: &random), time)
            }
            kept.keepNewest(10)
            // Told again, from the first that is kept on; and one of before, which only the whole curve has a place for.
            for time in 20..<30 { both(Int.random(in: 100...2000, using: &random), time) }
            kept.record(FixedPoint(1), deposits: FixedPoint(1), at: Timestamp(seconds: 3))
            #expect(kept.times.count == 10 && kept.adjusted == Array(whole.adjusted.suffix(10)))
            #expect(kept.maxDrawdown == whole.maxDrawdown && kept.drawdown == whole.drawdown)
            #expect(kept.daily == whole.daily)
        }
    }

    /// A split is told with the price of new shares: it goes before a newer price of old ones, and once.
    @Test func aSplitTakesTheToldPrice() throws {
        let symbol = try #require(Symbol("KO"))
        func position(_ quantity: Int, _ price: Int?, _ time: Int64, split: Int? = nil) -> PositionUpdate {
            PositionUpdate(
                portfolioID: "p", symbol: symbol, quantity: FixedPoint(quantity), averageCost: FixedPoint(90),
                price: price.map { FixedPoint($0) }, realized: .zero, time: Timestamp(seconds: time),
                split: split.map { ShareSplit(ratio: FixedPoint($0), time: Timestamp(seconds: time)) })
        }
        var live = LivePortfolio(id: "p")
        live.take(position(10, 100, 1))
        var isTaken = live.take(FixedPoint(102), of: symbol, at: Timestamp(seconds: 5))
        #expect(isTaken)
        live.take(position(20, 51, 3, split: 2))
        #expect(live.book.sums.marketValue == FixedPoint(1020))
        isTaken = live.take(FixedPoint(52), of: symbol, at: Timestamp(seconds: 6))
        #expect(isTaken)
        live.take(position(20, 51, 3, split: 2))
        #expect(live.book.sums.marketValue == FixedPoint(1040))
        // Without a told price the known one is divided.
        live.take(position(40, nil, 7, split: 2))
        #expect(live.book.sums.marketValue == FixedPoint(1040) && live.book.sums == live.book.recomputed)
    }
}
