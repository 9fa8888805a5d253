import Numerics
import Quant
import Runtime

/// Bars of a seeded random walk: the same on every machine.
func walkBars(_ count: Int, seed: UInt64 = 7) -> Bars {
    let random = Philox(seed: seed)
    var close = 100.0, ts: [Int64] = [], columns: [[Double]] = Array(repeating: [], count: 5)
    for index in 0..<count {
        let step = random.normal(UInt64(index), stream: 0) * 0.01
        let open = close
        close = max(1, close * (1 + step))
        let spread = abs(random.normal(UInt64(index), stream: 1)) * 0.005 * close
        ts.append(Int64(index) * 60_000_000_000)
        for (column, value) in [open, max(open, close) + spread, max(0.5, min(open, close) - spread), close,
                                1000 + abs(random.normal(UInt64(index), stream: 2)) * 500].enumerated() {
            columns[column].append(value)
        }
    }
    // The columns have one length by construction.
    do {
        return try Bars(ts: ts, open: columns[0], high: columns[1], low: columns[2], close: columns[3],
            volume: columns[4])
    } catch {
        preconditionFailure("\(error)")
    }
}

/// Seconds that `body` takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let clock = SystemClock(), start = clock.monotonic
    try body()
    return Double(clock.monotonic - start) / 1e9
}

/// `indicators.<name>` (ns a row, batch) and `indicators.stream.<name>` (ns an update), default parameters.
func indicatorBenchmarks(rows: Int = 1_000_000, runs: Int = 5, only: String? = nil) throws -> [Measurement] {
    let bars = walkBars(rows)
    var out: [Measurement] = []
    for text in ["sma(close,20)", "ema(close,20)", "wma(close,20)", "rsi(close,14)", "macd(close,12,26,9)",
                 "bbands(close,20,2,2,0)", "atr(14)", "natr(14)", "adx(14)", "cci(14)", "mfi(14)", "obv()",
                 "roc(close,10)", "mom(close,10)", "willr(14)", "stoch(5,3,0,3,0)", "stddev(close,20)", "trange()",
                 "linearreg(close,14)", "vwap(20)"] {
        let name = String(text.prefix { $0 != "(" })
        if let only, only != name { continue }
        let feature = try Feature.parse(text)
        var batch: [Double] = [], stream: [Double] = []
        for _ in 0...runs {
            batch.append(seconds { _ = feature.evaluate(bars) } / Double(rows) * 1e9)
            var live = try FeatureStream(feature)
            stream.append(seconds { for row in 0..<rows { live.push(BarValues(bars, row: row)) } } / Double(rows) * 1e9)
        }
        let context = [("feature", text), ("rows", "\(rows)")]
        out.append(Measurement("indicators.\(name)", middle(Array(batch.dropFirst())), "ns/row", runs: runs,
            context: context))
        out.append(Measurement("indicators.stream.\(name)", middle(Array(stream.dropFirst())), "ns/update", runs: runs,
            context: context))
    }
    return out
}

/// `analytics.performance`: µs for every figure of 2,520 daily returns.
func performanceBenchmark(runs: Int = 2001) throws -> Measurement {
    let closes = walkBars(2521).close
    let returns = zip(closes.dropFirst(), closes).map { $0 / $1 - 1 }
    let times = try (0..<runs).map { _ in try seconds { _ = try Performance(returns: returns) } * 1e6 }
    return Measurement("analytics.performance", middle(times), "µs", runs: runs, p50: middle(times),
                       p99: quantile(times, 0.99), context: [("returns", "2520")])
}

/// `backtest.sweep`: seconds for 9,870 moving-average pairs over 2,520 bars with fees, total return and Sharpe of each.
func sweepBenchmark(runs: Int = 3) throws -> Measurement {
    let bars = walkBars(2520)
    var pairs: [(Int, Int)] = []
    for fast in 2...141 { for slow in (fast + 1)...142 where pairs.count < 9870 { pairs.append((fast, slow)) } }
    let times = try (0..<runs).map { _ in
        try seconds {
            let averages = try (2...142).map { period in try Feature.parse("sma(close,\(period))").evaluate(bars)[0].values }
            let test = RulesBacktest(initialCash: 100_000, costs: TradingCosts(commissionBps: 5, slippageBps: 1))
            var best = -Double.infinity
            for (fast, slow) in pairs {
                let a = averages[fast - 2], b = averages[slow - 2]
                let entry = zip(a, b).map { $0 > $1 ? 1.0 : 0 }, exit = zip(a, b).map { $0 < $1 ? 1.0 : 0 }
                let result = try test.run(bars, entry: entry, exit: exit)
                if let figures = result.statistics() { best = max(best, figures.sharpeRatio ?? -.infinity) }
            }
            precondition(best > -.infinity)
        }
    }
    return Measurement("backtest.sweep", middle(times), "s", runs: runs,
                       context: [("pairs", "\(pairs.count)"), ("bars", "2520"), ("threads", "1")])
}

/// `var.monte_carlo`: seconds for a million simulations of 50 correlated assets, one thread.
func monteCarloBenchmark(runs: Int = 3) throws -> Measurement {
    let random = Philox(seed: 11)
    let returns = (0..<50).map { asset in
        (0..<500).map { day in
            0.01 * (random.normal(UInt64(day), stream: 99) * 0.5 + random.normal(UInt64(day), stream: UInt64(asset)))
        }
    }
    let weights = Array(repeating: 0.02, count: 50)
    let times = try (0..<runs).map { _ in
        try seconds { _ = try ValueAtRisk.monteCarlo(returns: returns, weights: weights, simulations: 1_000_000, seed: 1) }
    }
    return Measurement("var.monte_carlo", middle(times), "s", runs: runs, context: [
        ("simulations", "1000000"), ("assets", "50"), ("threads", "1"),
        ("method", "one normal a simulation: the exact law of the weighted sum")])
}
