import HTTP
public import Market
public import Quant
public import Runtime
import Wire

/// Stored facts of filings, asked of the market data engine.
@LoopActor public struct FactsClient {
    private let context: EngineContext
    private let reader: MarketDataReader

    public init(_ context: EngineContext) {
        self.context = context
        reader = MarketDataReader(context: context, what: "stored facts")
    }

    /// Every stored fact of a symbol; none where none are stored. Throws `Problem` 503 when market data is away.
    public func facts(_ symbol: Symbol) async throws -> [Fact] {
        let response = try await reader.get("/market-data/facts", "symbol=\(BarsClient.escape(symbol.text))")
        try MarketDataReader.check(response)
        return try JSONParser().withDocument(response.body) { root in
            var facts: [Fact] = []
            root.member("facts")?.forEachElement { if let fact = Self.fact($0) { facts.append(fact) } }
            return facts
        }
    }

    /// Every symbol that facts are stored of. Throws `Problem` 503 when market data is away.
    public func symbols() async throws -> [Symbol] { try await reader.symbols("/market-data/facts/symbols") }

    private static func fact(_ json: JSONValue) -> Fact? {
        func time(_ name: String) -> Int64? {
            json.member(name)?.string.flatMap { Timestamp(iso8601: $0) }?.nanoseconds
        }
        guard let concept = json.member("concept")?.string.flatMap(FactConcept.init(rawValue:)),
              let period = json.member("period")?.string.flatMap(FactPeriod.init(rawValue:)),
              let end = time("period_end"), let filed = time("filed_at"), let value = json.member("value")?.double
        else { return nil }
        return Fact(concept, period, periodEnd: end, filedAt: filed, value: value)
    }

    /// The bars with those of `columns` that are made of facts; as they are where none is.
    public func adding(_ columns: Set<Column>, to bars: Bars, of symbol: Symbol) async throws -> Bars {
        let wanted = columns.filter(\.isFundamental)
        if wanted.isEmpty { return bars }
        let facts = try await facts(symbol)
        return await context.compute {
            var bars = bars
            bars.fundamentals = Fundamentals.columns(wanted, facts, bars)
            return bars
        }
    }
}
