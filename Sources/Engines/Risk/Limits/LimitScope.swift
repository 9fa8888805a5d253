import Market

/// What a limit looks at.
enum LimitScope: Hashable, Sendable {
    /// All portfolios together, or those of one client, as one that holds the sum.
    case firm, client(String)
    /// Orders of one trader and what is held by their fills, over all portfolios.
    case trader(String)
    /// Each portfolio as a whole.
    case all
    case portfolio(String)
    /// Orders of one strategy, judged on the whole portfolio.
    case strategy(String)
    /// What each portfolio holds of one instrument, or of one sector.
    case symbol(String), sector(String)

    /// From its text; nil where that is none.
    init?(_ text: String) {
        if text == "all" {
            self = .all
            return
        }
        if text == "firm" {
            self = .firm
            return
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[1].isEmpty else { return nil }
        switch parts[0] {
        case "client": self = .client(parts[1])
        case "trader":
            guard OrderIntent.isTrader(parts[1]) else { return nil }
            self = .trader(parts[1])
        case "portfolio": self = .portfolio(parts[1])
        case "strategy": self = .strategy(parts[1])
        case "symbol":
            guard Symbol(parts[1]) != nil else { return nil }
            self = .symbol(parts[1])
        case "sector": self = .sector(parts[1])
        default: return nil
        }
    }

    var text: String {
        switch self {
        case .all: "all"
        case .firm: "firm"
        case .client(let name): "client:\(name)"
        case .trader(let name): "trader:\(name)"
        case .portfolio(let name): "portfolio:\(name)"
        case .strategy(let name): "strategy:\(name)"
        case .symbol(let name): "symbol:\(name)"
        case .sector(let name): "sector:\(name)"
        }
    }

    /// Whether it looks at a part of the portfolio's holdings.
    var isPart: Bool {
        switch self {
        case .symbol, .sector: true
        default: false
        }
    }

    /// Whether it looks at several portfolios together.
    var isGroup: Bool {
        switch self {
        case .firm, .client, .trader: true
        default: false
        }
    }

    /// Whether it looks at a sector.
    var isSector: Bool { if case .sector = self { true } else { false } }

    /// Whether an instrument of a sector belongs to it.
    func holds(_ symbol: String, _ sector: String?) -> Bool {
        switch self {
        case .symbol(let name): name == symbol
        case .sector(let name): name == sector
        default: true
        }
    }

    /// Whether some portfolio or order is seen by both.
    func overlaps(_ other: LimitScope) -> Bool {
        self == other || (self == .all && !other.isPart && !other.isGroup)
            || (other == .all && !isPart && !isGroup)
    }
}

extension LimitScope {
    /// Why a type cannot be judged on it, where it looks at more than one portfolio; nil where it can. An expression
    /// over a trader's figures reads only such as traders have.
    func fault(of type: LimitType, _ expression: MetricExpression?) -> String? {
        guard case .trader = self else {
            return isGroup && !type.isOfGroups
                ? "\(type.rawValue) cannot be judged on several portfolios together" : nil
        }
        for metric in expression?.metrics ?? [] {
            guard let read = LimitType(rawValue: metric) else { return "a trader has no \(metric)" }
            if let fault = read.faultOfTraders { return fault }
        }
        return type.faultOfTraders
    }
}

extension LimitType {
    /// Whether it can be judged on several portfolios together: curves and counts do not add up.
    var isOfGroups: Bool { self != .maxDrawdown && self != .orderRate }

    /// Why it cannot be judged on what one trader has done; nil where it can. A trader has orders and, by their fills,
    /// holdings and a day's gain or loss, but neither cash nor equity.
    var faultOfTraders: String? {
        switch self {
        case .grossExposure, .netExposure, .positionSize, .valueAtRisk, .expectedShortfall, .dailyLoss, .orderSize,
             .orderRate, .liquidityDays, .stressLoss, .expression: nil
        case .maxDrawdown: "max_drawdown cannot be judged for a trader, who has no equity curve"
        default: "\(rawValue) is a share of equity, and a trader has none"
        }
    }

    /// Whether it can be judged on a part of the holdings.
    var isOfParts: Bool {
        switch self {
        case .grossExposure, .netExposure, .positionSize, .positionWeight, .dailyLoss, .liquidityDays, .herfindahl,
             .leverage, .turnover, .orderSize: true
        default: false
        }
    }
}
