import EngineKit
import HTTP
import Market
import Numerics
import Quant

/// Money that came into a portfolio and went out of it, of a body.
struct FlowsBody: RequestBody {
    let times: [Timestamp], amounts: [Double]

    static func read(_ fields: FieldReader) -> FlowsBody {
        let times = fields.times("ts", "When, in any order.")
        let amounts = fields.numbers("amount", "Above 0 for what came in, below 0 for what went out.",
                                     limit: 10_000) ?? []
        fields.require(times.count == amounts.count, "amount", "has \(amounts.count) amounts for \(times.count) times")
        return FlowsBody(times: times, amounts: amounts)
    }

    /// Each flow at its time.
    var dated: [(time: Int64, amount: Double)] { zip(times, amounts).map { ($0.nanoseconds, $1) } }

    /// Flows summed into the periods that end at `ends`: later than the time before, not later than the end. Nil where
    /// one lies outside.
    func periods(_ ends: [Timestamp]) -> [Double]? {
        var sums = [Double](repeating: 0, count: ends.count)
        for (time, amount) in zip(times, amounts) {
            let index = ends.firstPlace { $0 >= time }
            guard index < ends.count, time >= ends[0] else { return nil }
            sums[index] += amount
        }
        return sums
    }
}

/// Values over time with the money that came in and went out between them.
struct FlowCurve: Sendable {
    let times: [Int64], values: [Double]
    /// By period, at its end.
    let flows: [Double]
    /// Each at its own time; nil where no more is known than the period.
    var dated: [(time: Int64, amount: Double)]?
}

extension FlowCurve {
    /// Of a followed portfolio, whose flows are known by its values.
    init(_ curve: EquityCurve) {
        let told = curve.moneyAndFlows
        self.init(times: told.times, values: told.values, flows: told.flows)
    }
}

/// One instrument of a period that is attributed.
struct AttributedHolding: RequestBody {
    let symbol: String, sector: String?, style: String?
    let holding: BrinsonAttribution.Holding, exposures: [(name: String, value: Double)]

    static func read(_ fields: FieldReader) -> AttributedHolding {
        let own = fields.number("return", "Its return in the portfolio over the period.", from: -1, upTo: 1e6)
        let other = fields.optionalNumber("benchmark_return", "In the benchmark; the same unless said.", from: -1,
                                          upTo: 1e6)
        return AttributedHolding(
            symbol: fields.string("symbol", "The instrument; cash is one too.", length: 1...100),
            sector: fields.optionalString("sector", "Its sector.", length: 1...100),
            style: fields.optionalString("style", "Its style.", length: 1...100),
            holding: BrinsonAttribution.Holding(
                weight: fields.number("weight", "Share of the portfolio at the start.", from: -1e6, upTo: 1e6),
                benchmarkWeight: fields.optionalNumber(
                    "benchmark_weight", "Share of the benchmark at the start; 0 unless said.", from: -1e6,
                    upTo: 1e6) ?? 0,
                ownReturn: own, benchmarkReturn: other ?? own),
            exposures: fields.numberMap("exposures", "Exposure to each factor.", required: false))
    }
}

/// A period that is attributed.
struct AttributedPeriod: RequestBody {
    let holdings: [AttributedHolding], factors: [(name: String, value: Double)]

    static func read(_ fields: FieldReader) -> AttributedPeriod {
        AttributedPeriod(
            holdings: fields.array("holdings", "What was held, by portfolio or benchmark.", AttributedHolding.self,
                                   limit: 10_000),
            factors: fields.numberMap("factor_returns", "Returns of the factors; estimated unless said.",
                                      required: false))
    }

    /// What the weights of both sides sum to.
    var weightSums: [(name: String, sum: Double)] {
        [("weights", holdings.reduce(0) { $0 + $1.holding.weight }),
         ("benchmark weights", holdings.reduce(0) { $0 + $1.holding.benchmarkWeight })]
    }

    /// Refuses returns of factors that nothing is exposed to, and a factor left out of those that are given: it would
    /// count as if it had earned nothing.
    func refuseFactors(besides exposed: Set<String>, at path: [String], _ fields: FieldReader) {
        if factors.isEmpty { return }
        for factor in factors where !exposed.contains(factor.name) {
            fields.refuse(at: path + [factor.name], "no holding has an exposure to it")
        }
        let given = Set(factors.map(\.name))
        for name in Set(holdings.lazy.flatMap(\.exposures).map(\.name)).subtracting(given).sorted() {
            fields.refuse(at: path, "has no \(name), which holdings have exposures to")
        }
    }
}

/// Periods of holdings whose active return is attributed.
struct AttributionBody: RequestBody {
    let periods: [AttributedPeriod]

    static func read(_ fields: FieldReader) -> AttributionBody {
        let periods = fields.array("periods", "Oldest first.", AttributedPeriod.self, limit: 5000)
        fields.require(fields.isDescribing || !periods.isEmpty, "periods", "must not be empty")
        for (index, period) in periods.enumerated() where period.holdings.isEmpty {
            fields.refuse(at: ["periods", "\(index)", "holdings"], "must not be empty")
        }
        let exposed = Set(periods.lazy.flatMap(\.holdings).flatMap(\.exposures).map(\.name))
        for (index, period) in periods.enumerated() {
            for (name, sum) in period.weightSums where !isWhole(sum) {
                fields.refuse(at: ["periods", "\(index)", "holdings"],
                              "\(name) sum to \(sum), not to 1; cash counts too")
            }
            period.refuseFactors(besides: exposed, at: ["periods", "\(index)", "factor_returns"], fields)
        }
        return AttributionBody(periods: periods)
    }

    /// Whether weights are shares of one: rounded ones too, and those of a long and a short book without its capital,
    /// which sum to 0. Others, as percentages, make returns that are multiples of what was earned.
    private static func isWhole(_ sum: Double) -> Bool { abs(sum - 1) <= 1e-3 || abs(sum) <= 1e-3 }
}

/// Weights of a portfolio and of its benchmark by instrument, of a body.
struct WeightsOfBody {
    let own: [(name: String, value: Double)], benchmark: [(name: String, value: Double)]

    /// Nil where neither is there; both are needed.
    static func read(_ fields: FieldReader) -> WeightsOfBody? {
        let own = fields.numberMap("weights", "Shares by instrument, for the active share.", required: false)
        let other = fields.numberMap("benchmark_weights", "Shares of the benchmark.", required: false)
        let names = ["weights", "benchmark_weights"].filter { fields.has($0) }
        if names.isEmpty { return nil }
        fields.require(names.count == 2, names[0] == "weights" ? "benchmark_weights" : "weights",
                       "is needed beside \(names[0])")
        return WeightsOfBody(own: own, benchmark: other)
    }

    /// ½Σ|w − b|; what only one of them has is 0 in the other.
    var activeShare: Double? {
        let names = Set(own.map(\.name) + benchmark.map(\.name)).sorted()
        func column(_ list: [(name: String, value: Double)]) -> [Double] {
            let values = Dictionary(list.map { ($0.name, $0.value) }) { $0 + $1 }
            return names.map { values[$0] ?? 0 }
        }
        return try? BenchmarkTiming.activeShare(weights: column(own), benchmark: column(benchmark))
    }
}
