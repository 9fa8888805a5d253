import Glibc

/// What a portfolio earned while money came in and went out, told in the usual ways. All of them speak of one gain:
/// value at the end less value at the start less net flows.
public struct FlowReturns: Sendable, Equatable {
    /// End less start less flows, in money.
    public let gain: Double
    /// Money in less money out after the start.
    public let netFlow: Double
    /// Gain over the value at the start and all that came in: the return on what was put up.
    public let returnOnInvestment: Double?
    /// Gain over the average capital, each flow weighted by the part of the time it was there (modified Dietz).
    public let modifiedDietz: Double?
    /// Π((Vₜ − Fₜ)/Vₜ₋₁) − 1: flows since the last value count at the end of their period. Nil where a value at the
    /// start of a period is not above 0, and where less than nothing is left at its end, which cannot be compounded.
    public let timeWeighted: Double?
    /// The same a year, actual days over 365; nil for less than a day.
    public let timeWeightedAnnual: Double?
    /// The internal rate a year of start, flows and end.
    public let moneyWeighted: MoneyWeightedRate

    private static let year = 365.0 * 86_400e9

    /// `values` at rising times, flows of that instant included, with the money that came in (above 0) or went out
    /// since the one before; the first value's flow is part of it. Only the time-weighted return sums flows so: `dated`
    /// are the same flows at the times they came; at those of the values where it is nil. Throws `.data` for fewer than
    /// two values.
    public init(
        times: [Int64], values: [Double], flows: [Double], dated: [(time: Int64, amount: Double)]? = nil
    ) throws(QuantError) {
        guard times.count > 1, values.count == times.count, flows.count == times.count else {
            throw QuantError(.data, "two values with their flows are needed")
        }
        let dated = (dated ?? zip(times, flows).map { (time: $0, amount: $1) }).filter { $0.time > times[0] }
        guard (values + flows + dated.map(\.amount)).allSatisfy(\.isFinite), zip(times, times.dropFirst()).allSatisfy(<) else {
            throw QuantError(.data, "values and flows must be finite, times rising")
        }
        let last = times.count - 1, span = TimeSpan.nanoseconds(from: times[0], to: times[last])
        let net = flows[1...].reduce(0, +), gain = values[last] - values[0] - net
        var capital = values[0], inflow = values[0], chain: Double? = 1
        for flow in dated {
            capital += flow.amount * TimeSpan.nanoseconds(from: flow.time, to: times[last]) / span
            inflow += max(0, flow.amount)
        }
        for index in 1...last {
            chain = chain.flatMap { product in
                let end = values[index] - flows[index]
                return values[index - 1] > 0 && end >= 0 ? product * end / values[index - 1] : nil
            }
        }
        self.gain = gain
        netFlow = net
        returnOnInvestment = inflow > 0 ? gain / inflow : nil
        modifiedDietz = capital > 0 ? gain / capital : nil
        timeWeighted = chain.map { $0 - 1 }
        timeWeightedAnnual = chain.flatMap { chain in
            span >= 86_400e9 ? pow(chain, Self.year / span) - 1 : nil
        }
        // Flows of one instant are one: what is paid in at the end is taken off what is there.
        var amounts = [times[0]: -values[0], times[last]: values[last]]
        for flow in dated { amounts[flow.time, default: 0] -= flow.amount }
        let days = amounts.sorted { $0.key < $1.key }
        moneyWeighted = MoneyWeightedRate(times: days.map(\.key), amounts: days.map(\.value))
    }
}
