import EngineKit
import Market

extension RiskEngine {
    /// What the limit of a case is at now, of what is known without a wait; nil where it is not judged at present.
    func judged(_ breach: BreachCase) -> LimitCheck? {
        if breach.scope.isGroup {
            guard let limit = groupLimits().first(where: { isOf(breach, $0) }) else { return nil }
            let needs = LimitNeeds([limit]).history
            let history = needs.isEmpty ? nil : dailyBars.known(of: groupSymbols([limit]).sorted(), needs)
            return judgeGroups([limit], order: nil, of: nil, history: history).first
        }
        guard let limit = applying(to: breach.portfolioID).limits.first(where: { isOf(breach, $0) }),
              var picture = state.picture(of: breach.portfolioID, order: nil, rate: 0) else { return nil }
        let needs = LimitNeeds([limit]).history
        picture.history = needs.isEmpty ? nil
            : dailyBars.known(of: Set(picture.positions.map(\.symbol)).sorted(), needs)
        return check([limit], picture).first
    }

    /// Whether a limit is still what a case was opened for.
    private func isOf(_ breach: BreachCase, _ limit: Limit) -> Bool {
        limit.id == breach.limitID && limit.type == breach.type && limit.scope == breach.scope
    }
}
