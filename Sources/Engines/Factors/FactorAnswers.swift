import EngineKit
import HTTP
import Market
import Quant
import Wire

/// Factor values: for each factor a row a time, in it a value an instrument.
struct FactorTable: ResponseBody {
    let symbols: [String]
    let times: [Int64]
    /// By factor, instrument and time.
    let values: [(name: String, values: [[Double]])]
    /// Factors that need more bars than there are.
    var allNull: [FactorName] = []
    /// Symbols without facts for the columns that are made of facts, by column.
    var factless: [(column: Column, symbols: [String])] = []

    /// Numbers of one answer, and cells (times by instruments) of one panel.
    static let valueLimit = 10_000_000, cellLimit = 20_000_000

    /// Aligns the series; times that hardly meet would make a panel of mostly nothing, which is refused.
    static func panel(
        _ series: [(symbol: String, bars: Bars)], groups: [Grouping: [String: String]] = [:]
    ) throws(Problem) -> Panel {
        let rows = series.reduce(0) { $0 + $1.bars.count }
        if rows * series.count > cellLimit {
            let times = series.reduce(into: Set<Int64>()) { $0.formUnion($1.bars.ts) }
            if times.count * series.count > cellLimit {
                throw Problem.invalid("/symbols",
                    "\(series.count) symbols have \(times.count) different times, which makes "
                    + "more than \(cellLimit) cells; ask for fewer symbols or times")
            }
        }
        return Panel(series, groups: groups)
    }

    /// Which columns made of facts are null throughout, for which symbols.
    static func factless(_ series: [(symbol: String, bars: Bars)]) -> [(column: Column, symbols: [String])] {
        let columns = series.reduce(into: Set<Column>()) { $0.formUnion($1.bars.fundamentals.keys) }
        return columns.sorted { $0.rawValue < $1.rawValue }.compactMap { column in
            let without = series.filter { !($0.bars.fundamentals[column] ?? []).contains(where: \.isFinite) }
            return without.isEmpty ? nil : (column, without.map(\.symbol))
        }
    }

    /// What a caller should know about the values.
    private var warnings: [String] {
        allNull.map { "\($0.text) is null throughout: it needs more than \($0.expression.lookBack) bars" }
            + factless.map { column, symbols in
                let others = symbols.count > 3 ? " and \(symbols.count - 3) more" : ""
                let named = symbols.prefix(3).joined(separator: ", ")
                return "\(column.rawValue) is null for \(named)\(others): no facts that give it were known; "
                    + "POST /market-data/facts stores them"
            }
    }

    static func check(rows: Int, symbols: Int, factors: Int) throws(Problem) {
        let values = rows * symbols * factors
        if values > valueLimit {
            throw Problem.invalid("/factors",
                "the answer has \(values) values, at most \(valueLimit) are sent at once; ask "
                + "for fewer factors, symbols or times")
        }
    }

    /// Evaluates over the whole panel on every core, what factors have in common once; then keeps the rows asked for.
    static func compute(_ factors: [FactorName], _ panel: Panel, rows: Range<Int>, threads: Int) async -> FactorTable {
        let set = ExpressionSet(factors.map(\.expression))
        let values = await withTaskExecutorPreference(globalConcurrentExecutor) {
            await set.evaluate(panel, threads: threads)
        }
        return FactorTable(
            symbols: panel.symbols, times: Array(panel.ts[rows]),
            values: factors.enumerated().map { index, factor in
                (factor.text, panel.symbols.indices.map { values.values(index, instrument: $0, rows: rows) })
            },
            allNull: panel.ts.isEmpty ? [] : factors.filter { $0.expression.lookBack >= panel.ts.count })
    }

    /// The rows of a panel that a request asks for: a range, or the newest as of a time.
    static func rows(_ times: [Int64], _ body: PanelBody) -> Range<Int> {
        if let asOf = body.asOf {
            let end = times.firstIndex { $0 > asOf.nanoseconds } ?? times.count
            return max(0, end - 1)..<end
        }
        let end = body.to.flatMap { to in times.firstIndex { $0 > to.nanoseconds } } ?? times.count
        let start = body.from.map { from in times.firstIndex { $0 >= from.nanoseconds } ?? times.count } ?? 0
        return min(start, end)..<end
    }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("ts")
        json.beginArray()
        for time in times { json.time(Timestamp(nanoseconds: time)) }
        json.endArray()
        json.key("symbols")
        json.beginArray()
        for symbol in symbols { json.string(symbol) }
        json.endArray()
        json.key("values")
        json.beginObject()
        for factor in values {
            json.key(factor.name)
            json.beginArray()
            for row in times.indices { json.doubles(factor.values.lazy.map { $0[row] }) }
            json.endArray()
        }
        json.endObject()
        let warnings = warnings
        if !warnings.isEmpty { json.strings("warnings", warnings) }
        json.endObject()
    }

    /// A column for each factor and instrument, named `factor/symbol`.
    var table: Table? {
        Table(times: times, columns: values.flatMap { factor in
            zip(symbols, factor.values).map { (name: "\(factor.name)/\($0)", values: $1) }
        })
    }
}

/// What the last calculation was.
struct FactorRun: Sendable {
    let at: Timestamp, factors: Int, symbols: Int, rows: Int, seconds: Double
}
