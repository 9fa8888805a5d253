import HTTP
import Market
import Quant
import Wire

/// What lets a strategy look again.
enum Trigger: String, CaseIterable, Sendable { case bar, quote }

/// A strategy as its author wrote it: rules, size and costs. Its canonical JSON is what a version's hash is taken of.
struct StrategyDefinition: RequestBody, Equatable {
    let symbol: Symbol
    let timeframe: Timeframe
    /// Buys when flat and this is true.
    let entry: String
    /// Sells all when long and this is true.
    let exit: String
    /// The share of cash that an entry spends, costs included.
    let cashFraction: FixedPoint
    let commissionBps: FixedPoint
    let slippageBps: FixedPoint
    let trigger: Trigger

    static func read(_ fields: FieldReader) -> StrategyDefinition {
        let sizing = fields.optionalObject("sizing", "How much an entry buys; all cash when left out.", Sizing.self)
        let definition = StrategyDefinition(
            symbol: fields.symbol("symbol", "The instrument."),
            timeframe: fields.optionalChoice("timeframe", "The bars it looks at; 1d unless said.",
                Timeframe.self) ?? .day1,
            entry: fields.string("entry", "A condition: buy when flat and true at a close.", length: 1...4000),
            exit: fields.string("exit", "A condition: sell all when long and true at a close.", length: 1...4000),
            cashFraction: sizing?.cashFraction ?? .one,
            commissionBps: costs(fields, "commission_bps", "Commission on the filled notional."),
            slippageBps: costs(fields, "slippage_bps", "How far the price moves against a trade."),
            trigger: fields.optionalChoice("trigger", "What it looks at: bars unless said.", Trigger.self) ?? .bar)
        if !fields.isDescribing {
            for (name, text) in [("entry", definition.entry), ("exit", definition.exit)] where !text.isEmpty {
                if let fault = fault(in: text) { fields.refuse(at: [name], fault) }
            }
        }
        return definition
    }

    private static func costs(_ fields: FieldReader, _ name: String, _ doc: String) -> FixedPoint {
        let value = fields.optionalFixed(name, doc + " In hundredths of a percent; 0 unless said.",
            from: .zero) ?? .zero
        fields.require(value < FixedPoint(10_000), name, "must be below 10000")
        return value
    }

    /// Why a rule cannot run live, or nil.
    private static func fault(in text: String) -> String? {
        do throws(QuantError) {
            let expression = try Expression.parse(text)
            if !expression.isCondition { return "must be a condition, as close > sma(close,20)" }
            _ = try ExpressionStream(expression)
            return nil
        } catch {
            let place = error.position.map { " at character \($0 + 1)" } ?? ""
            return error.message + place + (error.suggestion.map { "; did you mean \($0)?" } ?? "")
        }
    }

    /// The same definition always gives these bytes.
    var canonical: [UInt8] {
        var json = JSONWriter()
        write(to: &json)
        return json.bytes
    }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        for (name, text) in [("symbol", symbol.text), ("timeframe", timeframe.rawValue), ("entry", entry),
            ("exit", exit)] {
            json.key(name)
            json.string(text)
        }
        json.key("sizing")
        json.beginObject()
        json.key("cash_fraction")
        json.fixed(cashFraction)
        json.endObject()
        json.key("commission_bps")
        json.fixed(commissionBps)
        json.key("slippage_bps")
        json.fixed(slippageBps)
        json.key("trigger")
        json.string(trigger.rawValue)
        json.endObject()
    }

    /// A stored definition again.
    init?(canonical: [UInt8]) {
        let parsed = try? JSONParser().withDocument(canonical) { json -> StrategyDefinition? in
            func text(_ name: String) -> String { json.member(name)?.string ?? "" }
            func number(_ value: JSONValue?) -> FixedPoint { value?.double.flatMap { FixedPoint($0) } ?? .zero }
            guard let symbol = Symbol(text("symbol")), let frame = Timeframe(rawValue: text("timeframe")),
                  let trigger = Trigger(rawValue: text("trigger")) else { return nil }
            return StrategyDefinition(
                symbol: symbol, timeframe: frame, entry: text("entry"), exit: text("exit"),
                cashFraction: number(json.member("sizing")?.member("cash_fraction")),
                commissionBps: number(json.member("commission_bps")), slippageBps: number(json.member("slippage_bps")),
                trigger: trigger)
        }
        guard let parsed else { return nil }
        self = parsed
    }

    private init(
        symbol: Symbol, timeframe: Timeframe, entry: String, exit: String, cashFraction: FixedPoint,
        commissionBps: FixedPoint, slippageBps: FixedPoint, trigger: Trigger
    ) {
        self.symbol = symbol
        self.timeframe = timeframe
        self.entry = entry
        self.exit = exit
        self.cashFraction = cashFraction
        self.commissionBps = commissionBps
        self.slippageBps = slippageBps
        self.trigger = trigger
    }
}

/// How much an entry buys.
struct Sizing: RequestBody {
    let cashFraction: FixedPoint

    static func read(_ fields: FieldReader) -> Sizing {
        let fraction = fields.optionalFixed("cash_fraction", "The share of cash spent, above 0 and at most 1.",
            above: .zero) ?? .one
        fields.require(fraction <= .one, "cash_fraction", "must be at most 1")
        return Sizing(cashFraction: fraction)
    }
}
