import EngineKit
import Market
import Wire

/// What is known when a step is planned.
struct ResponseScene {
    let channels: [String: NoticeChannel]
    /// Why nothing may be traded; nil where it may.
    let stop: String?
    let lines: [ReducibleLine]
    let now: Timestamp
    /// A short name of a text, the same for the same text.
    let name: (String) -> String
}

extension ResponseStep {
    /// The rows of a step: a notice for each channel, a block, an order for each instrument; or one that says why not.
    func rows(_ scene: ResponseScene) -> [ResponseRow] {
        if let channels { return channels.map { notice($0, scene) } }
        switch rule.action {
        case .reduce, .flatten: return orders(scene)
        default: return [row(breach.scope.text, .blocking, scene, detail: breach.reason)]
        }
    }

    private func id(_ target: String, _ scene: ResponseScene) -> String {
        let generation = breach.progress[rule.id]?.generation ?? 0
        return scene.name("\(breach.id)\n\(rule.id)\n\(generation)\n\(moment.mark)\n\(target)")
    }

    private func row(
        _ target: String, _ state: ResponseState, _ scene: ResponseScene, detail: String = "", due: Timestamp? = nil,
        body: [UInt8] = []
    ) -> ResponseRow {
        ResponseRow(
            id: id(target, scene), caseID: breach.id, ruleID: rule.id, portfolioID: breach.portfolioID,
            action: rule.action, target: target, state: state, detail: detail, due: due, body: body,
            recorded: scene.now)
    }

    // MARK: Notices

    private func notice(_ id: String, _ scene: ResponseScene) -> ResponseRow {
        guard let channel = scene.channels[id] else {
            return row(id, .refused, scene, detail: "there is no channel \(id)")
        }
        guard channel.isActive else { return row(id, .refused, scene, detail: "channel \(id) is switched off") }
        let body = NoticeText.body(
            self.id(id, scene), of: breach, rule: rule.id, title: rule.title, action: rule.action, step: moment.number,
            at: scene.now)
        if breach.severity == .soft, let end = channel.quiet?.end(at: scene.now) {
            return row(id, .held, scene, detail: "quiet hours until \(end.iso8601)", due: end, body: body)
        }
        return row(id, .waiting, scene, due: scene.now, body: body)
    }

    // MARK: Orders

    private func orders(_ scene: ResponseScene) -> [ResponseRow] {
        func none(_ why: String) -> [ResponseRow] { [row(breach.scope.text, .refused, scene, detail: why)] }
        if let stop = scene.stop { return none(stop) }
        // What is not known is no reason to sell.
        if breach.value.isNaN { return none("the value of the limit is not known") }
        if breach.scope.isGroup { return none("no rule sells what several portfolios or a trader hold") }
        let plan: ReductionPlan
        if rule.action == .flatten {
            plan = ReductionPlan(flattening: scene.lines, in: breach.scope)
            if plan.orders.isEmpty, !plan.isUnderWay { return none("nothing is held") }
        } else {
            do throws(ReductionFault) {
                plan = try ReductionPlan(
                    reducing: scene.lines, type: breach.type, scope: breach.scope, value: breach.value,
                    threshold: breach.threshold, fraction: rule.fraction)
            } catch {
                return none(error.message)
            }
        }
        if plan.isUnderWay { return none(ResponseOrder.isUnderWay) }
        return plan.orders.map { order in
            let own = ResponseOrder(
                id: ResponseOrder.name(of: id(order.symbol, scene)), portfolioID: breach.portfolioID,
                symbol: order.symbol, side: order.side.rawValue, quantity: order.quantity)
            return row(order.symbol, .waiting, scene, due: scene.now, body: own.body)
        }
    }
}
