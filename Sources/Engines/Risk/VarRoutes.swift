import EngineKit
import HTTP
import Quant
import Runtime
import Wire

extension RiskEngine {
    // MARK: Value at risk

    var varRoute: Route {
        .calculated(.post, "/risk/var",
              "Value at risk and expected shortfall of weights over returns, with its components.",
              example: """
                {"returns":{"AAPL":[0.01,-0.02,0.005,0.013,-0.007],"MSFT":[0.004,-0.011,0.002,0.009,-0.003]},\
                "weights":{"AAPL":0.4,"MSFT":0.6},"value":1000000,"method":"parametric",\
                "confidence":0.99,"horizon_days":1}
                """,
              answer: """
                {"value_at_risk":23000.1,"expected_shortfall":26500.2,"method":"parametric","confidence":0.99,\
                "horizon_days":1,"value":1000000,"observations":5,"component":{"AAPL":12000,"MSFT":11000.1},\
                "marginal":{"AAPL":30000,"MSFT":18333}}
                """) { [unowned self] (_: NoParameters, body: ValueAtRiskBody, _) in
            let settings = ValueAtRisk.Settings(
                value: body.value, confidence: body.confidence, horizonDays: Double(body.horizonDays))
            if body.options.method.isCopula {
                return Work.later {
                    do {
                        return try await VarMethods.simulate(body.options, body.returns, body.weights, settings)
                    } catch let error as QuantError {
                        throw Problem.invalid("/returns", error.message)
                    }
                }.map { Self.answer(body, $0) }
            }
            let rows = body.options.method == .monteCarlo ? body.options.simulations : body.returns.first?.count ?? 0
            let work = rows * body.returns.count * (body.options.isIncremental ? body.returns.count + 1 : 1)
            return try context.calculate(over: body.options.method == .garch ? .max : work) {
                do throws(QuantError) {
                    return try VarMethods.measure(body.options, body.returns, body.weights, settings)
                } catch {
                    throw Problem.invalid("/returns", error.message)
                }
            }.map { Self.answer(body, $0) }
        }
    }

    private static func answer(_ body: ValueAtRiskBody, _ told: VarResult) -> JSONBody {
        let result = told.risk, options = body.options
        return JSONBody { json in
            json.beginObject()
            json.key("value_at_risk")
            json.double(result.valueAtRisk)
            json.key("expected_shortfall")
            json.double(result.expectedShortfall)
            json.key("method")
            json.string(options.method.rawValue)
            json.key("confidence")
            json.double(body.confidence)
            json.key("horizon_days")
            json.int(body.horizonDays)
            json.key("value")
            json.double(body.value)
            json.key("observations")
            json.int(body.returns.first?.count ?? 0)
            if options.method.isSimulated {
                json.key("simulations")
                json.int(options.simulations)
                json.key("seed")
                json.int(Int(options.seed))
            }
            json.key("horizon_scaling")
            json.string(options.method.scaling)
            for (name, value) in [
                ("standard_error", told.valueError), ("expected_shortfall_standard_error", told.shortfallError),
                ("correlation_repair", told.repair), ("degrees_of_freedom", told.degrees),
            ] {
                guard let value else { continue }
                json.key(name)
                json.double(value)
            }
            if options.method.isCopula {
                json.key("margins")
                json.string(options.margins.rawValue)
            }
            var columns = [("component", result.component), ("marginal", result.marginal)]
            if let incremental = told.incremental { columns.append(("incremental", incremental)) }
            for (name, values) in columns {
                json.key(name)
                json.beginObject()
                for (symbol, value) in zip(body.symbols, values) {
                    json.key(symbol)
                    json.double(value)
                }
                json.endObject()
            }
            json.endObject()
        }
    }

    /// Whether a value at risk kept its promise.
    var varBacktestRoute: Route {
        .calculated(.post, "/risk/var/backtest",
            "Kupiec's, Christoffersen's and the Basel Committee's tests of a value at risk stated before each return.",
            example: #"{"returns":[0.01,-0.03,0.004,-0.001],"value_at_risk":[0.02,0.02,0.02,0.02],"confidence":0.99}"#,
            answer: """
                {"observations":4,"exceptions":1,"expected":0.04,"zone":"yellow","cumulative_probability":0.9994,\
                "plus_factor":null,"kupiec":{"statistic":4.7,"p_value":0.03},\
                "independence":{"statistic":0.7,"p_value":0.4},"conditional_coverage":{"statistic":5.4,"p_value":0.07}}
                """) { [unowned self] (_: NoParameters, body: VarBacktestBody, _) in
            try context.calculate(over: body.returns.count) {
                do throws(QuantError) {
                    return try VarBacktest(
                        returns: body.returns, valueAtRisk: body.valueAtRisk, confidence: body.confidence)
                } catch {
                    throw Problem.invalid("/value_at_risk", error.message)
                }
            }.map { Self.answer($0) }
        }
    }

    private static func answer(_ test: VarBacktest) -> JSONBody {
        JSONBody { json in
            json.beginObject()
            json.key("observations")
            json.int(test.observations)
            json.key("exceptions")
            json.int(test.exceptions)
            json.key("expected")
            json.double(test.expected)
            json.key("zone")
            json.string(test.zone.rawValue)
            json.key("cumulative_probability")
            json.double(test.cumulative)
            json.key("plus_factor")
            json.double(test.plusFactor ?? .nan)
            for (name, found) in [("kupiec", test.kupiec), ("independence", test.independence),
                                  ("conditional_coverage", test.conditionalCoverage)] {
                json.key(name)
                json.beginObject()
                json.key("statistic")
                json.double(found.statistic)
                json.key("p_value")
                json.double(found.pValue)
                json.endObject()
            }
            json.endObject()
        }
    }
}

/// Returns and the value at risk stated before each.
struct VarBacktestBody: RequestBody {
    let returns: [Double], valueAtRisk: [Double], confidence: Double

    static func read(_ fields: FieldReader) -> VarBacktestBody {
        VarBacktestBody(
            returns: fields.numbers("returns", "The portfolio's returns, in order.") ?? [],
            valueAtRisk: fields.numbers("value_at_risk", "As long: positive losses as fractions.") ?? [],
            confidence: fields.optionalNumber("confidence", "0.99 unless said.", from: 0.5, upTo: 0.9999) ?? 0.99)
    }
}
