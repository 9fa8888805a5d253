import Glibc
import Numerics

/// What is known of one limit at one time, from which the probability of a breach is read. Free of units: every distance
/// is in standard deviations of the utilisation over the horizon.
public struct BreachDrivers: Sendable, Equatable {
    /// Names of the drivers, in the order of `values`.
    public static let names = [
        "utilization", "headroom", "barrier", "trend", "volatility", "regime", "nearest",
    ]

    /// What each driver means, in the order of `names`.
    public static let meanings = [
        "share of the threshold that is used, at most 3",
        "what is left of the threshold, in standard deviations of the utilisation's change over the horizon",
        "log odds that a driftless random walk of this volatility meets the threshold within the horizon",
        "slope of the last 20 checks over the horizon, in the same standard deviations",
        "natural logarithm of the standard deviation of the change over the horizon",
        "natural logarithm of fast over slow volatility of the utilisation: above 0 it has become restless",
        "what was left of the threshold at the closest of the last 60 checks, in the same standard deviations",
    ]

    /// One number a name; all finite.
    public let values: [Double]
}

/// Follows the utilisation of one limit, check by check, in bounded memory.
///
/// Volatility: exponentially weighted mean of squared changes with decay 0.94 (fast 0.8, slow 0.98), begun with the mean
/// over the first 20 changes. Over `horizon` checks it grows with the square root of their number.
public struct BreachTracker: Sendable, Equatable {
    /// Checks that are needed before drivers are told.
    public static let warmUp = 21
    /// Checks that are remembered.
    public static let window = 60
    private static let slopeWindow = 20

    private var recent: [Double] = []
    private var count = 0
    private var variance = 0.0, fast = 0.0, slow = 0.0

    public init() {}

    /// Takes the utilisation at the next check; what is not finite (a threshold of zero) begins anew.
    public mutating func update(_ utilization: Double) {
        guard utilization.isFinite else {
            self = BreachTracker()
            return
        }
        if let last = recent.last {
            let square = (utilization - last) * (utilization - last)
            count += 1
            if count < Self.warmUp {
                variance += (square - variance) / Double(count)
                (fast, slow) = (variance, variance)
            } else {
                variance = 0.94 * variance + 0.06 * square
                fast = 0.8 * fast + 0.2 * square
                slow = 0.98 * slow + 0.02 * square
            }
        }
        if recent.count == Self.window { recent.removeFirst() }
        recent.append(utilization)
    }

    /// The newest utilisation; nil before the first.
    public var utilization: Double? { recent.last }

    /// The drivers over a horizon of so many checks; nil while fewer than `warmUp` are known, and in a breach.
    public func drivers(horizon: Int) -> BreachDrivers? {
        guard horizon > 0, recent.count >= Self.warmUp, let last = recent.last, last <= 1 else { return nil }
        let deviation = max(1e-9, (variance * Double(horizon)).squareRoot())
        let headroom = Self.clamp((1 - last) / deviation, 0, 10)
        // Reflection principle: a random walk meets a barrier twice as often as it ends beyond it.
        let meets = min(max(2 * NormalDistribution.cumulative(-headroom), 1e-9), 1 - 1e-9)
        let nearest = (1 - recent.reduce(-Double.infinity, max)) / deviation
        return BreachDrivers(values: [
            Self.clamp(last, -3, 3), headroom, log(meets / (1 - meets)),
            Self.clamp(slope * Double(horizon) / deviation, -6, 6), log(deviation),
            Self.clamp(log(max(fast, 1e-18) / max(slow, 1e-18)) / 2, -2, 2), Self.clamp(nearest, -6, 10),
        ])
    }

    /// Least squares slope a check of the last twenty.
    private var slope: Double {
        let part = recent.suffix(Self.slopeWindow), middle = Double(part.count - 1) / 2
        var above = 0.0, below = 0.0
        for (index, value) in part.enumerated() {
            let x = Double(index) - middle
            above += x * value
            below += x * x
        }
        return below > 0 ? above / below : 0
    }

    private static func clamp(_ value: Double, _ low: Double, _ high: Double) -> Double { min(max(value, low), high) }
}
