import HTTP
import Quant

/// A curve: zero rates by years, or one rate.
struct CurveBody: RequestBody {
    let times: [Double], rates: [Double]

    static func read(_ fields: FieldReader) -> CurveBody {
        let flat = fields.optionalNumber("rate", "One rate for all times, continuously compounded.", from: -1, upTo: 1)
        let times = fields.numbers("t", "Years, rising from above 0.", required: false, limit: 1000)
        let rates = fields.numbers("zero_rates", "Zero rates of the years, continuously compounded.", required: false,
                                   limit: 1000)
        if !fields.isDescribing {
            fields.require(flat != nil || (times != nil && rates != nil), "rate", "is required where t and zero_rates are not")
            fields.require(times?.count == rates?.count, "zero_rates", "must be as long as t")
            let points = times ?? []
            fields.require(times == nil || !points.isEmpty, "t", "must not be empty")
            fields.require(points.first ?? 1 > 0 && zip(points, points.dropFirst()).allSatisfy { $0 < $1 }, "t",
                           "must rise from above 0")
            fields.require((rates ?? []).allSatisfy { abs($0) <= 1 }, "zero_rates", "must lie between -1 and 1")
        }
        return CurveBody(times: times ?? [1], rates: rates ?? [flat ?? 0])
    }

    func curve() throws(QuantError) -> DiscountCurve { try DiscountCurve(times: times, rates: rates) }
}

/// How rates move.
struct HullWhiteBody: RequestBody {
    let meanReversion: Double, volatility: Double

    static func read(_ fields: FieldReader) -> HullWhiteBody {
        HullWhiteBody(
            meanReversion: fields.optionalNumber("mean_reversion", "A year; 0.03 unless said.", from: 0, upTo: 10) ?? 0.03,
            volatility: fields.optionalNumber("volatility", "A year, absolute; 0.01 unless said.", from: 0, upTo: 1)
                ?? 0.01)
    }
}

/// A currency or a share.
struct XvaAssetBody: RequestBody {
    let spot: Double, volatility: Double, carry: CurveBody?

    static func read(_ fields: FieldReader) -> XvaAssetBody {
        XvaAssetBody(
            spot: fields.number("spot", "Price of one in the netting set's currency.", above: 0),
            volatility: fields.number("volatility", "A year.", from: 0, upTo: 10),
            carry: fields.optionalObject(
                "carry", "A currency's own curve, or a share's dividend yield; nothing when left out.", CurveBody.self))
    }
}

/// A correlation of two of `rates` and the assets' names.
struct CorrelationBody: RequestBody {
    let a: String, b: String, value: Double

    static func read(_ fields: FieldReader) -> CorrelationBody {
        CorrelationBody(
            a: fields.string("a", "rates, or an asset.", length: 1...100),
            b: fields.string("b", "Another.", length: 1...100), value: fields.number("value", "", from: -1, upTo: 1))
    }
}

/// A party's default.
struct CreditBody: RequestBody {
    let times: [Double], rates: [Double], recovery: Double

    static func read(_ fields: FieldReader) -> CreditBody {
        let hazard = fields.optionalNumber("hazard_rate", "Defaults a year.", from: 0)
        let spread = fields.optionalNumber("spread", "A CDS spread: the hazard rate is spread/(1 − recovery).", from: 0)
        let times = fields.numbers("t", "Years up to which each of hazard_rates holds.", required: false, limit: 1000)
        let rates = fields.numbers("hazard_rates", "By year; the last one for ever.", required: false, limit: 1000)
        let recovery = fields.optionalNumber("recovery", "Share paid after a default; 0.4 unless said.", from: 0, upTo: 1)
            ?? 0.4
        if !fields.isDescribing {
            let given = [hazard != nil, spread != nil, rates != nil].count { $0 }
            fields.require(given == 1, "hazard_rate", "one of hazard_rate, spread and hazard_rates is required")
            fields.require(spread == nil || recovery < 1, "recovery", "must be below 1 where a spread is given")
            fields.require(times?.count == rates?.count && rates?.isEmpty != true, "hazard_rates", "must be as long as t")
            fields.require((rates ?? []).allSatisfy { $0 >= 0 }, "hazard_rates", "must not be below 0")
            let points = times ?? []
            fields.require(points.first ?? 1 > 0 && zip(points, points.dropFirst()).allSatisfy { $0 < $1 }, "t",
                           "must rise from above 0")
        }
        let single = hazard ?? spread.map { $0 / max(1e-12, 1 - recovery) } ?? 0
        return CreditBody(times: times ?? [100], rates: rates ?? [single], recovery: recovery)
    }

