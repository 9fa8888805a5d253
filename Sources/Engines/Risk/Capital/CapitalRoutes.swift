import EngineKit
import HTTP
import Quant
import Runtime
import Wire

extension RiskEngine {
    static let counterpartyExample = """
        {"netting_sets":[{"id":"A","value":60000,"trades":[{"id":"swap","asset_class":"interest_rate",\
        "underlying":"USD",\
        "notional":10000000,"direction":"long","maturity":10},{"id":"swaption","asset_class":"interest_rate",\
        "underlying":"EUR","notional":5000000,"direction":"long","maturity":1,"start":1,"end":11,\
        "option":{"right":"put","price":0.06,"strike":0.05,"exercise":1}},{"id":"forward","asset_class":"equity",\
        "subclass":"single_name","underlying":"KO","notional":1000000,"direction":"short","maturity":0.5}],\
        "collateral":20000,"margin":{"minimum_transfer":5000,"every_days":5}}]}
        """

    static let cvaExample = """
        {"counterparties":[{"id":"bank","sector":"financial","credit_quality":"investment_grade",\
        "netting_sets":[{"ead":1200000,"maturity":4.5}],"hedges":[{"notional":500000,"maturity":5,"sector":"financial",\
        "credit_quality":"investment_grade","relation":"direct"}]},{"id":"maker","sector":"industrial",\
        "credit_quality":"high_yield","netting_sets":[{"ead":300000,"maturity":2}]}],\
        "index_hedges":[{"notional":200000,"maturity":5,"parts":[{"weight":100,"sector":"financial",\
        "credit_quality":"investment_grade"},{"weight":25,"sector":"industrial","credit_quality":"investment_grade"}]}]}
        """

    static let marketRiskExample = """
        {"reporting_currency":"USD","sensitivities":[{"risk_class":"girr","currency":"USD","name":"sofr","tenor":1,\
        "amount":1000000},{"risk_class":"girr","currency":"USD","name":"sofr","tenor":10,"amount":-500000},\
        {"risk_class":"equity","bucket":8,"name":"KO","amount":250000},{"risk_class":"equity","measure":"vega",\
        "bucket":8,\
        "name":"KO","tenor":0.5,"amount":20000},{"risk_class":"fx","currency":"EUR","amount":100000}],\
        "shocks":[{"risk_class":"equity","bucket":8,"name":"KO","up":90000,"down":-140000,"delta":250000}],\
        "default_exposures":[{"obligor":"KO","bucket":"corporate","quality":"A","seniority":"equity",\
        "notional":250000}],\
        "residual":{"other":1000000}}
        """

    /// Capital of what a request holds; nothing is kept.
    var capitalRoutes: [Route] {
        [counterpartyRoute.calculation, cvaCapitalRoute.calculation, marketRiskRoute.calculation] + capitalBookRoutes
    }

    private var counterpartyRoute: Route {
        .json(
            .post, "/risk/capital/sa-ccr", "Exposure at default of netting sets by the standardised approach, CRE52.",
            example: Self.counterpartyExample,
            answer: """
                {"figures":[{"name":"exposure_at_default","label":"Exposure at default","value":569000,\
                "paragraph":"CRE52.1"}],\
                "netting_sets":[{"id":"A","figures":[],"margin_days":14,"capped":false,"hedging_sets":[{"asset_class":\
                "interest_rate","name":"USD","trades":1,"add_on":296000,"paragraph":"CRE52.57"}],\
                "trades":[{"id":"swap",\
                "adjusted_notional":78694000,"delta":1,"maturity_factor":1,"effective_notional":78694000}]}],\
                "conventions":{"version":"in force from 1 January 2023"}}
                """
        ) { [unowned self] (_: NoParameters, body: CounterpartyCapitalBody, _) in
            let count = body.sets.reduce(0) { $0 + $1.trades.count * 16 }
            return try await context.compute(over: count) { try CounterpartyCapitalAnswer(body) }
        }
    }

    private var cvaCapitalRoute: Route {
        .json(
            .post, "/risk/capital/ba-cva", "Capital for CVA risk by the basic approach, reduced or full, MAR50.",
            example: Self.cvaExample,
            answer: """
                {"figures":[{"name":"capital","label":"Capital for CVA risk","value":95000,"paragraph":"MAR50.20"}],\
                "counterparties":[{"id":"bank","standalone":170000,"hedged":90000,"mismatch":0}],\
                "conventions":{"version":\
                "in force from 1 January 2023"}}
                """
        ) { [unowned self] (_: NoParameters, body: CvaCapitalBody, _) in
            try await context.compute(over: body.counterparties.count * 8) {
                do throws(QuantError) {
                    return CvaCapitalAnswer(found: try body.measured())
                } catch {
                    throw Problem.invalid("/counterparties", error.explanation)
                }
            }
        }
    }

    private var marketRiskRoute: Route {
        .json(
            .post, "/risk/capital/market-risk",
            "Standardised capital for market risk: sensitivities, default risk, residual risk, MAR20 to MAR23.",
            example: Self.marketRiskExample,
            answer: """
                {"figures":[{"name":"capital","label":"Capital for market risk","value":250000,"paragraph":"MAR20.4"}],\
                "scenario?":"high","parts":[{"risk_class":"equity","component":"delta","paragraph":"MAR21.4","low":1,\
                "medium":1,\
                "high":1,"buckets":[{"bucket":"8","factors":1,"sum":1,"low":1,"medium":1,"high":1}]}],\
                "default_risk":[],\
                "not_included":["securitisations"],"conventions":{"version":"in force from 1 January 2023"}}
                """
        ) { [unowned self] (_: NoParameters, body: MarketRiskBody, _) in
            try await context.compute(over: body.count * 32) {
                do throws(QuantError) {
                    return MarketRiskAnswer(found: try body.measured())
                } catch {
                    throw Problem.invalid("", error.explanation)
                }
            }
        }
    }
}
