import Numerics
import Quant
import Testing

/// Sums that are kept while a portfolio changes, against the same made from scratch.
@Suite struct LiveExposureTests {
    private let random = Philox(seed: 23)

    private func uniform(_ index: Int, _ stream: UInt64) -> Double { random.uniforms(UInt64(index), stream: stream).x }

    private func holding(_ index: Int) -> Holding {
        let quantity = (uniform(index, 1) * 200).rounded() - 100
        return Holding(
            quantity: quantity, price: uniform(index, 2) < 0.05 ? 0 : 1 + uniform(index, 3) * 99,
            previousClose: uniform(index, 4) < 0.1 ? .nan : 1 + uniform(index, 5) * 99,
            averageDailyVolume: uniform(index, 6) < 0.1 ? .nan : uniform(index, 7) * 1e4,
            sector: Int(uniform(index, 8) * 5))
    }

    @Test func anySequenceOfChangesEndsAtTheSumsFromScratchToTheBit() {
        let count = 6
        var book = ExposureBook(scenarios: count)
        var holdings: [Holding] = [], shocks = [[Double]](repeating: [], count: count)
        for step in 0..<3_000 {
            let choice = uniform(step, 9), place = holdings.isEmpty ? 0 : Int(uniform(step, 10) * Double(holdings.count))
            if holdings.isEmpty || choice < 0.15 {
                let own = (0..<count).map { uniform(step, UInt64(30 + $0)) - 0.5 }
                holdings.insert(holding(step), at: place)
                for scenario in 0..<count { shocks[scenario].insert(own[scenario], at: place) }
                book.insert(holdings[place], shocks: own, at: place)
            } else if choice < 0.2 {
                holdings.remove(at: place)
                for scenario in 0..<count { shocks[scenario].remove(at: place) }
                book.remove(at: place)
            } else {
                holdings[place] = holding(step)
                book.set(holdings[place], at: place)
            }
            guard step % 7 == 0 else { continue }
            var fresh = ExposureBook(holdings, shocks: shocks)
            let view = book.view(), wanted = fresh.view()
            #expect(view == wanted, "after \(step) changes")
            let losses = shocks.map { -zip(holdings, $0).reduce(0) { $0 + $1.0.marketValue * $1.1 } }
            let worst = view.worstLoss ?? .nan
            #expect(abs(worst - (losses.max() ?? 0)) <= 1e-9 * max(1, abs(worst)))
            guard !holdings.isEmpty else { continue }
            // What an order would make of it is what it makes of it.
            let order = holding(step + 1_000_000)
            let foreseen = book.view(with: order, at: place)
            var after = holdings
            after[place] = order
            var done = ExposureBook(after, shocks: shocks)
            let made = done.view()
            #expect(foreseen == made, "an order after \(step) changes")
        }
    }

    @Test func sumsAreThoseOfThePlainFormulas() {
        let holdings = (0..<500).map { holding($0) }.filter(\.isPriced)
        var book = ExposureBook(holdings)
        let values = holdings.map(\.marketValue), sums = book.view().sums
        func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-12 * max(1, abs(b)) }
        #expect(near(sums.gross, Exposure.gross(values)) && near(abs(sums.net), Exposure.net(values)))
        #expect(near(sums.squares / 1e6, Exposure.herfindahl(values, equity: 1e3)))
        #expect(sums.largest == Exposure.positionSize(values))
        let sectors = holdings.map { "\($0.sector)" }
        #expect(near(book.view().largestSector, Exposure.sectorConcentration(values, sectors: sectors, equity: 1)))
        let known = holdings.filter { !$0.averageDailyVolume.isNaN }
        let days = Exposure.liquidityDays(
            quantities: known.map(\.quantity), averageDailyVolumes: known.map(\.averageDailyVolume), participation: 0.2)
        #expect(near(sums.liquidityDays(participation: 0.2), days))
        #expect(ExposureSums().liquidityDays(participation: 0.2) == 0)
    }

    @Test func flowsEndAtThoseFromScratchToTheBit() {
        let columns = (0..<150).map { column in
            (0..<(40 + column % 3)).map { random.normal(UInt64($0), stream: UInt64(100 + column)) }
        }
        var weights = (0..<150).map { uniform($0, 20) * 100 }
        var book = FlowBook(columns, weights: weights)
        for step in 0..<400 {
            let place = Int(uniform(step, 21) * 150)
            weights[place] = uniform(step, 22) * 100 - 50
            book.set(weights[place], at: place)
            guard step % 13 == 0 else { continue }
            var fresh = FlowBook(columns, weights: weights)
            let flows = book.flows(), wanted = fresh.flows()
            #expect(flows == wanted && flows.count == 40)
            let plain = LossMeasures.portfolioReturns(columns.map { Array($0.suffix(40)) }, weights: weights)
            #expect(zip(flows, plain).allSatisfy { abs($0 - $1) < 1e-9 })
            var other = weights
            other[place] = 77
            let foreseen = book.flows(with: 77, at: place)
            let made = LossMeasures.portfolioReturns(columns.map { Array($0.suffix(40)) }, weights: other)
            #expect(zip(foreseen, made).allSatisfy { abs($0 - $1) < 1e-9 })
        }
        var none = FlowBook([[], []], weights: [0, 0])
        #expect(none.flows().isEmpty && none.days == 0)
        let first = none.flows(with: 2, at: nil, column: [1, 3])
        #expect(first == [2, 6])
    }

    @Test func momentsAreThoseOfStatistics() {
        for (count, shift) in [(2, 0.0), (3, 1e6), (252, 0), (253, -4), (1000, 1e9)] {
            let flows = (0..<count).map { shift + random.normal(UInt64($0), stream: 5) }
            let benchmark = (0..<count).map { random.normal(UInt64($0), stream: 6) }
            let moments = FlowMoments(flows)
            #expect(abs(moments.mean - Statistics.mean(flows)) <= 1e-12 * max(1, abs(shift)))
            #expect(abs(moments.variance / Statistics.variance(flows) - 1) < 1e-9)
            let beta = BenchmarkReturns(benchmark).beta(flows, moments)
            let wanted = LossMeasures.beta(flows, benchmark: benchmark)
            #expect(beta.flatMap { found in wanted.map { abs(found - $0) < 1e-6 * max(1, abs($0)) } } == true)
        }
        #expect(FlowMoments([3.3, 3.3, 3.3]).variance == 0 && FlowMoments([1]).variance == 0)
        #expect(BenchmarkReturns([1, 1, 1]).beta([1, 2, 3], FlowMoments([1, 2, 3])) == nil)
        #expect(BenchmarkReturns([1]).beta([1, 2], FlowMoments([1, 2])) == nil)
        // A day that the benchmark lacks is not read of either.
        let gap = BenchmarkReturns([9, 1, .nan, 3, 4]), four = [2.0, 500, 1, 7]
        #expect(gap.beta(four, FlowMoments(four)) == LossMeasures.beta([2, 1, 7], benchmark: [1, 3, 4]))
        #expect(BenchmarkReturns([.nan, 1]).beta([1, 2], FlowMoments([1, 2])) == nil)
    }
}
