import EngineKit
import HTTP
import Numerics
import Quant
import Runtime
import Wire

extension RiskEngine {
    /// The route is named after a graphics interface; it runs where it is and says so.
    var monteCarloRoute: Route {
        .json(.post, "/api/v1/acceleration/metal/monte-carlo",
            "Monte Carlo value at risk of a made-up portfolio on the processor; there is no Metal here.",
            example: #"{"simulations":100000,"benchmark":true}"#,
            answer: """
                {"backend":"cpu","speedup":1,"reason":"this server has no Metal device: the processor ran it",\
                "simulations":100000,"assets":10,"seed":0,"threads":2,"elapsed_ms":21.5,"single_thread_ms":40.1,\
                "result":{"value_at_risk":0.021,"expected_shortfall":0.024,"standard_error":0.0001}}
                """) { [unowned self] (_: NoParameters, body: MonteCarloBody, _) in
            let random = Philox(seed: 11)
            let returns = (0..<body.assets).map { asset in
                (0..<250).map { day in
                    let market = 0.5 * random.normal(UInt64(day), stream: 1 << 20)
                    return 0.01 * (market + random.normal(UInt64(day), stream: UInt64(asset)))
                }
            }
            let weights = [Double](repeating: 1 / Double(body.assets), count: body.assets)
            let clock = context.clock
            func run(_ tasks: Int) async throws -> (SimulatedRisk, Double) {
                let start = clock.monotonic
                let found = try await SimulatedRisk.simulate(
                    returns: returns, weights: weights, simulations: body.simulations, seed: body.seed, tasks: tasks)
                return (found, Double(clock.monotonic - start) / 1e6)
            }
            let (found, elapsed) = try await run(2)
            let single = body.isBenchmark ? try await run(1).1 : nil
            return JSONBody { json in
                json.beginObject()
                for (name, text) in [
                    ("backend", "cpu"), ("reason", "this server has no Metal device: the processor ran it"),
                ] {
                    json.key(name)
                    json.string(text)
                }
                for (name, count) in [
                    ("speedup", 1), ("simulations", body.simulations), ("assets", body.assets),
                    ("seed", Int(body.seed)), ("threads", 2),
                ] {
                    json.key(name)
                    json.int(count)
                }
                json.key("elapsed_ms")
                json.double(elapsed)
                if let single {
                    json.key("single_thread_ms")
                    json.double(single)
                }
                json.key("result")
                json.beginObject()
                for (name, value) in [
                    ("value_at_risk", found.risk.valueAtRisk), ("expected_shortfall", found.risk.expectedShortfall),
                    ("standard_error", found.valueError), ("expected_shortfall_standard_error", found.shortfallError),
                ] {
                    json.key(name)
                    json.double(value)
                }
                json.endObject()
                json.endObject()
            }
        }
    }
}
