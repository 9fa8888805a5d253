import HTTP
import Wire

/// A fall of markets that happened: from one day's close to another's.
struct HistoricScenario: Sendable {
    /// What moved, and from which closing level to which.
    struct Move: RequestBody {
        /// `*` for everything, `sector:NAME` for a sector that moved otherwise.
        let shock: String, index: String
        /// Closing levels of the index on the first and the last day.
        let start: Double, end: Double

        static func read(_ fields: FieldReader) -> Move {
            fields.refuseOthers(than: "shock", "index", "start", "end")
            return Move(
                shock: fields.string("shock", "What moved."), index: fields.string("index", "A name of sources."),
                start: fields.number("start", "Level on the first day.", above: 0),
                end: fields.number("end", "Level on the last day.", above: 0))
        }
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
struct HistoricScenarios: RequestBody {
    static let all: [HistoricScenario] = {
        do {
            return try document(PackageResources.historic_scenarios_json).scenarios
        } catch {
            preconditionFailure("the built-in scenarios: \(error)")
        }
    }()

    /// An index and where its levels come from.
    private struct Index: RequestBody {
        let name: String, source: String

        static func read(_ fields: FieldReader) -> Index {
            fields.refuseOthers(than: "name", "source")
            return Index(name: fields.string("name", "What moves name."), source: fields.string("source", "In words."))
        }
    }

    /// A scenario as it is written.
    private struct Row: RequestBody {
        let id: String, name: String, from: String, to: String, moves: [HistoricScenario.Move]

        static func read(_ fields: FieldReader) -> Row {
            fields.refuseOthers(than: "id", "name", "from", "to", "moves")
            let moves = fields.array("moves", "What moved.", HistoricScenario.Move.self, limit: 100)
            let shocks = moves.map(\.shock)
            fields.require(shocks.contains("*"), "moves", "tells nothing of everything, '*'")
            fields.require(Set(shocks).count == shocks.count, "moves", "tells of something twice")
            return Row(id: fields.string("id", "Unique."), name: fields.string("name", "In words."),
                       from: fields.string("from", "First day."), to: fields.string("to", "Last day."), moves: moves)
        }
    }

    let scenarios: [HistoricScenario]

    static func read(_ fields: FieldReader) -> HistoricScenarios {
        fields.refuseOthers(than: "indices", "scenarios")
        let indices = fields.array("indices", "Whose levels there are.", Index.self, limit: 100)
        let sources = Dictionary(indices.map { ($0.name, $0.source) }) { first, _ in first }
        let rows = fields.array("scenarios", "In order of time.", Row.self, limit: 1000)
        for (place, row) in rows.enumerated() {
            for move in row.moves where sources[move.index] == nil {
                fields.refuse(at: ["scenarios", "\(place)", "moves"], "names '\(move.index)', which is none of the indices")
            }
        }
        return HistoricScenarios(scenarios: rows.map { row in
            let source = row.moves.map { move in
                (move.shock == "*" ? "" : "\(move.shock): ") + (sources[move.index] ?? "")
            }
            return HistoricScenario(id: row.id, name: row.name, from: row.from, to: row.to, moves: row.moves,
                                    source: source.joined(separator: "; "))
        })
    }
}
