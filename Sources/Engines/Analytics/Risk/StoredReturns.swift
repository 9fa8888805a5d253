import EngineKit
import HTTP
import Market

/// Daily returns of several instruments from stored bars, from one day that all of them have to the next.
struct StoredReturns: Sendable {
    /// Fewer closes make no two returns.
    static let closesNeeded = 3

    /// Of equal lengths, oldest first.
    let columns: [Symbol: [Double]]
    /// How many days all of them have.
    let days: Int
    /// What is said of days that not all have.
    let warning: String?

    init(_ closes: [Symbol: [Int64: Double]]) {
        var counts: [Int64: Int] = [:]
        for column in closes.values { for day in column.keys { counts[day, default: 0] += 1 } }
        let shared = counts.filter { $0.value == closes.count }.keys.sorted()
        columns = closes.mapValues { column in
            zip(shared.dropFirst(), shared).map { (column[$0] ?? .nan) / (column[$1] ?? .nan) - 1 }
        }
        days = shared.count
        let fewest = closes.min { ($0.value.count, $0.key.text) < ($1.value.count, $1.key.text) }
        warning = fewest.flatMap { fewest in
            shared.count == counts.count ? nil
                : "\(counts.count - shared.count) of \(counts.count) days are left out, as some positions have no "
                    + "stored bar of them; \(fewest.key.text) has the fewest, \(fewest.value.count)"
        }
    }

    /// Closes above 0 by when their day (UTC) began.
    static func closes(_ bars: BarColumns) -> [Int64: Double] {
        var closes: [Int64: Double] = [:]
        for (time, close) in zip(bars.times, bars.close) where close.isFinite && close > 0 {
            closes[EquityCurve.startOfDay(time)] = close
        }
        return closes
    }
}

extension AnalyticsEngine {
    /// A year of stored days, and one.
    private static let storedDays = 253

    /// Returns by position, of the body or of stored daily bars, with what is to be said of them. Those of a body bear
    /// no days, so stored ones cannot be set beside them.
    func returns(of body: RiskAnalysisBody) async throws -> (columns: [[Double]], warnings: [String]) {
        let given = body.positions.compactMap { body.returns[$0.symbol.text] }
        if given.count == body.positions.count { return (given, []) }
        func refuse(_ message: String, where isWrong: (Symbol) -> Bool) throws(Problem) {
            let wrong = body.positions.enumerated().filter { isWrong($0.element.symbol) }
            if wrong.isEmpty { return }
            throw Problem.invalid(wrong.map { FieldError(pointer: "/positions/\($0.offset)/symbol", message: message) })
        }
        if !given.isEmpty {
            try refuse("has no returns in the body, as others have; those bear no days that stored bars could be "
                + "matched with") { body.returns[$0.text] == nil }
        }
        var closes: [Symbol: [Int64: Double]] = [:]
        for position in body.positions where closes[position.symbol] == nil {
            let bars = try? await BarsClient(context).bars(position.symbol, .day1, last: Self.storedDays)
            closes[position.symbol] = StoredReturns.closes(bars ?? BarColumns())
        }
        let known = closes
        try refuse("has neither returns in the body nor \(StoredReturns.closesNeeded) stored daily bars") {
            (known[$0]?.count ?? 0) < StoredReturns.closesNeeded
        }
        let stored = await context.compute(over: known.count * Self.storedDays) { StoredReturns(known) }
        guard stored.days >= StoredReturns.closesNeeded else {
            throw Problem.invalid("/positions", "have stored daily bars of \(stored.days) days in common, fewer than "
                + "\(StoredReturns.closesNeeded)")
        }
        return (body.positions.map { stored.columns[$0.symbol] ?? [] }, stored.warning.map { [$0] } ?? [])
    }
}
