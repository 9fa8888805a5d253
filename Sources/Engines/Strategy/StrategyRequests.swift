import EngineKit
import HTTP
import Market
import Wire

/// What may be done to a strategy's history.
enum VersionOperation: String, CaseIterable, Sendable { case commit, tag, checkout }

/// A change of a strategy's history.
struct VersionBody: RequestBody {
    let strategyID: String?, operation: VersionOperation, definition: StrategyDefinition?, message: String
    let version: String?, tag: String?

    static func read(_ fields: FieldReader) -> VersionBody {
        let strategy = fields.optionalString("strategy_id", "The strategy, where the path does not name it.",
            length: 1...64)
        let operation = fields.choice("operation", "commit a definition, tag a version, or check one out.",
            VersionOperation.self)
        let definition = fields.optionalObject("definition", "For commit: the strategy.", StrategyDefinition.self)
        let message = fields.optionalString("message", "For commit: what and why.", length: 0...2000) ?? ""
        let version = fields.optionalString("version", "A hash, its first 7 or more digits, or a tag.", length: 1...64)
        let tag = fields.optionalString("tag", "For tag: its name.", length: 1...64)
        if !fields.isDescribing {
            fields.require(operation != .commit || fields.has("definition"), "definition", "is required to commit")
            fields.require(operation != .tag || tag != nil, "tag", "is required to tag")
            fields.require(operation != .tag || !(tag.map(StrategyVersion.looksLikeHash) ?? false), "tag",
                           "must not look like a hash: 7 or more hexadecimal digits")
            fields.require(operation != .checkout || version != nil, "version", "is required to check out")
        }
        return VersionBody(strategyID: strategy, operation: operation, definition: definition, message: message,
                           version: version, tag: tag)
    }
}

/// How a version replaces the one before.
enum DeployMode: String, CaseIterable, Sendable { case direct, blueGreen = "blue-green", canary, rolling }

/// Paper or real money.
enum TradingMode: String, CaseIterable, Sendable { case paper, live }

/// A deployment to make.
struct DeployBody: RequestBody {
    let strategyID: String, version: String?, mode: DeployMode, tradingMode: TradingMode, portfolioID: String
    let capital: Money?, warmsUp: Bool

    static func read(_ fields: FieldReader) -> DeployBody {
        DeployBody(
            strategyID: fields.string("strategy_id", "The strategy.", length: 1...64),
            version: fields.optionalString("version", "A hash or tag; the head when left out.", length: 1...64),
            mode: fields.optionalChoice("mode", "How it replaces the version before; direct unless said.",
                DeployMode.self) ?? .direct,
            tradingMode: fields.optionalChoice("trading_mode", "paper unless said.", TradingMode.self) ?? .paper,
            portfolioID: fields.string("portfolio_id", "The portfolio that gets the fills.", length: 1...200),
            capital: fields.optionalFixed("capital", "Cash it may trade with; the portfolio's when left out.",
                above: .zero),
            warmsUp: fields.bool("warm_up", "Let its rules see stored bars first.", default: true))
    }
}

/// How an order meets the market.
enum OrderType: String, CaseIterable, Sendable { case market, limit }

/// An order to place by hand.
struct OrderBody: RequestBody {
    let id: String?, portfolioID: String, symbol: Symbol, side: Side, quantity: Quantity, price: Price?
    let trader: String?

    static func read(_ fields: FieldReader) -> OrderBody {
        let type = fields.optionalChoice("type", "limit where there is a price, else market, when left out.", OrderType.self)
        if !fields.isDescribing {
            fields.require(type != .limit || fields.has("price"), "price", "is required for a limit order")
            fields.require(type != .market || !fields.has("price"), "price", "is for limit orders; this one says market")
        }
        let id = fields.optionalString("id", "An id of the caller's; one is made when left out.", length: 1...64)
        fields.require(id != "." && id != "..", "id", "must not be a dot segment: no path could name the order")
        return OrderBody(
            id: id,
            portfolioID: fields.string("portfolio_id", "The portfolio that gets the fill.", length: 1...200),
            symbol: fields.symbol("symbol", "The instrument."), side: fields.choice("side", "Which way.", Side.self),
            quantity: fields.fixed("quantity", "Shares, above 0.", above: .zero),
            price: fields.optionalFixed("price", "A limit: buy at most, sell at least; market when left out.",
                above: .zero),
            trader: fields.trader("Who decided it: limits of that trader hold for it; nobody's when left out."))
    }
}

/// A strategy in the path.
struct StrategyPath: RequestParameters {
    let id: String
    static func read(_ parameters: ParameterReader) -> StrategyPath {
        StrategyPath(id: parameters.path("strategy_id", "The strategy."))
    }
}

/// A deployment in the path.
struct DeploymentPath: RequestParameters {
    let id: String
    static func read(_ parameters: ParameterReader) -> DeploymentPath {
        DeploymentPath(id: parameters.path("deployment_id", "The deployment."))
    }
}

/// An order in the path.
struct OrderPath: RequestParameters {
    let id: String
    static func read(_ parameters: ParameterReader) -> OrderPath {
        OrderPath(id: parameters.path("order_id", "The order."))
    }
}

/// A page of orders, of all or of one deployment.
struct OrdersQuery: RequestParameters {
    let deployment: String?, page: PageParameters

    static func read(_ parameters: ParameterReader) -> OrdersQuery {
        OrdersQuery(deployment: parameters.optionalText("deployment_id", "Only orders of this deployment."),
                    page: PageParameters.read(parameters))
    }
}
