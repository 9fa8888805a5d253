import EngineKit
import HTTP
import Quant
import Runtime
import Wire

extension RiskEngine {
    var stressRoute: Route {
        .json(.post, "/risk/stress",
              "Losses by scenario and position: own, built-in historic, factors, reverse, ladders.",
              example: """
                {"positions":[{"symbol":"AAPL","quantity":100,"price":190,"sector":"Technology"}],\
                "scenarios":[{"name":"technology falls","shocks":{"sector:Technology":-0.1,"*":-0.05}}],\
                "historic":["covid_2020"],"reverse":{"loss":5000},"ladders":[{"from":-0.2,"to":0.2,"steps":5}]}
                """,
              answer: """
                {"value":19000,"scenarios":[{"name":"technology falls","source":"request",\
                "title?":"Covid-19","from?":"2020-02-19","to?":"2020-03-23",\
                "loss":1900,"loss_fraction":0.1,"positions":[{"symbol":"AAPL","shock":-0.1,"loss":1900}]}],\
                "worst?":{"name":"technology falls","loss":1900},"ladders":[],"unmoved":[]}
                """) { [unowned self] (_: NoParameters, body: StressBody, _) in
            let cases = (body.scenarios?.count ?? 0) + body.historic.count + body.ladders.reduce(0) { $0 + $1.steps }
            return await context.compute(over: (cases + 200) * max(1, body.positions.count)) {
                var json = JSONWriter()
                StressAnswer(body).write(to: &json)
                return JSONBody { [bytes = json.bytes] in $0.raw(bytes) }
            }
        }
    }
}

/// What a stress test answers.
private struct StressAnswer {
    private let body: StressBody
    private let test: StressTest

    init(_ body: StressBody) {
        self.body = body
        test = StressTest(positions: body.positions, exposures: body.exposures)
    }

    func write(to json: inout JSONWriter) {
        let values = body.positions.map(\.marketValue), gross = Exposure.gross(values)
        var worst: (name: String, loss: Double)?, moved = Set<String>()
        json.beginObject()
        json.key("value")
        json.double(values.reduce(0, +))
        json.key("gross_exposure")
        json.double(gross)
        json.key("scenarios")
        json.beginArray()
        for scenario in body.scenarios ?? [] {
            let outcome = test.outcome(scenario.shocks, factors: scenario.factors)
            write(outcome, scenario.name, nil, gross, &json)
            note(outcome, scenario.name, &worst, &moved)
        }
        for scenario in body.historic {
            let outcome = test.outcome(scenario.shocks)
            write(outcome, scenario.id, scenario, gross, &json)
            note(outcome, scenario.id, &worst, &moved)
        }
        json.endArray()
        json.key("worst")
        if let worst {
            json.beginObject()
            json.key("name")
            json.string(worst.name)
            json.key("loss")
            json.double(worst.loss)
            json.endObject()
        } else {
            json.null()
        }
        writeReverse(&json)
        writeLadders(&json)
        json.key("unmoved")
        json.beginArray()
        for position in body.positions where !moved.contains(position.symbol) { json.string(position.symbol) }
        json.endArray()
        json.endObject()
    }

    private func note(
        _ outcome: StressTest.Outcome, _ name: String, _ worst: inout (name: String, loss: Double)?,
        _ moved: inout Set<String>
    ) {
        if outcome.loss > worst?.loss ?? -.infinity { worst = (name, outcome.loss) }
        for (position, shock) in zip(body.positions, outcome.shocks) where shock != 0 { moved.insert(position.symbol) }
    }

    private func write(
        _ outcome: StressTest.Outcome, _ name: String, _ historic: HistoricScenario?, _ gross: Double,
        _ json: inout JSONWriter
    ) {
        json.beginObject()
        json.key("name")
        json.string(name)
        json.key("source")
        json.string(historic?.source ?? "request")
        for (key, value) in [("title", historic?.name), ("from", historic?.from), ("to", historic?.to)] {
            json.key(key)
            if let value { json.string(value) } else { json.null() }
        }
        json.key("loss")
        json.double(outcome.loss)
        json.key("loss_fraction")
        json.double(gross > 0 ? outcome.loss / gross : 0)
        json.key("positions")
        json.beginArray()
        for (index, position) in body.positions.enumerated() {
            json.beginObject()
            json.key("symbol")
            json.string(position.symbol)
            json.key("shock")
            json.double(outcome.shocks[index])
            json.key("loss")
            json.double(outcome.losses[index])
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    private func writeReverse(_ json: inout JSONWriter) {
        guard let asked = body.reverse else { return }
        let direction = asked.shocks.isEmpty ? ["*": -0.01] : asked.shocks
        let found = test.reverse(direction, loss: asked.loss)
        json.key("reverse")
        json.beginObject()
        json.key("reached")
        json.bool(found.multiple != nil)
        json.key("multiple")
        json.double(found.multiple ?? .nan)
        json.key("loss")
        json.double(found.loss)
        json.key("largest_loss")
        json.double(found.largest)
        json.key("shocks")
        json.beginObject()
        for (name, shock) in direction.sorted(by: { $0.key < $1.key }) {
            json.key(name)
            json.double(found.multiple.map { max(-1, shock * $0) } ?? .nan)
        }
        json.endObject()
        json.endObject()
    }

    private func writeLadders(_ json: inout JSONWriter) {
        json.key("ladders")
        json.beginArray()
        for ladder in body.ladders {
            json.beginObject()
            json.key("name")
            json.string(ladder.name)
            json.key("steps")
            json.beginArray()
            for step in 0..<ladder.steps {
                let shock = ladder.from + (ladder.to - ladder.from) * Double(step) / Double(ladder.steps - 1)
                json.beginObject()
                json.key("shock")
                json.double(shock)
                json.key("loss")
                json.double(test.outcome([ladder.name: shock]).loss)
                json.endObject()
            }
            json.endArray()
            json.endObject()
        }
        json.endArray()
    }
}
