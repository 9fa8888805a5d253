import EngineKit
import HTTP
import Quant
import Runtime
import Wire

/// The active return of periods of holdings, by sector, style, security and factor; every list sums to all of it.
struct ActiveAttribution: Sendable {
    /// The name of what bears no label where others do.
    static let unclassified = Attribution.unclassified

    let bySecurity: BrinsonAttribution, bySector: BrinsonAttribution?, byStyle: BrinsonAttribution?
    let factorNames: [String], factors: LinkedFactorAttribution?

    /// Throws `.data` where the holdings cannot be attributed.
    init(_ body: AttributionBody) throws(QuantError) {
        func grouped(_ name: (AttributedHolding) -> String) throws(QuantError) -> BrinsonAttribution {
            try BrinsonAttribution(body.periods.map { $0.holdings.map { (name($0), $0.holding) } })
        }
        let all = body.periods.flatMap(\.holdings)
        bySecurity = try grouped(\.symbol)
        bySector = all.contains { $0.sector != nil } ? try grouped { $0.sector ?? Self.unclassified } : nil
        byStyle = all.contains { $0.style != nil } ? try grouped { $0.style ?? Self.unclassified } : nil
        let names = Set(all.flatMap { $0.exposures.map(\.name) }).sorted()
        factorNames = names
        factors = names.isEmpty ? nil : try LinkedFactorAttribution(body.periods.map { period in
            LinkedFactorAttribution.Period(
                weights: period.holdings.map(\.holding.weight),
                benchmark: period.holdings.map(\.holding.benchmarkWeight),
                exposures: period.holdings.map { holding in
                    names.map { name in holding.exposures.first { $0.name == name }?.value ?? 0 }
                },
                // What the portfolio does not hold earned what it did in the benchmark.
                returns: period.holdings.map(\.holding).map { $0.weight == 0 ? $0.benchmarkReturn : $0.ownReturn },
                benchmarkReturns: period.holdings.map(\.holding.benchmarkReturn),
                factorReturns: period.factors.isEmpty ? nil : names.map { name in
                    period.factors.first { $0.name == name }?.value ?? 0
                })
        })
    }

    /// The `active_attribution` member.
    func writeMember(to json: inout JSONWriter) {
        json.object("active_attribution") { json in
            json.field("method", "Brinson–Fachler; selection at the benchmark's weight, interaction apart")
            json.field("linking", "Cariño")
            json.field("portfolio_return", bySecurity.portfolioReturn)
            json.field("benchmark_return", bySecurity.benchmarkReturn)
            json.field("active_return", bySecurity.activeReturn)
            for (list, label, groups) in [("by_sector", "sector", bySector), ("by_style", "style", byStyle),
                                          ("by_security", "symbol", bySecurity)] {
                guard let groups else { continue }
                json.array(list, groups.groups) { json, group in
                    json.object { json in
                        json.field(label, group.name)
                        for (name, value) in [
                            ("weight", group.weight), ("benchmark_weight", group.benchmarkWeight),
                            ("allocation", group.allocation), ("selection", group.selection),
                            ("interaction", group.interaction), ("total", group.total),
                        ] { json.field(name, value) }
                    }
                }
            }
            if let factors { json.object("factors") { factors.writeParts(of: factorNames, to: &$0) } }
        }
    }
}

extension FlowReturns {
    /// The `flow_returns` member.
    func writeMember(to json: inout JSONWriter) {
        json.object("flow_returns") { json in
            for (name, value) in [
                ("gain", gain), ("net_flow", netFlow), ("return_on_investment", returnOnInvestment),
                ("modified_dietz", modifiedDietz), ("time_weighted", timeWeighted),
                ("time_weighted_annual", timeWeightedAnnual), ("money_weighted", moneyWeighted.rate),
            ] as [(String, Double?)] { json.field(name, value ?? .nan) }
            if timeWeighted == nil {
                json.field("time_weighted_note",
                           "a period begins without capital, or ends with less than nothing once what came in is taken "
                               + "off: a value at the time of the flow is needed")
            }
            if let trouble = moneyWeighted.trouble {
                json.field("money_weighted_note", trouble.rawValue)
                json.key("money_weighted_candidates")
                json.doubles(moneyWeighted.candidates)
            }
            json.field("convention",
                       "time-weighted: a flow counts at the end of its period; money-weighted and Dietz: when it came; "
                           + "a year is 365 actual days")
        }
    }
}

extension AnalyticsEngine {
    /// Returns of a curve with flows; nil where none were sent.
    func flowReturns(_ curve: FlowCurve?) async throws -> FlowReturns? {
        guard let curve else { return nil }
        do {
            return try await context.compute(over: curve.times.count * 100) {
                try FlowReturns(times: curve.times, values: curve.values, flows: curve.flows, dated: curve.dated)
            }
        } catch let error as QuantError {
            throw Problem.invalid("/flows", error.explanation)
        }
    }

    /// The active return of what was sent; nil where nothing was.
    func attribution(_ body: AttributionBody?) async throws -> ActiveAttribution? {
        guard let body else { return nil }
        do {
            return try await context.compute(over: body.periods.reduce(0) { $0 + $1.holdings.count * 20 }) {
                try ActiveAttribution(body)
            }
        } catch let error as QuantError {
            throw Problem.invalid("/attribution", error.explanation)
        }
    }
}
