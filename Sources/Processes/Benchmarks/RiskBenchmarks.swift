import Numerics
import Quant
import Risk
import Runtime

/// Daily returns of assets that share a market, the same on every machine.
private func marketReturns(_ assets: Int, _ days: Int) -> [[Double]] {
    let random = Philox(seed: 11)
    return (0..<assets).map { asset in
        (0..<days).map { day in
            let market = random.normal(UInt64(day), stream: 1 << 20)
            return 0.01 * (market * 0.5 + random.normal(UInt64(day), stream: UInt64(asset)))
        }
    }
}

/// `risk.montecarlo`: seconds for VaR and ES of 1,000,000 paths of 50 assets, every asset drawn, two
/// tasks.
func pathBenchmarks(runs: Int = 5) async throws -> [Measurement] {
    let returns = marketReturns(50, 500)
    let weights = [Double](repeating: 0.02, count: 50)
    let exact = try ValueAtRisk.parametric(returns: returns, weights: weights)
    var out: [Measurement] = []
    let clock = SystemClock()
    for (name, copula) in [("gaussian", CopulaSimulation.Copula.gaussian), ("student 5", .student(degrees: 5))] {
        var times: [Double] = [], last: SimulatedRisk?
        for _ in 0..<runs {
            let start = clock.monotonic
            last = try await SimulatedRisk.simulate(
                returns: returns, weights: weights, copula: copula, simulations: 1_000_000, seed: 1, tasks: 2)
            times.append(Double(clock.monotonic - start) / 1e9)
        }
        out.append(Measurement("risk.montecarlo", middle(times), "s", runs: runs, context: [
            ("paths", "1000000"), ("assets", "50"), ("tasks", "2"), ("copula", name),
            ("value_at_risk", "\(last?.risk.valueAtRisk ?? .nan)"), ("standard_error", "\(last?.valueError ?? .nan)"),
            ("normal_formula", "\(exact.valueAtRisk)")]))
    }
    return out
}

/// `risk.historical`: ms for historical VaR and ES of 1,000 assets over 2,520 days with components, one thread.
func historicalBenchmark(runs: Int = 101) throws -> Measurement {
    let returns = marketReturns(1_000, 2_520)
    let weights = [Double](repeating: 0.001, count: 1_000)
    let times = try (0..<runs).map { _ in
        try seconds { _ = try ValueAtRisk.historical(returns: returns, weights: weights) } * 1e3
    }
    return Measurement("risk.historical", middle(times), "ms", runs: runs, p50: middle(times),
                       p99: quantile(times, 0.99), context: [("assets", "1000"), ("days", "2520"), ("threads", "1")])
}

/// `risk.views.<name>`: ms for one of the nine dashboards of 1,000 positions as JSON, once what it reads is gathered.
func viewBenchmarks(positions: Int = 1000, runs: Int = 15) -> [Measurement] {
    let rehearsal = ViewRehearsal(positions: positions)
    return ViewRehearsal.names.map { name in
        var times: [Double] = [], bytes = rehearsal.make(name)
        for _ in 0..<runs { times.append(seconds { bytes = rehearsal.make(name) } * 1e3) }
        return Measurement(
            "risk.views.\(name)", middle(times), "ms", runs: runs, p50: middle(times), p99: quantile(times, 0.99),
            context: [("positions", "\(positions)"), ("bytes", "\(bytes)"), ("threads", "1")])
    }
}
