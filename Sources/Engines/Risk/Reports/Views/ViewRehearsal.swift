import Documents
import EngineKit
import Market
import Numerics

/// A made-up portfolio with everything that the dashboards read, gathered already: how long it takes to make one of them is
/// measured on it, without the bus, the records and the stored bars.
public struct ViewRehearsal: Sendable {
    /// The dashboards' names.
    public static let names = RiskView.allCases.map(\.rawValue)

    private let inputs: ReportInputs

    /// As many positions as said, each with three years of daily bars, 18 limits and 1,000 events; the same every time.
    public init(positions count: Int) {
        let random = Philox(seed: 29), days = 757, day: Int64 = 86_400_000_000_000
        let times = (0..<days).map { Int64($0) * day }
        var bars: [(symbol: String, bars: BarColumns)] = [], positions: [RiskPosition] = []
        for index in 0..<count {
            var columns = BarColumns(), price = 50.0
            columns.times = times
            for step in 0..<days {
                price *= 1 + 0.01 * random.normal(UInt64(step), stream: UInt64(index))
                columns.close.append(price)
                columns.volume.append(1e6)
            }
            bars.append(("S\(index)", columns))
            positions.append(RiskPosition(
                symbol: "S\(index)", quantity: Double(index % 7 * 100 - 250), price: price, previousClose: price * 0.99,
                sector: "\(index % 11)"))
        }
        let end = Timestamp(nanoseconds: times[days - 1])
        let picture = RiskPicture(positions: positions, cash: 1e7, orderRate: 0)
        let limits = LimitType.allCases.filter { $0 != .expression }.map { type in
            LimitCheck(Limit(
                id: type.rawValue, type: type, threshold: 1e12, scope: .all, minimum: nil, softThreshold: nil, expression: nil,
                warnAt: 0.8, method: .parametric, confidence: 0.99, horizonDays: 1, participation: 0.2, isActive: true), value: 1)
        }
        let events = (0..<1000).map { index in
            ReportEvent(id: "\(index)", limit: "gross", type: "gross_exposure", severity: "critical", state: "open",
                        reason: "gross_exposure is above", value: 2, threshold: 1, time: Timestamp(nanoseconds: times[index % days]))
        }
        inputs = ReportInputs(
            needs: [.bars, .limits, .events], portfolio: "rehearsal", from: Timestamp(nanoseconds: times[0]), to: end,
            picture: picture, priceTimes: Dictionary(uniqueKeysWithValues: positions.map { ($0.symbol, end) }),
            curve: (times, times.indices.map { 1e7 + Double($0) }), bars: AlignedBars(bars), limits: limits, events: events)
    }

    /// Makes one dashboard; how many bytes it has. 0 for a name that there is not.
    public func make(_ name: String) -> Int { RiskView(rawValue: name).map { $0.document(inputs).json.count } ?? 0 }
}
