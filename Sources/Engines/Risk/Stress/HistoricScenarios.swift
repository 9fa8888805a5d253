import Wire

/// A fall of markets that happened: from one day's close to another's.
struct HistoricScenario: Sendable {
    /// What moved, and from which closing level to which.
    struct Move: Sendable, Equatable {
        /// `*` for everything, `sector:NAME` for a sector that moved otherwise.
        let shock: String, index: String
        /// Closing levels of the index on the first and the last day.
        let start: Double, end: Double
    }

    let id: String, name: String
    /// First and last day, as ISO dates.
    let from: String, to: String
    let moves: [Move]
    /// Where the levels come from.
    let source: String

    /// What everything moves by that has no shock of its own.
    var market: Double { shocks["*"] ?? 0 }

    /// Shocks by name: the last level over the first, less 1.
    var shocks: [String: Double] {
        Dictionary(uniqueKeysWithValues: moves.map { ($0.shock, $0.end / $0.start - 1) })
    }
}

/// The built-in table: `historic-scenarios.json`, which is part of the binary. Nothing but its levels is assumed.
enum HistoricScenarios {
    static let all = read(PackageResources.historic_scenarios_json) ?? []

    /// Nil where a member is missing or of the wrong type; a test reads the table that is built in.
    static func read(_ bytes: [UInt8]) -> [HistoricScenario]? {
        try? JSONParser().withDocument(bytes) { document in
            guard let sources = document.member("sources"), let rows = document.member("scenarios") else { return nil }
            var found: [HistoricScenario] = [], isWhole = true
            rows.forEachElement { row in
                guard let scenario = HistoricScenario(row, sources: sources) else { return isWhole = false }
                found.append(scenario)
            }
            return isWhole ? found : nil
        }
    }
}

extension HistoricScenario {
    fileprivate init?(_ row: JSONValue, sources: JSONValue) {
        guard let id = row.member("id")?.string, let name = row.member("name")?.string,
            let from = row.member("from")?.string, let to = row.member("to")?.string
        else { return nil }
        var moves: [Move] = [], texts: [String] = [], isWhole = true
        row.member("moves")?.forEachElement { item in
            guard let move = Move(item), let source = sources.member(move.index)?.string else { return isWhole = false }
            moves.append(move)
            texts.append(move.shock == "*" ? source : "\(move.shock): \(source)")
        }
        guard isWhole, moves.contains(where: { $0.shock == "*" }) else { return nil }
        self.init(id: id, name: name, from: from, to: to, moves: moves, source: texts.joined(separator: "; "))
    }
}

extension HistoricScenario.Move {
    fileprivate init?(_ item: JSONValue) {
        guard let shock = item.member("shock")?.string, let index = item.member("index")?.string,
            let start = item.member("start")?.double, let end = item.member("end")?.double, start > 0, end > 0
        else { return nil }
        self.init(shock: shock, index: index, start: start, end: end)
    }
}
