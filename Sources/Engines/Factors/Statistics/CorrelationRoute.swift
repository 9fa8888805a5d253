import EngineKit
import HTTP
import Market
import Quant
import Runtime
import Wire

/// Which factors are correlated over which bars.
struct CorrelationBody: RequestBody {
    /// Most factors at all, and of an exact answer.
    static let factorLimit = 100_000, exactLimit = 20_000
    /// Factors of a search's answer that are compared with all others, to measure what it missed.
    static let sample = 64
    /// Most values kept (factors by observations), and most products of an exact answer.
    static let valueLimit = 50_000_000, productLimit = 100_000_000_000

    let bars: PanelBody, choice: FactorChoice, top: Int, method: CorrelationMethod, seed: Int

    static func read(_ fields: FieldReader) -> CorrelationBody {
        CorrelationBody(
            bars: PanelBody.read(fields), choice: FactorChoice.read(fields, limit: factorLimit),
            top: fields.optionalInt("top", "How many of the strongest pairs; 100 unless said.", 1...10_000) ?? 100,
            method: fields.optionalChoice("method", "pearson unless said.", CorrelationMethod.self) ?? .pearson,
            seed: fields.optionalInt("seed", "Of the search among more than 20,000 factors; 1 unless said.",
                                     0...1_000_000_000) ?? 1)
    }
}

extension FactorEngine {
    var correlationRoute: Route {
        .json(.post, "/factors/correlation",
              "The pairs of factors that correlate most, whatever the sign, over dates and instruments where both are "
              + "known. Exact for up to 20,000 factors; beyond that a seeded search, each pair listed being exact, with its "
              + "recall as measured on 64 of the factors.",
              example: """
                {"symbols":["AAPL","MSFT","KO"],"factors":["close/delay(close,5)-1","close/delay(close,10)-1"],\
                "from":"2012-12-01","top":10,"method":"spearman"}
                """,
              answer: """
                {"method":"spearman","factors":2,"observations":60,"exact":true,"compared":1,\
                "pairs":[{"a":"close/delay(close,5)-1","b":"close/delay(close,10)-1","correlation":0.71,\
                "observations":60}]}
                """, errors: [503]) { [unowned self] (_: NoParameters, body: CorrelationBody, _) in
            try await correlate(body)
        }.calculation
    }

    private func correlate(_ body: CorrelationBody) async throws -> CorrelationAnswer {
        began()
        defer { ended() }
        let names = try await body.choice.resolve(stored, context, limit: CorrelationBody.factorLimit)
        guard names.count > 1 else { throw Problem.invalid("/factors", "must name two factors or more") }
        let factors = try names.map { try FactorName.parse($0) }
        let series = try await withFacts(try await bars(body.bars), factors)
        try FactorGroups.require(body.bars.groups, of: series.map(\.symbol), for: factors)
        let panel = try FactorTable.panel(series, groups: body.bars.groups)
        let rows = FactorTable.rows(panel.ts, body.bars), observations = rows.count * series.count
        guard names.count * observations <= CorrelationBody.valueLimit else {
            throw Problem.invalid("/from", "\(names.count) factors over \(observations) dates and symbols are more than "
                + "\(CorrelationBody.valueLimit) values; ask for fewer factors, symbols or times")
        }
        let isExact = names.count <= CorrelationBody.exactLimit
        guard !isExact || names.count * (names.count - 1) / 2 * observations <= CorrelationBody.productLimit else {
            throw Problem.invalid("/from", "\(names.count) factors over \(observations) dates and symbols take more than "
                + "\(CorrelationBody.productLimit) products; ask for fewer symbols or times")
        }
        try checkCost(factors, series)
        let columns = await Self.columns(names, panel, rows)
        guard isExact else {
            let (answer, recall) = await context.compute {
                let search = CorrelationSearch(seed: UInt64(body.seed))
                let answer = search.strongest(columns, method: body.method, top: body.top)
                let recall = search.recall(of: answer, columns, method: body.method, sample: CorrelationBody.sample)
                return (answer, recall)
            }
            return CorrelationAnswer(names: names, method: body.method, observations: observations, recall: recall,
                                     compared: answer.compared, pairs: answer.pairs)
        }
        let matrix = await context.compute { CorrelationMatrix(columns, method: body.method) }
        let parts = await inParallel(matrix.parts.count) { matrix.strongest(matrix.parts[$0], top: body.top) }
        return CorrelationAnswer(
            names: names, method: body.method, observations: observations, recall: nil,
            compared: names.count * (names.count - 1) / 2, pairs: CorrelationMatrix.merge(parts, top: body.top))
    }

    /// A column for each factor: its values at the rows asked for, one instrument behind the other.
    private static func columns(_ names: [String], _ panel: Panel, _ rows: Range<Int>) async -> [[Double]] {
        let size = 32
        let parts = await inParallel((names.count + size - 1) / size) { part in
            names[(part * size)..<min(names.count, (part + 1) * size)].map { name -> [Double] in
                guard let factor = try? FactorName.parse(name) else {
                    return [Double](repeating: .nan, count: rows.count * panel.symbols.count)
                }
                return factor.expression.evaluate(panel).flatMap { $0[rows] }
            }
        }
        return parts.flatMap { $0 }
    }
}

/// The strongest pairs.
struct CorrelationAnswer: ResponseBody {
    let names: [String], method: CorrelationMethod, observations: Int
    /// What a search missed, measured; nil where the answer is exact.
    let recall: CorrelationSearch.Recall?
    let compared: Int
    let pairs: [CorrelatedPair]

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("method", method.rawValue)
            json.field("factors", names.count)
            json.field("observations", observations)
            json.field("exact", recall == nil)
            if let recall {
                json.field("recall", recall.share)
                json.field("recall_pairs", recall.pairs)
            }
            json.field("compared", compared)
            json.key("pairs")
            json.beginArray()
            for pair in pairs {
                json.object { json in
                    json.field("a", names[pair.first])
                    json.field("b", names[pair.second])
                    json.field("correlation", pair.correlation)
                    json.field("observations", pair.observations)
                }
            }
            json.endArray()
        }
    }
}
