import HTTP
import Wire

/// Numbers by name, all free.
struct NumbersByName: RequestBody {
    let values: [String: Double]

    static func read(_ fields: FieldReader) -> NumbersByName {
        let given = fields.numberMap("sensitivities", "Return for a factor's move of 1, by factor.")
        return NumbersByName(values: Dictionary(given.map { ($0.name, $0.value) }) { $1 })
    }
}

/// A scenario of names, of factors, or of both.
struct StressScenarioBody: RequestBody {
    let name: String, shocks: [String: Double], factors: [String: Double]

    static func read(_ fields: FieldReader) -> StressScenarioBody {
        let name = fields.optionalString("name", "What people call it.", length: 1...200) ?? ""
        let shocks = fields.numberMap("shocks", "Returns by symbol, sector:Name or *; -0.2 is a fall by a fifth.",
            required: false)
        let factors = fields.numberMap("factors", "Moves of factors, met through `exposures`; added to the shocks.",
            required: false)
        if !fields.isDescribing {
            fields.require(!shocks.isEmpty || !factors.isEmpty, "shocks", "is required where there are no factors")
        }
        for (key, value) in shocks where !ScenarioBody.possible.contains(value) {
            fields.refuse(at: ["shocks", key], ScenarioBody.fault(value))
        }
        return StressScenarioBody(
            name: name, shocks: Dictionary(shocks.map { ($0.name, $0.value) }) { $1 },
            factors: Dictionary(factors.map { ($0.name, $0.value) }) { $1 })
    }
}

/// A loss to look for along a direction.
struct ReverseBody: RequestBody {
    let loss: Double, shocks: [String: Double]

    static func read(_ fields: FieldReader) -> ReverseBody {
        ReverseBody(
            loss: fields.number("loss", "The loss to reach, in currency.", above: 0),
            shocks: Dictionary(fields.numberMap("shocks", "The direction; everything down by 1 % unless said.",
                required: false).map { ($0.name, $0.value) }) { $1 })
    }
}

/// Equal steps of one shock.
struct LadderBody: RequestBody {
    let name: String, from: Double, to: Double, steps: Int

    static func read(_ fields: FieldReader) -> LadderBody {
        let ladder = LadderBody(
            name: fields.optionalString("name", "A symbol, sector:Name or *; * unless said.", length: 1...200) ?? "*",
            from: fields.optionalNumber("from", "First shock; -0.3 unless said.", from: -1) ?? -0.3,
            to: fields.optionalNumber("to", "Last shock; 0.3 unless said.", from: -1) ?? 0.3,
            steps: fields.optionalInt("steps", "Shocks, both ends included; 13 unless said.", 2...1001) ?? 13)
        fields.require(fields.isDescribing || ladder.from < ladder.to, "to", "must be above from")
        return ladder
    }
}

/// A portfolio under stress.
struct StressBody: RequestBody {
    let positions: [RiskPosition], scenarios: [StressScenarioBody]?, historic: [HistoricScenario]
    let exposures: [String: [String: Double]], reverse: ReverseBody?, ladders: [LadderBody]

    /// Losses of positions that one answer tells at most: some 40 bytes each.
    private static let answerLimit = 2_000_000

    static func read(_ fields: FieldReader) -> StressBody {
        let positions = fields.array("positions", "What is held.", PositionBody.self).map(\.position)
        let scenarios = fields.array("scenarios", "Own scenarios.", StressScenarioBody.self, required: false,
            limit: 1000)
        let asked = fields.strings("historic",
            "Ids of built-in scenarios; all of them where no own scenario, reverse or ladder is given.",
            required: false)
        let known = Dictionary(uniqueKeysWithValues: HistoricScenarios.all.map { ($0.id, $0) })
        for (index, id) in asked.enumerated() where known[id] == nil {
            fields.refuse(at: ["historic", "\(index)"],
                "is none of \(HistoricScenarios.all.map(\.id).joined(separator: ", "))")
        }
        let exposures = fields.map("exposures", "By symbol: how it answers factors.", NumbersByName.self,
            required: false)
        let reverse = fields.optionalObject("reverse", "How far a direction must go for a loss.", ReverseBody.self)
        let ladders = fields.array("ladders", "Losses over a range of one shock.", LadderBody.self, required: false,
            limit: 100)
        let isBare = !fields.has("scenarios") && !fields.has("historic") && reverse == nil && ladders.isEmpty
        let count = isBare ? HistoricScenarios.all.count : scenarios.count + asked.count
        if positions.count * count > answerLimit {
            fields.refuse(at: ["positions"], "\(positions.count) positions under \(count) scenarios are more than "
                + "\(answerLimit) losses; ask for fewer at once")
        }
        return StressBody(
            positions: positions, scenarios: fields.has("scenarios") ? scenarios : nil,
            historic: isBare ? HistoricScenarios.all : asked.compactMap { known[$0] },
            exposures: Dictionary(exposures.map { ($0.name, $0.value.values) }) { $1 }, reverse: reverse,
            ladders: ladders)
    }
}
