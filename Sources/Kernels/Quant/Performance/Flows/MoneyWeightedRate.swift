import Glibc

/// The rate a year at which all flows of an investment are worth nothing today: Σ cᵢ/(1 + r)^((tᵢ − t₀)/365 days) = 0,
/// actual days over 365 as in spreadsheets and pyxirr. What is paid in is negative, what is got back positive.
public struct MoneyWeightedRate: Sendable, Equatable {
    /// Why there is no rate.
    public enum Trouble: String, Sendable {
        /// All flows go one way, or there are none: no rate, or any.
        case oneWay = "all flows go one way: no rate makes them worth nothing"
        /// Several rates do; `candidates` has them.
        case ambiguous = "several rates make the flows worth nothing"
        /// Everything is at one instant.
        case noTime = "the flows are at one time"
        /// None from −99.99 % to a millionfold a year.
        case outOfReach = "no rate between -99.99 % and 1,000,000 a year makes the flows worth nothing"
    }

    /// The rate a year as a fraction; nil where `trouble` says why.
    public let rate: Double?
    /// Every rate that was found, rising.
    public let candidates: [Double]
    /// Why there is none.
    public let trouble: Trouble?

    private static let year = 365.0 * 86_400e9
    /// ln(1 + r) from −99.99 % to a millionfold.
    private static let low = log(1e-4), high = log(1e6 + 1)
    private static let steps = 4096

    /// Of flows at times in nanoseconds, in any order; all finite.
    public init(times: [Int64], amounts: [Double]) {
        let first = times.min() ?? 0
        let years = times.map { TimeSpan.nanoseconds(from: first, to: $0) / Self.year }
        let flows = zip(years, amounts).filter { $0.1 != 0 }
        guard flows.contains(where: { $0.1 > 0 }), flows.contains(where: { $0.1 < 0 }) else {
            (rate, candidates, trouble) = (nil, [], .oneWay)
            return
        }
        guard flows.contains(where: { $0.0 != flows[0].0 }) else {
            (rate, candidates, trouble) = (nil, [], .noTime)
            return
        }
        let size = flows.reduce(0) { max($0, abs($1.1)) }
        func worth(_ x: Double) -> Double { flows.reduce(0) { $0 + $1.1 / size * exp(-x * $1.0) } }
        // Flows that change their sign once have at most one rate (Descartes); else every one in reach is sought.
        let signs = flows.sorted { $0.0 < $1.0 }.map { $0.1 > 0 }
        let changes = zip(signs, signs.dropFirst()).reduce(0) { $0 + ($1.0 == $1.1 ? 0 : 1) }
        var roots: [Double] = []
        let steps = changes == 1 ? 64 : Self.steps, step = (Self.high - Self.low) / Double(steps)
        var before = worth(Self.low)
        for index in 1...steps {
            let x = Self.low + Double(index) * step, value = worth(x)
            if before == 0 {
                roots.append(x - step)
            } else if (before < 0) != (value < 0), value != 0 {
                roots.append(Self.root(from: x - step, to: x, worth))
            }
            before = value
        }
        candidates = roots.map { expm1($0) }
        rate = roots.count == 1 ? candidates[0] : nil
        trouble = roots.count == 1 ? nil : roots.isEmpty ? .outOfReach : .ambiguous
    }

    /// The root between two points of different sign, by halving.
    private static func root(from: Double, to: Double, _ worth: (Double) -> Double) -> Double {
        var low = from, high = to
        let isRising = worth(low) < 0
        for _ in 0..<80 {
            let middle = (low + high) / 2
            if middle == low || middle == high { break }
            if (worth(middle) < 0) == isRising { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
