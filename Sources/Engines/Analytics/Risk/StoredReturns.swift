import EngineKit
import HTTP
import Market

/// Daily returns of several instruments from stored bars, from one day that all of them have to the next.
struct StoredReturns: Sendable {
    /// Of equal lengths, oldest first.
    let columns: [Symbol: [Double]]
    /// How many days all of them have.
    let days: Int
    /// What is said of days that not all have.
    let warning: String?

    init(_ closes: [Symbol: DailyCloses]) {
        var all: Set<Int64> = []
        for column in closes.values { all.formUnion(column.days) }
        let shared = closes.values.reduce(all.sorted()) { DailyCloses.common($0, $1.days) }
        columns = closes.mapValues { $0.returns(between: shared) }
        days = shared.count
        let fewest = closes.min { ($0.value.days.count, $0.key.text) < ($1.value.days.count, $1.key.text) }
        warning = fewest.flatMap { fewest in
            shared.count == all.count ? nil
                : "\(all.count - shared.count) of \(all.count) days are left out, as some positions have no "
                    + "stored bar of them; \(fewest.key.text) has the fewest, \(fewest.value.days.count)"
        }
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
        var closes: [Symbol: DailyCloses] = [:]
        for position in body.positions where closes[position.symbol] == nil {
            let bars = try await BarsClient(context).bars(position.symbol, .day1, last: Self.storedDays)
            closes[position.symbol] = DailyCloses(bars)
        }
        let known = closes
        try refuse("has neither returns in the body nor \(DailyCloses.needed) stored daily bars") {
            (known[$0]?.days.count ?? 0) < DailyCloses.needed
        }
        let stored = await context.compute(over: known.count * Self.storedDays) { StoredReturns(known) }
        guard stored.days >= DailyCloses.needed else {
            throw Problem.invalid("/positions", "have stored daily bars of \(stored.days) days in common, fewer than "
                + "\(DailyCloses.needed)")
        }
        return (body.positions.map { stored.columns[$0.symbol] ?? [] }, stored.warning.map { [$0] } ?? [])
    }
}
