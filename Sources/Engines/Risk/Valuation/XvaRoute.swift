import EngineKit
import HTTP
import Quant
import Runtime
import Wire

extension RiskEngine {
    var xvaRoute: Route {
        .calculated(
            .post, "/risk/xva", "Valuation adjustments of a netting set by simulation, with its exposure over time.",
            example: """
                {"netting_set":{"trades":[{"type":"interest_rate_swap","notional":1000000,"fixed_rate":0.03,\
                "pays":"fixed","maturity":5},{"type":"fx_forward","underlying":"EUR","quantity":200000,"strike":1.1,\
                "maturity":2}]},"market":{"discount":{"t":[1,5,10],"zero_rates":[0.025,0.03,0.032]},\
                "hull_white":{"mean_reversion":0.03,"volatility":0.01},\
                "fx":{"EUR":{"spot":1.1,"volatility":0.1,"carry":{"rate":0.02}}},\
                "correlations":[{"a":"rates","b":"EUR","value":0.3}],\
                "counterparty":{"spread":0.012,"recovery":0.4},"own":{"hazard_rate":0.01},"borrow_spread":0.005},\
                "simulation":{"paths":2000,"steps":20,"seed":7}}
                """,
            answer: """
                {"cva":2100.5,"dva":1500.1,"fva":310.2,"kva":1200.3,"value":-350.1,"standard_errors":{"cva":21.1,\
                "dva":18.2},"fva_parts":{"cost":310.2,"benefit":0},"exposure":{"t":[0,0.25],"epe":[0,5100.1],\
                "ene":[350.1,4900.2],"pfe_95":[0,21000.4]},"simulation":{"paths":2000,"steps":20,"seed":7,\
                "bond_error":0.0003},"conventions":{"cva":"cost"}}
                """) { (_: NoParameters, body: XvaBody, _) in
            guard let set = body.set, let market = body.market, let discount = market.discount,
                  let counterparty = market.counterparty else { throw Problem.invalid("", "is incomplete") }
            let simulation = body.simulation ?? XvaSimulationBody(paths: 10_000, steps: 40, seed: 0)
            let assets = market.fx + market.equities, names = assets.map(\.name)
            return Work.later {
                do {
                    let model = try XvaMarket(
                        curve: try discount.curve(),
                        rates: try HullWhite(
                            meanReversion: market.rates?.meanReversion ?? 0.03,
                            volatility: market.rates?.volatility ?? 0.01),
                        assets: try assets.map {
                            try XvaAsset(spot: $0.value.spot, volatility: $0.value.volatility,
                                         carry: try $0.value.carry?.curve() ?? DiscountCurve(flat: 0))
                        },
                        correlations: Self.matrix(market.correlations, ["rates"] + names))
                    let terms = XvaTerms(
                        counterparty: try counterparty.credit(),
                        own: try market.own?.credit() ?? PartyCredit(times: [100], hazardRates: [0], recovery: 0.4),
                        borrowSpread: market.borrowSpread, lendSpread: market.lendSpread,
                        capitalCost: market.capitalCost, riskWeight: market.riskWeight)
                    return try await ValuationAdjustments.simulate(
                        set.trades.compactMap { $0.trade(names) }, model, terms, paths: simulation.paths,
                        steps: simulation.steps, seed: UInt64(simulation.seed))
                } catch let error as QuantError {
                    throw Problem.invalid(
                        error.message.contains("correlations") ? "/market/correlations" : "/netting_set", error.message)
                }
            }.map { Self.answer($0, simulation) }
        }
    }

    /// The matrix of the named correlations, 1 on the diagonal and 0 where none is given.
    private nonisolated static func matrix(_ pairs: [CorrelationBody], _ names: [String]) -> [Double] {
        let size = names.count
        var matrix = (0..<size * size).map { $0 % (size + 1) == 0 ? 1.0 : 0 }
        for pair in pairs {
            guard let a = names.firstIndex(of: pair.a), let b = names.firstIndex(of: pair.b), a != b else { continue }
            matrix[a * size + b] = pair.value
            matrix[b * size + a] = pair.value
        }
        return matrix
    }

    private nonisolated static let conventions = [
        ("signs", "cva, fva and kva are costs, dva is a gain; each is positive where it is such"),
        ("cva", "(1 − recovery) × Σ mean discounted positive exposure × default probability of each interval"),
        ("default", "each party's with the other surviving; independent of the market"),
        ("fva", "borrow_spread × ∫ discounted EPE − lend_spread × ∫ discounted ENE"),
        ("kva", "capital_cost × 8 % × risk_weight × 1.4 × ∫ discounted EPE"),
        ("epe", "E[D·V⁺]/P(0,t), just before what is paid at t; ene likewise of V⁻, positive"),
        ("pfe_95", "95 % percentile of V under the bank account's measure, at least 0"),
        ("model", "Hull–White one factor; lognormal assets; carry and volatilities do not move"),
        ("collateral", "none"),
    ]

    private nonisolated static func answer(_ found: ValuationAdjustments, _ simulation: XvaSimulationBody) -> JSONBody {
        JSONBody { json in
            func numbers(_ pairs: [(String, Double)]) {
                for (name, value) in pairs {
                    json.key(name)
                    json.double(value)
                }
            }
            json.beginObject()
            numbers([("cva", found.cva), ("dva", found.dva), ("fva", found.fva), ("kva", found.kva),
                     ("value", found.value)])
            json.key("standard_errors")
            json.beginObject()
            numbers([("cva", found.cvaError), ("dva", found.dvaError)])
            json.endObject()
            json.key("fva_parts")
            json.beginObject()
            numbers([("cost", found.fundingCost), ("benefit", found.fundingBenefit)])
            json.endObject()
            json.key("exposure")
            json.beginObject()
            for (name, column) in [("t", found.times), ("epe", found.epe), ("ene", found.ene), ("pfe_95", found.pfe)] {
                json.key(name)
                json.doubles(column)
            }
            json.endObject()
            json.key("simulation")
            json.beginObject()
            for (name, count) in [("paths", simulation.paths), ("steps", simulation.steps), ("seed", simulation.seed)] {
                json.key(name)
                json.int(count)
            }
            numbers([("bond_error", found.bondError)])
            json.endObject()
            json.key("conventions")
            json.beginObject()
            for (name, text) in Self.conventions {
                json.key(name)
                json.string(text)
            }
            json.endObject()
            json.endObject()
        }
    }
}
