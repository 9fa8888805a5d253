import EngineKit
import HTTP
import Market
import Quant
import Wire

/// Which of two regimes of volatility holds.
enum VolatilityRegime: String, CaseIterable, Sendable { case calm, restless }

/// A threshold that follows volatility or its regime, between bounds.
struct LimitAdjustment: RequestBody, Equatable {
    /// The names that rules go by.
    private enum Rule: String, CaseIterable { case volatility, regime }

    /// What the threshold follows.
    enum Follows: Equatable, Sendable {
        /// A day's volatility, in inverse proportion; the limit's own threshold holds at `reference`.
        case volatility(reference: Double)
        /// The regime: a share of the own threshold for each. A regime is taken for the present one from a probability
        /// of `clear` on; below that the one before holds.
        case regime(calm: Double, restless: Double, clear: Double)
    }

    let follows: Follows
    /// Whose returns are read; nil for those of the limit's scope.
    let symbol: String?
    /// The threshold is never below `least` nor above `most`.
    let least: Double, most: Double

    static func read(_ fields: FieldReader) -> LimitAdjustment {
        let rule = fields.optionalChoice("by", "What is followed; volatility unless said.", Rule.self) ?? .volatility
        let least = fields.number("least", "The lowest threshold.", from: 0)
        let most = fields.number("most", "The highest threshold.", from: 0)
        fields.require(least <= most, "least", "must not be above most")
        let isVolatility = rule == .volatility && !fields.isDescribing, isRegime = rule == .regime
        let reference = fields.optionalNumber(
            "reference_volatility", "By volatility: a day's, at which the limit's own threshold holds.", above: 0,
            required: isVolatility)
        let calm = fields.optionalNumber(
            "calm_factor", "By regime: of the own threshold while it is calm; 1 unless said.", above: 0)
        let restless = fields.optionalNumber(
            "restless_factor", "By regime: of the own threshold while it is restless.", above: 0, required: isRegime)
        let clear = fields.optionalNumber(
            "clear_at", "By regime: the probability from which a regime is taken for the present one; 0.8 unless said.",
            from: 0.5, upTo: 0.999)
        let symbol = fields.optionalSymbol(
            "symbol", "The instrument whose returns are read; those of the limit's scope unless said.")?.text
        if !fields.isDescribing {
            fields.require(!isRegime || reference == nil, "reference_volatility", "belongs to a rule by volatility")
            for (name, value) in [("calm_factor", calm), ("restless_factor", restless), ("clear_at", clear)] {
                fields.require(isRegime || value == nil, name, "belongs to a rule by regime")
            }
        }
        return LimitAdjustment(
            follows: isRegime ? .regime(calm: calm ?? 1, restless: restless ?? 1, clear: clear ?? 0.8)
                : .volatility(reference: reference ?? 1),
            symbol: symbol, least: least, most: most)
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            switch follows {
            case .volatility(let reference):
                json.field("by", Rule.volatility.rawValue)
                json.field("reference_volatility", reference)
            case .regime(let calm, let restless, let clear):
                json.field("by", Rule.regime.rawValue)
                json.field("calm_factor", calm)
                json.field("restless_factor", restless)
                json.field("clear_at", clear)
            }
            if let symbol { json.field("symbol", symbol) }
            json.field("least", least)
            json.field("most", most)
        }
    }

    /// What is followed, in a word.
    var name: String { reference == nil ? Rule.regime.rawValue : Rule.volatility.rawValue }

    /// A day's volatility at which the limit's own threshold holds; nil by regime.
    var reference: Double? { if case .volatility(let reference) = follows { reference } else { nil } }

    /// Fewer returns than this tell no volatility.
    static let returnsNeeded = 20
    /// Smaller changes of the threshold, as a share of it, are not made.
    static let leastChange = 0.01

    /// A day's volatility as `VolatilityForecast` weighs it, λ = 0.94; nil where returns are fewer than `returnsNeeded`
    /// or one is not finite.
    static func volatility(_ returns: [Double]) -> Double? {
        returns.count < returnsNeeded ? nil : try? VolatilityForecast(returns: returns, lambda: 0.94).volatility
    }

    /// The regime at a probability of the restless one; nil where none is clear and none was before.
    static func regime(_ restless: Double, clear: Double, before: VolatilityRegime?) -> VolatilityRegime? {
        if restless >= clear { return .restless }
        return 1 - restless >= clear ? .calm : before
    }

    /// The threshold at a volatility or in a regime, within the bounds.
    func threshold(_ own: Double, volatility: Double, regime: VolatilityRegime?) -> Double {
        let wanted: Double
        switch (follows, regime) {
        case (.volatility(let reference), _):
            guard volatility > 0 else { return most }
            wanted = own * reference / volatility
        case (.regime(let calm, let restless, _), let regime?): wanted = own * (regime == .calm ? calm : restless)
        case (.regime, nil): wanted = own
        }
        return min(most, max(least, wanted))
    }

    /// Whether it may let more pass than another.
    func reachesFurther(than old: LimitAdjustment) -> Bool {
        if most > old.most || least > old.least || symbol != old.symbol { return true }
        switch (old.follows, follows) {
        case (.volatility(let before), .volatility(let after)): return after > before
        case (.regime(let calm, let restless, let clear), .regime(let newCalm, let newRestless, let newClear)):
            return newCalm > calm || newRestless > restless || newClear != clear
        default: return true
        }
    }
}
