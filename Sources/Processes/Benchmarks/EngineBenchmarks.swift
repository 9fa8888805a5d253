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
/// judges it once it has read the message.
func preTradeBenchmark(runs: Int = 2000) -> Measurement {
    var rehearsal = PreTradeRehearsal(positions: 1000)
    let times = microseconds(runs: runs) { index in
        let passed = rehearsal.check(index)
        precondition(passed == 18, "only \(passed) limits pass")
    }
    return Measurement(
        "risk.pretrade", middle(times), "µs", runs: runs, p50: middle(times), p99: quantile(times, 0.99),
        context: [("positions", "1000"), ("limits", "18"), ("returns", "252"), ("threads", "1")])
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

/// `factors.panel`: values a second of 158 expressions over 500 instruments and ten years of days, one thread. One
/// expression is computed at a time, so that memory holds the bars and one answer.
func panelBenchmark(symbols: Int = 500, days: Int = 2520, runs: Int = 3) throws -> Measurement {
    let panel = Panel((0..<symbols).map { ("S\($0)", walkBars(days, seed: UInt64($0))) })
    let expressions = try panelExpressions().map { try Expression.parse($0) }
    let values = Double(expressions.count * symbols * days)
    let times = (0...runs).map { _ in
        seconds {
            for expression in expressions {
                let answer = expression.evaluate(panel)
                precondition(answer.count == symbols && answer[0].count == days)
            }
        }
    }
    return Measurement(
        "factors.panel", values / middle(Array(times.dropFirst())), "values/s", runs: runs, context: [
            ("expressions", "\(expressions.count)"), ("symbols", "\(symbols)"), ("days", "\(days)"), ("threads", "1"),
        ])
}

/// 158 expressions, no two alike: shapes of a bar, and windows of five lengths over prices and volumes. Every function
/// family is among them; two in a window's thirty rank or score across instruments.
func panelExpressions() -> [String] {
    let single = [
        "(close-open)/open", "(high-low)/open", "(close-open)/(high-low+0.001)", "(high-max(open,close))/open",
        "(min(open,close)-low)/open", "(2*close-high-low)/open", "open/close", "high/close", "low/close", "vwap/close",
        "rank(close/open)", "zscore(log(volume))", "where(close > open, volume, -volume)",
    ]
    let windowed = [
        "delay(close,N)/close", "ts_mean(close,N)/close", "ts_stddev(close,N)/close", "ts_slope(close,N)/close",
        "ts_rsquare(close,N)", "ts_resi(close,N)/close", "ts_max(high,N)/close", "ts_min(low,N)/close",
        "ts_quantile(close,N,0.8)/close", "ts_quantile(close,N,0.2)/close", "ts_rank(close,N)",
        "(close-ts_min(low,N))/(ts_max(high,N)-ts_min(low,N)+0.001)", "ts_argmax(high,N)/N", "ts_argmin(low,N)/N",
        "(ts_argmax(high,N)-ts_argmin(low,N))/N", "ts_corr(close,log(volume+1),N)",
        "ts_corr(close/delay(close,1),log(volume/delay(volume,1)+1),N)", "ts_count(close > delay(close,1),N)/N",
        "ts_count(close < delay(close,1),N)/N", "ts_sum(max(delta(close,1),0),N)/(ts_sum(abs(delta(close,1)),N)+0.001)",
        "ts_sum(max(-delta(close,1),0),N)/(ts_sum(abs(delta(close,1)),N)+0.001)", "ts_mean(volume,N)/(volume+1)",
        "ts_stddev(volume,N)/(volume+1)", "ts_stddev(abs(returns)*volume,N)/(ts_mean(abs(returns)*volume,N)+0.001)",
        "decay_linear(returns,N)", "ts_zscore(close,N)", "ts_cov(returns,volume,N)", "rank(delta(close,N))",
        "demean(ts_mean(returns,N))",
    ]
    return single + windowed.flatMap { text in
        [5, 10, 20, 30, 60].map { text.replacing("N", with: "\($0)") }
    }
}
