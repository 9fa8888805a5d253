import Glibc
import Numerics
import Quant
import Risk
import Runtime

/// Microseconds that each of `runs` calls takes, after a tenth as many that nobody counts.
private func microseconds(runs: Int, _ body: (Int) throws -> Void) rethrows -> [Double] {
    for index in 0..<(runs / 10) { try body(index) }
    return try (0..<runs).map { index in try seconds { try body(index) } * 1e6 }
}

/// `risk.pretrade`: µs from an order to the verdicts of 18 limits on a portfolio of 1,000 positions, as the risk engine
/// judges it once it has read the message; and the same where a price and a position have changed since the last order,
/// their taking in included.
func preTradeBenchmarks(runs: Int = 20_000) -> [Measurement] {
    [false, true].map { isMoving in
        var rehearsal = PreTradeRehearsal(positions: 1000)
        let times = microseconds(runs: runs) { index in
            if isMoving { rehearsal.move(index) }
            let passed = rehearsal.check(index)
            precondition(passed == 18, "only \(passed) limits pass")
        }
        return Measurement(
            "risk.pretrade", middle(times), "µs", runs: runs, p50: middle(times), p99: quantile(times, 0.99),
            context: [("positions", "1000"), ("limits", "18"), ("returns", "252"), ("threads", "1"),
                      ("between_orders", isMoving ? "a price and a position" : "nothing")])
    }
}

/// `ml.inference`: µs for one prediction by each model that there is: the live one takes a return and forecasts, the
/// other is fitted on a year of returns each time.
func inferenceBenchmarks(runs: Int = 20_000) throws -> [Measurement] {
    let closes = walkBars(runs + 253).close
    let returns = zip(closes.dropFirst(), closes).map { $0 / $1 - 1 }
    var stream = try VolatilityStream()
    for value in returns.prefix(252) { stream.push(value) }
    let live = microseconds(runs: runs) { index in
        stream.push(returns[252 + index])
        precondition(stream.forecast() != nil)
    }
    let fitted = try microseconds(runs: runs) { index in
        let forecast = try PriceForecast(logReturns: Array(returns[index..<(index + 252)]), price: 100)
        precondition(forecast.high > forecast.low)
    }
    return [("ewma_volatility", live), ("drift_volatility_baseline", fitted)].map { model, times in
        Measurement("ml.inference", middle(times), "µs", runs: runs, p50: middle(times), p99: quantile(times, 0.99),
                    context: [("model", model), ("returns", model == "ewma_volatility" ? "1" : "252")])
    }
}

/// `factors.panel`: values a second of the 158 features of Alpha158 over 500 instruments and ten years of days, all in one
/// request, on one thread and on every core. The whole answer is held: `answer_bytes`.
func panelBenchmarks(symbols: Int = 500, days: Int = 2520, runs: Int = 3) async throws -> [Measurement] {
    let panel = Panel((0..<symbols).map { ("S\($0)", walkBars(days, seed: UInt64($0))) })
    let alphas = AlphaCatalog.all.filter { $0.collection == "alpha158" }
    let set = ExpressionSet(try alphas.map { try Expression.parse($0.expression) })
    let values = Double(set.count * symbols * days)
    let clock = SystemClock()
    var figures: [Measurement] = []
    for threads in Set([1, SystemProcessor.count]).sorted() {
        var times: [Double] = []
        for _ in 0...runs {
            let start = clock.monotonic
            let answer = await set.evaluate(panel, threads: threads)
            times.append(Double(clock.monotonic - start) / 1e9)
            precondition(answer.count == set.count && answer.rows == days)
        }
        figures.append(
            Measurement(
                "factors.panel", values / middle(Array(times.dropFirst())), "values/s", runs: runs, context: [
                    ("expressions", "\(set.count)"), ("symbols", "\(symbols)"), ("days", "\(days)"),
                    ("threads", "\(threads)"), ("answer_bytes", "\(Int(values) * 8)"),
                ]))
    }
    return figures
}

/// The machine's processors.
private enum SystemProcessor {
    static let count = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
}
