import Documents
import EngineKit
import Market
import Quant
import Store

/// What a report reads beside positions, prices and the curve: no more is gathered.
struct ReportNeeds: OptionSet, Sendable {
    let rawValue: Int
    /// Stored bars of what is held.
    static let bars = ReportNeeds(rawValue: 1)
    /// Every limit, judged now.
    static let limits = ReportNeeds(rawValue: 2)
    /// Breaches and warnings of the period.
    static let events = ReportNeeds(rawValue: 4)
    /// The newest capital book.
    static let capital = ReportNeeds(rawValue: 64)
    /// Orders that ended in the period, with daily bars of their instruments.
    static let executions = ReportNeeds(rawValue: 128)
}

/// Everything a report is made of, gathered once: making it is arithmetic without waiting.
struct ReportInputs: Sendable {
    let needs: ReportNeeds
    let portfolio: String
    /// The period looked at, both ends included; figures are of its end.
    let from: Timestamp, to: Timestamp
    let picture: RiskPicture
    /// When each position's price was told; nil where only what was paid is known.
    let priceTimes: [String: Timestamp]
    /// Equity net of flows, at the times it was told.
    let curve: (times: [Int64], equity: [Double])
    let bars: AlignedBars
    let limits: [LimitCheck]
    let events: [ReportEvent]
    /// Whether more events lie in the period than `events` holds.
    var isCut = false
    /// Nil where none is kept.
    var capital: CapitalBook?
    /// Orders that ended in the period, the newest first.
    var executions: [ToldOrder] = []
    /// Daily bars by symbol, from well before the first order.
    var executionBars: [String: BarColumns] = [:]
    /// Whether more orders ended than `executions` holds.
    var areExecutionsCut = false
    /// Positions that are held, the largest first; sorted once, as every table walks them.
    let held: [RiskPosition]

    init(
        needs: ReportNeeds, portfolio: String, from: Timestamp, to: Timestamp, picture: RiskPicture,
        priceTimes: [String: Timestamp], curve: (times: [Int64], equity: [Double]), bars: AlignedBars,
        limits: [LimitCheck], events: [ReportEvent], isCut: Bool = false
    ) {
        self.needs = needs
        self.portfolio = portfolio
        (self.from, self.to) = (from, to)
        self.picture = picture
        self.priceTimes = priceTimes
        self.curve = curve
        self.bars = bars
        self.limits = limits
        self.events = events
        self.isCut = isCut
        held = picture.positions.filter { $0.quantity != 0 }
            .sorted { (abs($0.marketValue), $1.symbol) > (abs($1.marketValue), $0.symbol) }
    }

    var equity: Double { Exposure.equity(picture.marketValues, cash: picture.cash) }

    /// The head of one of the reports.
    func document(_ type: ReportType, _ conventions: [String]) -> ReportDocument {
        document(type.rawValue, type.title, conventions)
    }

    /// The head of a document. Warnings name prices that nobody told and those older than five days.
    func document(_ kind: String, _ title: String, _ conventions: [String]) -> ReportDocument {
        var warnings = PriceWarnings.texts(held.map { ($0.symbol, priceTimes[$0.symbol]) }, at: to)
        if let days = picture.history?.newestDays { warnings += PriceWarnings.texts(bars: days, at: to) }
        if needs.contains(.bars) {
            warnings += PriceWarnings.texts(withoutBars: held.map(\.symbol).filter { bars.columns[$0] == nil })
        }
        return ReportDocument(
            kind: kind, title: title, subject: portfolio, currency: "the portfolio's currency", from: from,
            to: to, asOf: to, conventions: conventions, warnings: warnings)
    }

    /// What today's holdings would have earned on each stored day, in currency, over the positions with bars.
    func flows(last count: Int? = nil) -> (times: [Int64], values: [Double]) {
        let parts = held.compactMap { position in bars.columns[position.symbol].map { (position.marketValue, $0.returns) } }
        guard !parts.isEmpty else { return ([], []) }
        let values = LossMeasures.portfolioReturns(parts.map(\.1), weights: parts.map(\.0))
        let times = Array(bars.times.dropFirst()), kept = min(count ?? values.count, values.count)
        return (Array(times.suffix(kept)), Array(values.suffix(kept)))
    }
}

/// Daily closes of several instruments on the days that all of them have, and their mean volumes.
struct AlignedBars: Sendable {
    struct Column: Sendable {
        let closes: [Double]
        /// The mean of the instrument's own newest volumes, whatever days the others have.
        let volume: MeanVolume
        /// Simple returns, one fewer than there are days.
        var returns: [Double] { zip(closes.dropFirst(), closes).map { $0 / $1 - 1 } }
    }

    private(set) var times: [Int64] = []
    private(set) var columns: [String: Column] = [:]

    /// Days are kept where every instrument has a close above zero; one without any bar is left out.
    init(_ bars: [(symbol: String, bars: BarColumns)]) {
        let usable = bars.compactMap { symbol, bars -> (String, [Int64: Int], BarColumns)? in
            var rows: [Int64: Int] = [:]
            for (row, time) in bars.times.enumerated() where bars.close[row].isFinite && bars.close[row] > 0 {
                rows[Self.day(time)] = row
            }
            return rows.isEmpty ? nil : (symbol, rows, bars)
        }
        guard let first = usable.first else { return }
        let days = first.1.keys.filter { day in usable.allSatisfy { $0.1[day] != nil } }.sorted()
        times = days.map { first.2.times[first.1[$0]!] }
        for (symbol, rows, bars) in usable {
            columns[symbol] = Column(
                closes: days.map { bars.close[rows[$0]!] },
                volume: MeanVolume(of: MeanVolume.usualDays, in: bars.volume))
        }
    }

    private static func day(_ time: Int64) -> Int64 { time.flooredQuotient(86_400_000_000_000) }
}

extension Int64 {
    /// The quotient rounded down, also below zero.
    func flooredQuotient(_ divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

/// A breach or warning on record.
struct ReportEvent: Sendable {
    let id: String, limit: String, type: String, severity: String, state: String, reason: String
    let value: Double?, threshold: Double, time: Timestamp

    /// The newest events of a portfolio within a period, at most so many.
    static func read(
        _ portfolio: String, from: Timestamp, to: Timestamp, limit: Int, _ records: any RecordStore
    ) async throws(StoreError) -> [ReportEvent] {
        let found = try await records.query(Statement(
            """
            SELECT id, limit_id, limit_type, severity, state, reason, value, threshold, time FROM risk_events
            WHERE portfolio_id = $1 AND time >= $2 AND time <= $3 ORDER BY time DESC, id DESC LIMIT $4
            """, [.text(portfolio), .integer(from.nanoseconds), .integer(to.nanoseconds), .integer(Int64(limit))]))
        var events: [ReportEvent] = []
        for row in found.records {
            events.append(ReportEvent(
                id: try row.value(0), limit: try row.value(1), type: try row.value(2), severity: try row.value(3),
                state: try row.value(4), reason: try row.value(5), value: try row.value(6), threshold: try row.value(7),
                time: Timestamp(nanoseconds: try row.value(8))))
        }
        return events
    }
}
