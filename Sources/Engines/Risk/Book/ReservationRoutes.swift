import EngineKit
import HTTP
import Market
import Runtime
import Wire

extension RiskEngine {
    private static let reservationExample = """
        {"order_id":"o1","portfolio_id":"sample","symbol":"GOOG","quantity":10,"price":806.19,"trader":"ann",\
        "ts":"2013-03-01T00:00:00Z","heard":"2026-01-02T03:04:05Z"}
        """

    /// Open orders that count against limits.
    var reservationRoutes: [Route] {
        [
            .json(.get, "/api/v1/risk/reservations", "Approved orders that count against limits until they end.",
                  answer: "{\"items\":[\(Self.reservationExample)],\"next_cursor\":null}") {
                [unowned self] (query: ReservationQuery, _: NoBody, _) in
                let open = state.reservations.values.filter { query.portfolio == nil || $0.portfolioID == query.portfolio }
                    .sorted { ($0.time.nanoseconds, $0.orderID) < ($1.time.nanoseconds, $1.orderID) }
                return JSONBody.page(open) { $1.write(to: &$0) }
            },
            .json(.delete, "/api/v1/risk/reservations/{order_id}",
                  "Frees what an order reserved, where its end was never told.", answer: Self.reservationExample,
                  errors: [404]) { [unowned self] (path: ReservationPath, _: NoBody, _) in
                guard let reservation = self.state.reservations[path.order] else {
                    throw Problem.notFound("nothing is reserved for order \(path.order)")
                }
                AuditScope.current?.object = "reservation/\(path.order)"
                try await self.context.commit([ReservationRecords.delete(order: path.order)])
                self.state.release(path.order)
                return JSONBody { reservation.write(to: &$0) }
            },
        ]
    }
}

extension Reservation {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        for (name, text) in [("order_id", orderID), ("portfolio_id", portfolioID), ("symbol", symbol.text)] {
            json.key(name)
            json.string(text)
        }
        json.key("quantity")
        json.fixed(quantity)
        json.key("price")
        json.fixed(price)
        if let trader { json.field("trader", trader) }
        json.field("ts", time)
        json.field("heard", heard)
        json.endObject()
    }
}

/// Which reservations are listed.
private struct ReservationQuery: RequestParameters {
    let portfolio: String?
    static func read(_ parameters: ParameterReader) -> ReservationQuery {
        ReservationQuery(portfolio: parameters.optionalText("portfolio_id", "Only of this portfolio."))
    }
}

/// An order in the path.
private struct ReservationPath: RequestParameters {
    let order: String
    static func read(_ parameters: ParameterReader) -> ReservationPath {
        ReservationPath(order: parameters.path("order_id", "The order."))
    }
}
