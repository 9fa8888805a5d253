import HTTP
import Market
import Runtime
import Wire

/// Asks the market data engine for what is stored.
@LoopActor struct MarketDataReader {
    let context: EngineContext
    /// What is asked for, in words, as problems name it.
    let what: String

    static let usualDeadlineNanoseconds: Int64 = 10_000_000_000
    var deadlineNanoseconds = Self.usualDeadlineNanoseconds

    /// The answer whatever its status. Throws `Problem` 503 when market data is away.
    func get(_ path: String, _ query: String) async throws -> Response {
        let request = Request(method: .get, path: path, query: query, headers: ["Host": "localhost"])
        do throws(PeerError) {
            return try await context.peers.send(request, to: .marketdata, deadlineNanoseconds: deadlineNanoseconds)
        } catch {
            throw Problem.unavailable("marketdata", "\(what) cannot be read: \(error)")
        }
    }

    /// Throws `Problem` 503 where an answer is not 200, and 500 where the question is at fault: to ask it again, as a bus
    /// handler does at 503, would not help.
    static func check(_ response: Response) throws {
        if response.status == 200 { return }
        if [400, 422].contains(response.status) { throw Problem(500, "marketdata refused a question: \(response.status)") }
        throw Problem.unavailable("marketdata", "it answered \(response.status)")
    }

    /// The symbols of every page of a list; `query` is what it is asked beside the page.
    func symbols(_ path: String, _ query: String = "") async throws -> [Symbol] {
        var symbols: [Symbol] = [], cursor: String?
        repeat {
            let page = "limit=1000" + (cursor.map { "&cursor=\(BarsClient.escape($0))" } ?? "")
            let response = try await get(path, query.isEmpty ? page : "\(query)&\(page)")
            try Self.check(response)
            cursor = try JSONParser().withDocument(response.body) { root in
                root.member("items")?.forEachElement { item in
                    if let symbol = item.member("symbol")?.string.flatMap({ Symbol($0) }) { symbols.append(symbol) }
                }
                return root.member("next_cursor")?.string
            }
        } while cursor != nil
        return symbols
    }
}
