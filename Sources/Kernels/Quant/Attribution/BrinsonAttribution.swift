/// Why a portfolio earned more than its benchmark: for weighing groups otherwise, and for choosing otherwise within
/// them (Brinson and Fachler 1985), linked over periods by Cariño.
///
/// In a period with weights w, b and returns r, q of a group in portfolio and benchmark and B = Σbq the benchmark's
/// return: allocation (w − b)(q − B), selection b(r − q), interaction (w − b)(r − q); they sum to R − B. A group that
/// the benchmark does not hold has q = r, all is allocation then; one the portfolio does not hold has r = q.
public struct BrinsonAttribution: Sendable, Equatable {
    /// What is held of one instrument in one period.
    public struct Holding: Sendable, Equatable {
        /// Share of the portfolio, below 0 for a short position.
        public var weight: Double
        /// Share of the benchmark.
        public var benchmarkWeight: Double
        /// Return in the portfolio.
        public var ownReturn: Double
        /// Return in the benchmark.
        public var benchmarkReturn: Double

        /// A holding; see the properties.
        public init(weight: Double, benchmarkWeight: Double, ownReturn: Double, benchmarkReturn: Double) {
            self.weight = weight
            self.benchmarkWeight = benchmarkWeight
            self.ownReturn = ownReturn
            self.benchmarkReturn = benchmarkReturn
        }
    }

    /// The effects of one group over all periods.
    public struct Group: Sendable, Equatable {
        /// Its name.
        public let name: String
        /// Average weights over the periods.
        public let weight: Double, benchmarkWeight: Double
        /// Linked effects.
        public let allocation: Double, selection: Double, interaction: Double
        /// Their sum.
        public var total: Double { allocation + selection + interaction }
    }

    /// By name.
    public let groups: [Group]
    /// Compounded returns of the portfolio and of the benchmark.
    public let portfolioReturn: Double, benchmarkReturn: Double
    /// What the groups sum to.
    public var activeReturn: Double { portfolioReturn - benchmarkReturn }

    /// Attributes periods of holdings, each with the name of its group. Throws `.data` where a number is not finite,
    /// weights of portfolio and benchmark do not sum to the same (cash is a holding too), a period lost everything, or
    /// the parts would not sum to the whole.
    public init(_ periods: [[(group: String, holding: Holding)]]) throws(QuantError) {
        let names = Set(periods.flatMap { $0.map(\.group) }).sorted()
        let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        var effects = [[Effect]](repeating: [], count: names.count)
        var own: [Double] = [], other: [Double] = []
        for (number, period) in periods.enumerated() {
            let sums = try Self.sums(period, places, number)
            let portfolio = sums.reduce(0) { $0 + $1.earned }, benchmark = sums.reduce(0) { $0 + $1.benchmarkEarned }
            own.append(portfolio)
            other.append(benchmark)
            for index in names.indices { effects[index].append(Effect(sums[index], benchmark: benchmark)) }
        }
        let linking = try ActiveLinking(portfolio: own, benchmark: other)
        let count = Double(periods.count)
        groups = names.indices.map { index in
            Group(name: names[index], weight: effects[index].reduce(0) { $0 + $1.weight } / count,
                  benchmarkWeight: effects[index].reduce(0) { $0 + $1.benchmarkWeight } / count,
                  allocation: linking.linked(effects[index].map(\.allocation)),
                  selection: linking.linked(effects[index].map(\.selection)),
                  interaction: linking.linked(effects[index].map(\.interaction)))
        }
        portfolioReturn = linking.portfolioReturn
        benchmarkReturn = linking.benchmarkReturn
        try ActiveLinking.check(
            groups.reduce(0) { $0 + $1.total }, portfolioReturn - benchmarkReturn, "the attribution")
    }

    /// Weights and earnings of a group in a period.
    private struct Sum {
        var weight = 0.0, benchmarkWeight = 0.0, earned = 0.0, benchmarkEarned = 0.0
    }

    private struct Effect {
        let weight: Double, benchmarkWeight: Double, allocation: Double, selection: Double, interaction: Double

        init(_ sum: Sum, benchmark: Double) {
            weight = sum.weight
            benchmarkWeight = sum.benchmarkWeight
            let own = sum.weight == 0 ? nil : sum.earned / sum.weight
            let other = sum.benchmarkWeight == 0 ? nil : sum.benchmarkEarned / sum.benchmarkWeight
            let q = other ?? own ?? 0, r = own ?? q
            allocation = (sum.weight - sum.benchmarkWeight) * (q - benchmark)
            selection = sum.benchmarkWeight * (r - q)
            // Weights of a long and a short position may cancel and still have earned: that is choosing too.
            let rest = (sum.weight == 0 ? sum.earned : 0) - (sum.benchmarkWeight == 0 ? sum.benchmarkEarned : 0)
            interaction = (sum.weight - sum.benchmarkWeight) * (r - q) + rest
        }
    }

    private static func sums(
        _ period: [(group: String, holding: Holding)], _ places: [String: Int], _ number: Int
    ) throws(QuantError) -> [Sum] {
        var sums = [Sum](repeating: Sum(), count: places.count), own = 0.0, other = 0.0
        for (name, holding) in period {
            let numbers = [holding.weight, holding.benchmarkWeight, holding.ownReturn, holding.benchmarkReturn]
            guard numbers.allSatisfy(\.isFinite), let place = places[name] else {
                throw QuantError(.data, "a number of period \(number) is not finite")
            }
            sums[place].weight += holding.weight
            sums[place].benchmarkWeight += holding.benchmarkWeight
            sums[place].earned += holding.weight * holding.ownReturn
            sums[place].benchmarkEarned += holding.benchmarkWeight * holding.benchmarkReturn
            own += holding.weight
            other += holding.benchmarkWeight
        }
        guard abs(own - other) <= 1e-6 else {
            throw QuantError(
                .data, "weights of period \(number) sum to \(own), the benchmark's to \(other); cash counts too")
        }
        return sums
    }
}
