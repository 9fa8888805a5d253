import HTTP
public import Market
public import Quant
public import Runtime
import Wire

/// Stored facts of filings, asked of the market data engine.
@LoopActor public struct FactsClient {
    private let context: EngineContext

    public init(_ context: EngineContext) { self.context = context }

    /// Every stored fact of a symbol; none where none are stored. Throws `Problem` 503 when market data is away.
    public func facts(_ symbol: Symbol) async throws -> [Fact] {
        let response = try await get("/market-data/facts", "symbol=\(BarsClient.escape(symbol.text))")
        return try JSONParser().withDocument(response.body) { root in
            var facts: [Fact] = []
            root.member("facts")?.forEachElement { if let fact = Self.fact($0) { facts.append(fact) } }
            return facts
        }
    }

    /// Every symbol that facts are stored of. Throws `Problem` 503 when market data is away.
    public func symbols() async throws -> [Symbol] {
        var symbols: [Symbol] = [], cursor: String?
        repeat {
            let query = "limit=1000" + (cursor.map { "&cursor=\(BarsClient.escape($0))" } ?? "")
            let response = try await get("/market-data/facts/symbols", query)
            cursor = try JSONParser().withDocument(response.body) { root in
                root.member("items")?.forEachElement { item in
                    if let symbol = item.member("symbol")?.string.flatMap({ Symbol($0) }) { symbols.append(symbol) }
                }
                return root.member("next_cursor")?.string
            }
        } while cursor != nil
        return symbols
    }

    private func get(_ path: String, _ query: String) async throws -> Response {
        let request = Request(method: .get, path: path, query: query, headers: ["Host": "localhost"])
        let response: Response
        do throws(PeerError) {
            response = try await context.peers.send(
                request, to: .marketdata, deadlineNanoseconds: BarsClient.deadlineNanoseconds)
        } catch {
            throw Problem.unavailable("marketdata", "stored facts cannot be read: \(error)")
        }
        if response.status != 200 { throw Problem.unavailable("marketdata", "it answered \(response.status)") }
        return response
    }

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
