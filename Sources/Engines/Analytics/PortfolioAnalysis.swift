import EngineKit
import HTTP
import Market
import Quant
import Wire

/// What is said about positions and returns that were sent; a part whose input is missing is not there.
struct PortfolioAnalysis: ResponseBody {
    let portfolioID: String?
    let positions: [AnalysisPosition]?
    let currency: String?
    let cash: Money?
    let figures: ReturnFigures
    let options: FigureOptions
    let observations: Int
    let flows: FlowReturns?
    let activeShare: Double?
    let active: ActiveAttribution?

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("portfolio_id")
        if let portfolioID { json.string(portfolioID) } else { json.null() }
        if let currency { json.field("currency", currency) }
        if let positions {
            writePnl(positions, &json)
            writePositions(positions, &json)
        }
        figures.writeMembers(options, to: &json)
        if let flows { flows.writeMember(to: &json) }
        if let activeShare { json.field("active_share", activeShare) }
        if let positions { Attribution(positions, cash: cash ?? .zero).write(to: &json) }
        active?.writeMember(to: &json)
        if figures.performance != nil { options.write(observations: observations, &json) }
        json.endObject()
    }

    private func writePnl(_ positions: [AnalysisPosition], _ json: inout JSONWriter) {
        func sum(_ value: (AnalysisPosition) -> Money) -> Money { positions.reduce(.zero) { $0 + value($1) } }
        let unrealized = sum(\.unrealized), paid = sum { $0.cost.magnitude }
        let realized: Money? = positions.contains { $0.realized != nil } ? sum { $0.gained ?? .zero } : nil
        json.key("pnl")
        json.beginObject()
        func member(_ name: String, _ value: Money) {
            json.key(name)
            json.fixed(value)
        }
        member("market_value", sum(\.marketValue))
        if let cash {
            member("cash", cash)
            member("equity", sum(\.marketValue) + cash)
        }
        member("cost_basis", sum(\.cost))
        member("unrealized", unrealized)
        if let realized { member("realized", realized) }
        if positions.allSatisfy({ $0.previousClose != nil }) { member("daily", sum { $0.daily ?? .zero }) }
        // Over the money paid, short positions included.
        json.key("total_return")
        json.double(paid > .zero ? (unrealized + (realized ?? .zero)).double / paid.double : .nan)
        json.endObject()
    }

    private func writePositions(_ positions: [AnalysisPosition], _ json: inout JSONWriter) {
        let equity = positions.reduce(cash ?? .zero) { $0 + $1.marketValue }
        json.key("positions")
        json.beginArray()
        for position in positions {
            json.beginObject()
            json.key("symbol")
            json.string(position.symbol.text)
            var amounts = [("quantity", position.quantity), ("average_cost", position.averageCost),
                           ("price", position.price)]
            if let close = position.previousClose { amounts.append(("previous_close", close)) }
            amounts += [("market_value", position.marketValue), ("cost_basis", position.cost),
                        ("unrealized", position.unrealized)]
            if let daily = position.daily { amounts.append(("daily", daily)) }
            if let realized = position.gained { amounts.append(("realized", realized)) }
            for (name, amount) in amounts {
                json.key(name)
                json.fixed(amount)
            }
            for (name, text) in [
                ("sector", position.sector), ("style", position.style), ("currency", position.currency),
            ] {
                guard let text else { continue }
                json.key(name)
                json.string(text)
            }
            json.key("weight")
            json.double(equity > .zero ? position.marketValue.double / equity.double : .nan)
            json.endObject()
        }
        json.endArray()
    }
}
