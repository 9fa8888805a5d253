import Foundation
import HTTP
import Runtime
import Testing

/// Clients that post transactions with idempotency keys while bad things happen, and what they were told.
@LoopActor final class LedgerClients {
    static let portfolios = ["first", "second"]
    private let day: BadDay
    /// Keys by what became of them: the id in the answer, or none.
    private(set) var acknowledged: [String: String] = [:]
    private(set) var unanswered: Set<String> = []
    /// Answers that no caller should see.
    private(set) var wrong: [String] = []
    private var running: [Task<Void, Never>] = []
    private var stopping = false

    init(_ day: BadDay) { self.day = day }

    /// Makes the portfolios and lets so many clients post until `stop`.
    func start(clients: Int) async throws {
        for id in Self.portfolios {
            let portfolio = #"{"id":"\#(id)","name":"L","currency":"USD"}"#
            let made = try #require(await day.ask(.portfolio, .post, "/portfolios", portfolio))
            try #require(made.status == 201, "\(made.text)")
        }
        running = (0..<clients).map { client in
            spawn { [self] in
                var number = 0
                while !stopping {
                    await post("\(client)-\(number)")
                    number += 1
                }
            }
        }
    }

    func stop() async {
        stopping = true
        for task in running { await task.value }
    }

    /// Even clients post to one portfolio, odd ones to the other.
    private func portfolio(_ key: String) -> String {
        Self.portfolios[(Int(key.split(separator: "-")[0]) ?? 0) % Self.portfolios.count]
    }

    private func post(_ key: String) async {
        let body = #"{"type":"deposit","amount":1.25,"currency":"USD","ts":"2024-01-02T00:00:00Z","note":"\#(key)"}"#
        let answer = await day.ask(.portfolio, .post, "/portfolios/\(portfolio(key))/transactions", key: key, body)
        switch answer?.status {
        case 201:
            let id = answer?.json["id"] as? String ?? ""
            if let known = acknowledged[key], known != id { wrong.append("\(key) was \(known) and is \(id)") }
            acknowledged[key] = id
            unanswered.remove(key)
        case nil, 503:
            unanswered.insert(key)
            // Nobody is there; the next try is not at once.
            await day.clock.sleep(nanoseconds: 20_000_000)
        default: wrong.append("\(key): \(answer?.status ?? 0) \(answer?.text ?? "")")
        }
    }

    /// Posts what got no answer once more, and some of what got one, with the same keys.
    func postAgain() async {
        for key in unanswered.sorted() + acknowledged.keys.sorted().prefix(20) { await post(key) }
    }

    /// How often each key is in the ledgers; each entry's amounts must sum to zero.
    func booked() async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for id in Self.portfolios {
            let items = try await day.list(.portfolio, "/portfolios/\(id)/transactions")
            for item in items {
                counts[item["note"] as? String ?? "?", default: 0] += 1
                let entries = item["entries"] as? [[String: Any]] ?? []
                let sum = entries.reduce(0) { $0 + ($1["amount"] as? Double ?? .nan) }
                if entries.count < 2 || sum != 0 { wrong.append("unbalanced: \(item)") }
            }
            let book = await day.ask(.portfolio, .get, "/portfolios/\(id)")
            let cash = book?.json["cash"] as? Double ?? .nan
            if cash != 1.25 * Double(items.count) { wrong.append("\(id) has \(cash) of \(items.count) deposits") }
        }
        return counts
    }

    /// Every acknowledged key is there once and nothing twice; after posting again everything is there once.
    func check() async throws {
        let before = try await booked()
        let lost = acknowledged.keys.filter { before[$0] != 1 }
        #expect(lost.isEmpty, "acknowledged, and not there once: \(lost.sorted().prefix(10))")
        #expect(before.values.allSatisfy { $0 == 1 })
        await postAgain()
        #expect(unanswered.isEmpty, "\(unanswered.sorted().prefix(10))")
        let after = try await booked()
        #expect(after.count == acknowledged.count)
        #expect(after.values.allSatisfy { $0 == 1 })
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
    }
}
