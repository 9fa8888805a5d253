import Market
import Runtime
import Telemetry

/// How long orders take: from intent to fill, and from the message whose price filled them to the fill.
@LoopActor final class OrderTimings {
    private let clock: any Clock
    private let execution: Histogram, tickToTrade: Histogram
    /// When orders under way were wanted; those of an earlier life are not known.
    private var wanted: [String: Int64] = [:]

    init(_ clock: any Clock, _ registry: MetricsRegistry) {
        self.clock = clock
        execution = registry.histogram(
            "nautilus_order_execution_seconds", "From an order's intent to its fill.",
            bounds: Histogram.seconds + [60, 600, 3600, 86_400])
        tickToTrade = registry.histogram(
            "nautilus_tick_to_trade_seconds", "From a market message's receive time to the fill it brought about.")
    }

    /// An order is under way no more, and was not filled.
    func forget(_ orderID: String) { wanted[orderID] = nil }

    /// How many orders are followed.
    var count: Int { wanted.count }

    /// Takes an order as it was stored; `cause` is the market message that changed it.
    func follow(_ order: OrderRecord, received cause: Timestamp?) {
        let id = order.intent.orderID
        if order.state == .pending { wanted[id] = wanted[id] ?? clock.monotonic }
        guard order.state.isFinal else { return }
        let began = wanted.removeValue(forKey: id)
        guard order.state == .filled else { return }
        if let began { execution.observe(Double(clock.monotonic - began) / 1e9) }
        if let cause { tickToTrade.observe(Double(clock.now.nanoseconds(since: cause)) / 1e9) }
    }
}
