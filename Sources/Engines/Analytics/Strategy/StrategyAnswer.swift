import EngineKit
import HTTP
import Market
import Quant
import Wire

/// What is said about a strategy: returns, where they came from, and what holding its instrument would have earned.
struct StrategyAnswer: ResponseBody {
    let strategyID: String, runs: [StrategyRun], curve: StrategyCurve
    let figures: ReturnFigures, benchmark: Symbol?, options: FigureOptions

    private var capital: Money { runs.reduce(.zero) { $0 + $1.deployment.capital } }
    private var pnl: Money { runs.reduce(.zero) { $0 + $1.pnl } }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("strategy_id", strategyID)
            json.field("deployments", runs.count)
            json.key("as_of")
            if let last = curve.times.last { json.time(Timestamp(nanoseconds: last)) } else { json.null() }
            writePnl(&json)
            writeTrades(&json)
            figures.writeMembers(options, to: &json)
            json.key("benchmark_symbol")
            if let benchmark { json.string(benchmark.text) } else { json.null() }
            writeAttribution(&json)
            json.object("equity_curve") { json in
                json.array("ts", curve.times) { $0.time(Timestamp(nanoseconds: $1)) }
                json.key("value")
                json.doubles(curve.equity)
            }
            json.strings("unpriced", Set(runs.filter(\.isUnpriced).map(\.deployment.symbol.text)).sorted())
            options.write(observations: max(0, curve.days.times.count - 1), &json)
        }
    }

    private func writePnl(_ json: inout JSONWriter) {
        json.object("pnl") { json in
            for (name, amount) in [
                ("capital", capital), ("equity", capital + pnl), ("pnl", pnl),
                ("realized", runs.reduce(.zero) { $0 + $1.realized }),
                ("unrealized", runs.reduce(.zero) { $0 + $1.unrealized }),
                ("fees", runs.reduce(.zero) { $0 + $1.fees }),
            ] as [(String, Money)] {
                json.key(name)
                json.fixed(amount)
            }
            json.field("total_return", capital > .zero ? pnl.double / capital.double : .nan)
        }
    }

    private func writeTrades(_ json: inout JSONWriter) {
        let trips = runs.flatMap(\.trips), won = trips.filter { $0.pnl > .zero }, lost = trips.filter { $0.pnl < .zero }
        func sum(_ list: [StrategyRun.RoundTrip]) -> Money { list.reduce(.zero) { $0 + $1.pnl } }
        func mean(_ list: [StrategyRun.RoundTrip]) -> Double {
            list.isEmpty ? .nan : sum(list).double / Double(list.count)
        }
        json.object("trades") { json in
            json.field("fills", runs.reduce(0) { $0 + $1.fills })
            json.field("round_trips", trips.count)
            json.field("win_rate", trips.isEmpty ? .nan : Double(won.count) / Double(trips.count))
            json.field("average_win", mean(won))
            json.field("average_loss", mean(lost))
            json.field("profit_factor", lost.isEmpty ? .nan : sum(won).double / -sum(lost).double)
            json.field("expectancy", mean(trips))
            let bars = runs.reduce(0) { $0 + $1.times.count }
            json.field("exposure", bars == 0 ? .nan : Double(runs.reduce(0) { $0 + $1.barsHeld }) / Double(bars))
        }
    }

    /// The parts of each list sum to the P&L.
    private func writeAttribution(_ json: inout JSONWriter) {
        let bySymbol = Dictionary(grouping: runs) { $0.deployment.symbol.text }
        json.object("attribution") { json in
            json.key("total")
            json.fixed(pnl)
            json.array("by_symbol", bySymbol.keys.sorted()) { json, symbol in
                writePart("symbol", symbol, bySymbol[symbol] ?? [], &json)
            }
            json.array("by_deployment", runs) { json, run in
                writePart("deployment_id", run.deployment.id, [run], &json)
            }
        }
    }

    private func writePart(_ label: String, _ name: String, _ own: [StrategyRun], _ json: inout JSONWriter) {
        let pnl = own.reduce(Money.zero) { $0 + $1.pnl }, fees = own.reduce(Money.zero) { $0 + $1.fees }
        json.object { json in
            json.field(label, name)
            if label == "deployment_id", let run = own.first {
                json.field("portfolio_id", run.deployment.portfolioID)
                json.field("version", run.deployment.version)
                json.field("state", run.deployment.state)
            }
            for (key, amount) in [("pnl", pnl), ("gross", pnl + fees), ("fees", fees)] {
                json.key(key)
                json.fixed(amount)
            }
            json.field("contribution", capital > .zero ? pnl.double / capital.double : .nan)
        }
    }
}
