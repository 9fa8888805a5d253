import EngineKit
import Market
import Quant
import Wire

/// The factors published at every bar close: those that need one instrument only. Each name is one that
/// `/factors/calculate` takes.
struct LiveFactors: BarState {
    /// Ids of the catalogue and expressions: of bars, then of what filings say at the bar's close.
    static let names = [
        "close/delay(close,20)-1", "close/delay(close,252)-1", "-1*(close/delay(close,5)-1)",
        "-1*ts_stddev(returns,20)", "ts_zscore(volume,20)", "alpha101.009", "alpha101.012", "alpha101.023",
        "alpha101.041", "alpha101.053", "alpha101.054", "alpha101.101",
        "earnings_yield", "book_yield", "sales_yield", "free_cash_flow_yield", "return_on_equity", "gross_margin",
        "revenue_growth", "-1*accruals", "piotroski_f", "altman_z", "ts_zscore(earnings_yield,63)",
    ]

    /// Streams that have seen no bar. All names resolve, as a test shows.
    private static let blank: [(name: String, lookBack: Int, stream: ExpressionStream)] = names.compactMap { name in
        guard let factor = try? FactorName.parse(name),
              let stream = try? ExpressionStream(factor.expression, takesFacts: true) else { return nil }
        return (name, factor.expression.lookBack, stream)
    }

    /// What is known of the company at the newest bar.
    private var facts = FactStream([])
    private var streams = Self.blank.map(\.stream)
    private var values = [Double](repeating: .nan, count: Self.blank.count)

    /// When the newest bar began; nil before the first.
    private(set) var time: Timestamp?
    /// Bars seen.
    private var count = 0

    init() {}

    /// Before the first bar of a company of which these facts are stored.
    init(facts: [Fact]) { self.facts = FactStream(facts) }

    /// Whether it is of the same bar and has the same bits.
    func isSame(as other: LiveFactors) -> Bool {
        time == other.time && zip(values, other.values).allSatisfy { mine, its in
            mine.bitPattern == its.bitPattern || (mine.isNaN && its.isNaN)
        }
    }

    mutating func push(_ bar: BarValues, at time: Timestamp) {
        self.time = time
        count += 1
        facts.advance(to: time.nanoseconds)
        for index in streams.indices { values[index] = streams[index].update(bar, facts) }
    }

    /// That values which were told before would be others now: from a bar on, where that is known.
    struct Correction {
        let since: Timestamp?
    }

    /// What `factor.update` carries after the newest bar. `warmup` names what has not enough bars yet, while there is
    /// any such.
    func update(_ key: BarStreamKey, correction: Correction? = nil) -> [UInt8] {
        var json = JSONWriter(capacity: 1024)
        json.object { json in
            json.field("symbol", key.symbol.text)
            json.field("timeframe", key.timeframe.rawValue)
            json.key("ts")
            if let time { json.time(time) } else { json.null() }
            if let replay = key.replay { json.field("replay", replay) }
            if let correction {
                json.field("correction", true)
                if let since = correction.since { json.field("corrected_from", since) }
            }
            json.object("values") { json in
                for (factor, value) in zip(Self.blank, values) { json.field(factor.name, value) }
            }
            let waiting = Self.blank.filter { count <= $0.lookBack }.map(\.name)
            if !waiting.isEmpty { json.strings("warmup", waiting) }
        }
        return json.bytes
    }
}
