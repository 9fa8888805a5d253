import EngineKit
import Market
import Runtime
import Telemetry

extension RiskEngine {
    /// Judges an order on its portfolio as it would be after it.
    func judge(_ intent: OrderIntent) -> [LimitCheck] {
        let rate = state.countCheck(intent.portfolioID, at: context.clock.monotonic)
        let plan = applying(to: intent.portfolioID)
        if plan.isEmpty(forStrategy: intent.strategyID) { return [] }
        let order = order(intent)
        let start = context.clock.monotonic
        guard let figures = state.figures(
            of: intent.portfolioID, order: order, symbol: intent.symbol, rate: rate, plan.needs)
        else {
            return plan.refuse(
                strategy: intent.strategyID, missing: "nothing is known of portfolio \(intent.portfolioID) yet")
        }
        return timed(since: start) { plan.judge(figures, strategy: intent.strategyID) }
    }

    func order(_ intent: OrderIntent) -> RiskOrder {
        let signed = (intent.side == .buy ? 1 : -1) * intent.expectedQuantity.double
        return RiskOrder(symbol: intent.symbol.text, quantity: signed, price: intent.referencePrice.double,
            limit: intent.limitPrice?.double)
    }

    /// Judges limits on the picture after its order. What cannot be judged counts as breached.
    func check(_ limits: [Limit], _ picture: RiskPicture) -> [LimitCheck] {
        let start = context.clock.monotonic
        return check(limits, picture.afterOrder().figures(LimitNeeds(limits)), since: start)
    }

    /// The same on figures that were summed from `start` on.
    func check(_ limits: [Limit], _ figures: RiskFigures, since start: Int64) -> [LimitCheck] {
        timed(since: start) { LimitCheck.judge(limits, figures) }
    }

    /// The same of all limits of a plan.
    func check(_ plan: LimitPlan, _ figures: RiskFigures, since start: Int64) -> [LimitCheck] {
        timed(since: start) { plan.judge(figures) }
    }

    private func timed(since start: Int64, _ judge: () -> [LimitCheck]) -> [LimitCheck] {
        let checks = judge()
        checkSeconds.observe(Double(context.clock.monotonic - start) / 1e9)
        return checks
    }
}
