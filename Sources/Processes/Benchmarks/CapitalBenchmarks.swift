import Numerics
import Quant

/// `risk.capital.<what>`: ms for the exposure of one netting set of 1,000 trades, and for the sensitivities method
/// over 10,000 sensitivities with 500 shocks in three scenarios; one thread.
func capitalBenchmarks(trades: Int = 1_000, sensitivities: Int = 10_000, runs: Int = 51) throws -> [Measurement] {
    let set = SaCcrNettingSet(id: "set", trades: capitalTrades(trades), value: 1e6, collateral: 5e5)
    let items = capitalSensitivities(sensitivities), shocks = capitalShocks(500)
    var exposure = 0.0, capital = 0.0
    let counterparty = try (0..<runs).map { _ in
        try seconds { exposure = try SaCcrExposure(set).exposureAtDefault } * 1e3
    }
    let market = try (0..<runs).map { _ in
        try seconds { capital = try SensitivitiesCapital(items, shocks: shocks).capital } * 1e3
    }
    return [
        Measurement(
            "risk.capital.sa_ccr", middle(counterparty), "ms", runs: runs, p50: middle(counterparty),
            p99: quantile(counterparty, 0.99),
            context: [("trades", "\(trades)"), ("exposure_at_default", "\(exposure)"), ("threads", "1")]),
        Measurement(
            "risk.capital.sensitivities", middle(market), "ms", runs: runs, p50: middle(market),
            p99: quantile(market, 0.99),
            context: [
                ("sensitivities", "\(sensitivities)"), ("shocks", "500"), ("capital", "\(capital)"), ("threads", "1")
            ])
    ]
}

/// Trades of all classes, every fifth an option; the same every time.
private func capitalTrades(_ count: Int) -> [SaCcrTrade] {
    let random = Philox(seed: 31), kinds = SaCcrSubclass.allCases
    return (0..<count).map { index in
        let subclass = kinds[index % kinds.count], draw = random.normal(UInt64(index), stream: 1)
        return SaCcrTrade(
            id: "t\(index)", subclass: subclass, underlying: "\(subclass.rawValue) \(index / kinds.count % 10)",
            notional: 1e6 * (1 + abs(draw)), isLong: draw > 0, maturity: 0.1 + Double(index % 40) / 4,
            option: index % 5 == 0 ? .init(isCall: index % 2 == 0, price: 100 + draw, strike: 100, exercise: 1) : nil)
    }
}

/// Deltas of all classes, evenly; the same every time.
private func capitalSensitivities(_ count: Int) -> [SbmSensitivity] {
    let random = Philox(seed: 32), classes = SbmRiskClass.allCases
    let currencies = ["USD", "EUR", "GBP", "JPY", "AUD", "CAD", "CHF", "SEK", "NOK", "THB"]
    return (0..<count).map { index in
        let riskClass = classes[index % classes.count], place = index / classes.count
        let tenors = riskClass.deltaTenors
        return SbmSensitivity(
            riskClass,
            bucket: riskClass.buckets.map { .number(place % $0 + 1) }
                ?? .currency(currencies[place % currencies.count]),
            name: "name \(place % 70)", tenor: tenors.isEmpty ? 0 : tenors[place / 7 % tenors.count],
            amount: 1e5 * random.normal(UInt64(index), stream: 1))
    }
}

/// Shocks of all classes; the same every time.
private func capitalShocks(_ count: Int) -> [SbmShock] {
    let random = Philox(seed: 33), classes = SbmRiskClass.allCases
    return (0..<count).map { index in
        let riskClass = classes[index % classes.count], draw = random.normal(UInt64(index), stream: 1)
        return SbmShock(
            riskClass, bucket: riskClass.buckets.map { .number(index % $0 + 1) } ?? .currency("USD"),
            name: "name \(index)", up: 1e5 * draw, down: -1e5 * draw - 2e4, delta: 1e5 * draw)
    }
}
