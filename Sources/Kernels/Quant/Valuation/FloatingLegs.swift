/// Swaps of a netting set as known flows and floating periods; equal ones are one.
struct FloatingLegs {
    struct Known { let time: Double; var amount: Double }
    struct Period { let start: Double, end: Double; var notional: Double }

    /// Most payments of all swaps together.
    static let largest = 500_000

    private struct Span: Hashable { let start: Int64, end: Int64 }

    /// By time.
    private(set) var known: [Known] = []
    /// By start.
    private(set) var periods: [Period] = []
    private var places: [Int64: Int] = [:]
    private var spans: [Span: Int] = [:]

    init(_ trades: [XvaTrade]) throws(QuantError) {
        var payments = 0
        for trade in trades {
            guard case .swap(_, _, _, let start, let maturity, let fixed, let float) = trade else { continue }
            payments += try Self.count(start, maturity, fixed) + Self.count(start, maturity, float)
        }
        guard payments <= Self.largest else {
            throw QuantError(.parameter, "the swaps have \(payments) payments; at most \(Self.largest)")
        }
        for trade in trades {
            guard case .swap(let notional, let rate, let paysFixed, let start, let maturity, let fixed, let float) =
                trade else { continue }
            let sign = paysFixed ? -1.0 : 1
            let dates = try Self.dates(start, maturity, fixed)
            for (from, to) in zip(dates, dates.dropFirst()) { add(sign * notional * rate * (to - from), at: to) }
            // A floating leg is worth its notional at its start, less the one at its end.
            add(sign * notional, at: maturity)
            if start > 1e-9 { add(-sign * notional, at: start) }
            let resets = try Self.dates(start, maturity, float)
            for (from, to) in zip(resets, resets.dropFirst()) {
                add(Period(start: from, end: to, notional: -sign * notional))
            }
        }
        known.sort { $0.time < $1.time }
        periods.sort { ($0.start, $0.end) < ($1.start, $1.end) }
    }

    /// Times are told apart to 1e-9 of a year.
    private static func key(_ time: Double) -> Int64 { Int64((time * 1e9).rounded()) }

    private mutating func add(_ amount: Double, at time: Double) {
        if let index = places[Self.key(time)] {
            known[index].amount += amount
        } else {
            places[Self.key(time)] = known.count
            known.append(Known(time: time, amount: amount))
        }
    }

    private mutating func add(_ period: Period) {
        let span = Span(start: Self.key(period.start), end: Self.key(period.end))
        if let same = spans[span] {
            periods[same].notional += period.notional
        } else {
            spans[span] = periods.count
            periods.append(period)
        }
    }

    private static func count(_ start: Double, _ maturity: Double, _ perYear: Int) throws(QuantError) -> Int {
        let count = ((maturity - start) * Double(perYear) - 1e-9).rounded(.up)
        guard count >= 1, count <= 2_000 else { throw QuantError(.parameter, "a swap has 1 to 2000 periods a leg") }
        return Int(count)
    }

    /// Ends of periods, counted back from maturity, after the start.
    private static func dates(_ start: Double, _ maturity: Double, _ perYear: Int) throws(QuantError) -> [Double] {
        let count = try count(start, maturity, perYear)
        return [start] + (0..<count).reversed().map { maturity - Double($0) / Double(perYear) }
    }
}