    func credit() throws(QuantError) -> PartyCredit {
        try PartyCredit(times: times, hazardRates: rates, recovery: recovery)
    }
}

/// Prices, curves and credit.
struct XvaMarketBody: RequestBody {
    let discount: CurveBody?, rates: HullWhiteBody?, fx: [(name: String, value: XvaAssetBody)]
    let equities: [(name: String, value: XvaAssetBody)], correlations: [CorrelationBody]
    let counterparty: CreditBody?, own: CreditBody?
    let borrowSpread: Double, lendSpread: Double, capitalCost: Double, riskWeight: Double

    static func read(_ fields: FieldReader) -> XvaMarketBody {
        let discount = fields.object("discount", "The netting set's currency: discounts, and swaps' floating rates.",
                                     CurveBody.self)
        let rates = fields.optionalObject("hull_white", "How its short rate moves.", HullWhiteBody.self)
        let fx = fields.map("fx", "Currencies by name.", XvaAssetBody.self, required: false, limit: 20)
        let equities = fields.map("equities", "Shares by name.", XvaAssetBody.self, required: false, limit: 20)
        let names = ["rates"] + fx.map(\.name) + equities.map(\.name)
        let correlations = fields.array("correlations", "0 where none is given.", CorrelationBody.self, required: false)
        fields.require(Set(names).count == names.count, "equities", "names must differ from each other, fx and rates")
        for (index, pair) in correlations.enumerated() where !fields.isDescribing {
            for (field, name) in [("a", pair.a), ("b", pair.b)] where !names.contains(name) {
                fields.refuse(at: ["correlations", "\(index)", field],
                              "\(name) is not of the market; it has \(names.joined(separator: ", "))")
            }
        }
        if !fields.isDescribing { refuseRepeated(correlations, fields) }
        return XvaMarketBody(
            discount: discount, rates: rates, fx: fx, equities: equities, correlations: correlations,
            counterparty: fields.object("counterparty", "Whose default costs us.", CreditBody.self),
            own: fields.optionalObject("own", "Our default; none when left out.", CreditBody.self),
            borrowSpread: fields.optionalNumber("borrow_spread", "A year, over discount; 0 unless said.", from: 0,
                                                upTo: 1) ?? 0,
            lendSpread: fields.optionalNumber("lend_spread", "A year, over discount; 0 unless said.", from: 0, upTo: 1)
                ?? 0,
            capitalCost: fields.optionalNumber("capital_cost", "What capital must earn a year; 0.1 unless said.",
                                               from: 0, upTo: 1) ?? 0.1,
            riskWeight: fields.optionalNumber("risk_weight", "Of the counterparty; 1 unless said.", from: 0, upTo: 20)
                ?? 1)
    }
}

extension XvaMarketBody {
    /// A pair is of two, and given once, whichever comes first.
    private static func refuseRepeated(_ pairs: [CorrelationBody], _ fields: FieldReader) {
        var known: Set<[String]> = []
        for (index, pair) in pairs.enumerated() where !pair.a.isEmpty && !pair.b.isEmpty {
            if pair.a == pair.b {
                fields.refuse(at: ["correlations", "\(index)", "b"], "must be another than a")
            } else if !known.insert([pair.a, pair.b].sorted()).inserted {
                fields.refuse(at: ["correlations", "\(index)"], "\(pair.a) and \(pair.b) are given before")
            }
        }
    }
}

/// What a trade is.
enum XvaTradeType: String, CaseIterable {
    case swap = "interest_rate_swap", fxForward = "fx_forward", fxOption = "fx_option"
    case equityForward = "equity_forward", equityOption = "equity_option"

    var isOfShare: Bool { self == .equityForward || self == .equityOption }
}

/// One trade, seen from our side.
struct XvaTradeBody: RequestBody {
    enum Right: String, CaseIterable { case call, put }
    enum Leg: String, CaseIterable { case fixed, floating }

    let type: XvaTradeType, underlying: String, quantity: Double, strike: Double, maturity: Double, start: Double
    let right: Right?, pays: Leg?, fixedPerYear: Int, floatPerYear: Int

