import EngineKit
import HTTP
import Market
import Quant
import Runtime
import Wire

extension RiskEngine {
    private static let traderExample = """
        {"trader":"ann","portfolios":["sample"],"open_orders":0,"gross_exposure":8061.9,"net_exposure":8061.9,\
        "day_profit":-12.5,"positions":[{"symbol":"GOOG","quantity":10,"price":806.19,"value":8061.9}]}
        """

    /// What traders hold by their fills.
    var traderRoutes: [Route] {
        [
            .json(.get, "/api/v1/risk/traders",
                  "What each trader holds by the fills of their orders, and a day's gain.",
                  answer: "{\"items\":[\(Self.traderExample)],\"next_cursor\":null}") {
                [unowned self] (query: TraderQuery, _: NoBody, _) in
                let names = self.state.traderNames(of: query.portfolio)
                return JSONBody.page(names) { self.write(trader: $1, to: &$0) }
            },
        ]
    }

    private func write(trader name: String, to json: inout JSONWriter) {
        let picture = state.picture(ofTrader: name, order: nil, rate: 0, at: context.clock.now)
        let open = state.reservations.values.count { $0.trader == name }
        json.object { json in
            json.field("trader", name)
            json.strings("portfolios", state.places(ofTrader: name).sorted())
            json.field("open_orders", open)
            json.field("gross_exposure", Exposure.gross(picture.marketValues))
            json.field("net_exposure", picture.marketValues.reduce(0, +))
            json.field("day_profit", picture.dayLoss.map { 0 - $0 } ?? 0)
            json.array("positions", picture.positions.filter { $0.quantity != 0 }) { json, position in
                json.object { json in
                    json.field("symbol", position.symbol)
                    json.field("quantity", position.quantity)
                    json.field("price", position.price)
                    json.field("value", position.marketValue)
                }
            }
        }
    }
}

/// Which traders are listed.
private struct TraderQuery: RequestParameters {
    let portfolio: String?
    static func read(_ parameters: ParameterReader) -> TraderQuery {
        TraderQuery(portfolio: parameters.optionalText(
            "portfolio_id", "Only those with orders or fills in this portfolio."))
    }
}
