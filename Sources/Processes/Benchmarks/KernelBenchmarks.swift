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

extension BenchmarkRunner {
    /// The name of each measurement of indicators.
    nonisolated static let indicators = Set(IndicatorCatalog.all.flatMap { function in
        ["indicators.\(function.name)", "indicators.stream.\(function.name)"]
    }).union(["indicators.stream.fifty"])
}

/// `indicators.<name>` (ns a row, batch) and `indicators.stream.<name>` (ns an update) of every indicator, and
/// `indicators.stream` (ns an update of 50 indicators), default parameters.
func indicatorBenchmarks(rows: Int = 1_000_000, runs: Int = 5, asked: (String) -> Bool) throws -> [Measurement] {
    let bars = walkBars(rows)
    // A bar comes as a value; reading it out of columns is no part of an update.
    let values = (0..<rows).map { BarValues(bars, row: $0) }
    var out: [Measurement] = []
    for function in IndicatorCatalog.all {
        let series = Array(["close", "volume"].prefix(function.seriesCount))
        let arguments = function.parameters.map { parameter -> String in
            let value = parameter.defaultValue ?? parameter.min
            return value == value.rounded() ? "\(Int(value))" : "\(value)"
        }
        let feature = try Feature.parse("\(function.name)(\((series + arguments).joined(separator: ",")))")
        let context = [
            ("feature", feature.text), ("rows", "\(rows)"),
            ("columns", (series.isEmpty ? function.inputs : series).joined(separator: " ")),
        ]
        if asked("indicators.\(function.name)") {
            let times = (0...runs).map { _ in seconds { _ = feature.evaluate(bars) } / Double(rows) * 1e9 }
            let measured = Array(times.dropFirst())
            // The best too: whatever else runs on the machine only ever adds.
            out.append(Measurement("indicators.\(function.name)", middle(measured), "ns/row", runs: runs,
                context: context + [("best", "\(((measured.min() ?? 0) * 1000).rounded() / 1000)")]))
        }
        guard asked("indicators.stream.\(function.name)") else { continue }
        var live = try FeatureStream(feature)
        let time = seconds { for value in values { live.push(value) } } / Double(rows) * 1e9
        out.append(Measurement("indicators.stream.\(function.name)", time, "ns/update", runs: 1, context: context))
    }
    if asked("indicators.stream.fifty") { out.append(try streamBenchmark(values)) }
    return out
}

/// `indicators.stream.fifty`: ns to take one bar into 50 indicators of one instrument.
private func streamBenchmark(_ bars: [BarValues], runs: Int = 5) throws -> Measurement {
    let texts = IndicatorCatalog.all.filter { !$0.name.hasPrefix("cdl_") }.prefix(50).map { function in
        "\(function.name)(\(["close", "volume"].prefix(function.seriesCount).joined(separator: ",")))"
    }
    let part = bars.prefix(100_000)
    let times = try (0..<runs).map { _ in
        var stream = try FeatureSetStream(texts.map { try Feature.parse($0) })
        return seconds {
            for bar in part { stream.push(bar) }
        } / Double(part.count) * 1e9
    }
    return Measurement("indicators.stream.fifty", middle(times), "ns/update", runs: runs,
        context: [("indicators", "\(texts.count)"), ("rows", "\(part.count)")])
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