    static func read(_ fields: FieldReader) -> XvaTradeBody {
        let type = fields.choice("type", "What it is.", XvaTradeType.self)
        let isSwap = type == .swap
        let notional = fields.optionalNumber("notional", "Of a swap.")
        let quantity = fields.optionalNumber("quantity", "Of others: bought above 0, sold below; of a currency its amount.")
        let rate = fields.optionalNumber("fixed_rate", "Of a swap.", from: -1, upTo: 1)
        let strike = fields.optionalNumber("strike", "Of others: paid for one at maturity.", from: 0)
        let underlying = fields.optionalString("underlying", "A name of market.fx or market.equities.", length: 1...100)
        let right = fields.optionalChoice("right", "Of an option.", Right.self)
        let pays = fields.optionalChoice("pays", "Of a swap: which leg we pay.", Leg.self)
        let start = fields.optionalNumber("start", "Years until a swap begins; 0 unless said.", from: 0, upTo: 100) ?? 0
        let maturity = fields.number("maturity", "Years until it ends.", above: 0, upTo: 100)
        if !fields.isDescribing {
            for (name, isThere) in [("notional", notional != nil), ("fixed_rate", rate != nil), ("pays", pays != nil)] {
                fields.require(!isSwap || isThere, name, "is required of a swap")
            }
            for (name, isThere) in [("quantity", quantity != nil), ("strike", strike != nil),
                                    ("underlying", underlying != nil)] {
                fields.require(isSwap || isThere, name, "is required of this type")
            }
            fields.require((type != .fxOption && type != .equityOption) || right != nil, "right", "is required of an option")
            fields.require(start < maturity, "start", "must be before maturity")
        }
        return XvaTradeBody(
            type: type, underlying: underlying ?? "", quantity: (isSwap ? notional : quantity) ?? 0,
            strike: (isSwap ? rate : strike) ?? 0, maturity: maturity, start: start, right: right, pays: pays,
            fixedPerYear: fields.optionalInt("fixed_per_year", "Payments of a swap; 1 unless said.", 1...12) ?? 1,
            floatPerYear: fields.optionalInt("float_per_year", "Payments of a swap; 2 unless said.", 1...12) ?? 2)
    }

    /// As the kernel has it; nil where the underlying is not of the market.
    func trade(_ names: [String]) -> XvaTrade? {
        if type == .swap {
            return .swap(notional: quantity, fixedRate: strike, paysFixed: pays == .fixed, start: start,
                         maturity: maturity, fixedPerYear: fixedPerYear, floatPerYear: floatPerYear)
        }
        guard let asset = names.firstIndex(of: underlying) else { return nil }
        guard let right, type == .fxOption || type == .equityOption else {
            return .forward(asset: asset, quantity: quantity, strike: strike, maturity: maturity)
        }
        return .option(asset: asset, quantity: quantity, strike: strike, maturity: maturity, isCall: right == .call)
    }
}

/// Trades that are netted.
struct NettingSetBody: RequestBody {
    let trades: [XvaTradeBody]

    static func read(_ fields: FieldReader) -> NettingSetBody {
        let trades = fields.array("trades", "All are netted with each other.", XvaTradeBody.self, limit: 1_000)
        fields.require(fields.isDescribing || !fields.has("trades") || !trades.isEmpty, "trades", "must not be empty")
        return NettingSetBody(trades: trades)
    }
}

/// How it is simulated.
struct XvaSimulationBody: RequestBody {
    let paths: Int, steps: Int, seed: Int

    static func read(_ fields: FieldReader) -> XvaSimulationBody {
        XvaSimulationBody(
            paths: fields.optionalInt("paths", "10000 unless said.", 100...1_000_000) ?? 10_000,
            steps: fields.optionalInt("steps", "Points of the profile; 40 unless said.", 1...500) ?? 40,
            seed: fields.optionalInt("seed", "The same seed gives the same bits.", 0...Int.max) ?? 0)
    }
}

/// A netting set to adjust.
struct XvaBody: RequestBody {
    let set: NettingSetBody?, market: XvaMarketBody?, simulation: XvaSimulationBody?

    static func read(_ fields: FieldReader) -> XvaBody {
        let set = fields.object("netting_set", "Trades with one counterparty.", NettingSetBody.self)
        let market = fields.object("market", "Curves, prices and credit.", XvaMarketBody.self)
        let simulation = fields.optionalObject("simulation", "How it is simulated.", XvaSimulationBody.self)
        if let set, let market, !fields.isDescribing {
            for (index, trade) in set.trades.enumerated() where trade.type != .swap {
                let known = (trade.type.isOfShare ? market.equities : market.fx).map(\.name)
                if !known.contains(trade.underlying) {
                    fields.refuse(
                        at: ["netting_set", "trades", "\(index)", "underlying"],
                        "\(trade.underlying) is not in market.\(trade.type.isOfShare ? "equities" : "fx")")
                }
            }
        }
        if let simulation {
            let work = simulation.paths * (simulation.steps + 1)
            fields.require(work <= ValuationAdjustments.largestSimulation, "simulation",
                           "paths × (steps + 1) is \(work); at most \(ValuationAdjustments.largestSimulation)")
        }
        return XvaBody(set: set, market: market, simulation: simulation)
    }
}
