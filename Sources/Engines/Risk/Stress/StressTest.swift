import Quant

/// Losses of positions under shocks. No shock takes more than all of a price.
struct StressTest {
    /// One scenario's losses; positive is a loss.
    struct Outcome {
        let shocks: [Double], losses: [Double]
        var loss: Double { losses.reduce(0, +) }
    }

    /// How far a direction must go.
    struct Reverse {
        /// Times the direction; nil where no multiple reaches the loss.
        let multiple: Double?
        let loss: Double
        /// The largest loss that the direction can make; infinite where it grows without end.
        let largest: Double
    }

    let positions: [RiskPosition]
    var exposures: [String: [String: Double]] = [:]

    /// Losses where names are shocked and factors move.
    func outcome(_ shocks: [String: Double], factors: [String: Double] = [:], times: Double = 1) -> Outcome {
        let named = Scenario(shocks).shocks(positions)
        var met: [Double] = []
        for (position, own) in zip(positions, named) {
            var shock = own
            if !factors.isEmpty, let sensitivities = exposures[position.symbol] {
                for (factor, move) in factors.sorted(by: { $0.key < $1.key }) {
                    shock += (sensitivities[factor] ?? 0) * move
                }
            }
            met.append(max(-1, shock * times))
        }
        let values = positions.map(\.marketValue)
        return Outcome(shocks: met, losses: zip(values, met).map { value, shock in value == 0 ? 0 : -value * shock })
    }

    /// The smallest multiple of a direction with a loss.
    ///
    /// The loss of a multiple m is −Σv·max(−1, s·m): straight between the multiples 1/|s| at which a falling price is all
    /// lost, so it is followed from one to the next.
    func reverse(_ direction: [String: Double], loss: Double) -> Reverse {
        let legs = Legs(zip(positions.map(\.marketValue), Scenario(direction).shocks(positions)))
        var low = 0.0, lost = 0.0, largest = 0.0, multiple: Double?
        for (kink, slope) in zip(legs.kinks, legs.slopes) {
            let next = lost + slope * (kink - low)
            if multiple == nil, next >= loss * (1 - 1e-12) { multiple = min(kink, low + (loss - lost) / slope) }
            largest = max(largest, next)
            (low, lost) = (kink, next)
        }
        // Beyond them all only prices that rise move, for ever.
        if legs.last > 0 {
            if multiple == nil { multiple = low + (loss - lost) / legs.last }
            largest = .infinity
        }
        guard var multiple, multiple.isFinite else { return Reverse(multiple: nil, loss: largest, largest: largest) }
        func found(_ multiple: Double) -> Double { outcome(direction, times: multiple).loss }
        for _ in 0..<4 where found(multiple) < loss { multiple = multiple.nextUp }
        return Reverse(multiple: multiple, loss: found(multiple), largest: largest)
    }

    /// How losses grow along a direction.
    private struct Legs {
        /// Multiples at which a price is all lost, rising.
        private(set) var kinks: [Double] = []
        /// Loss by multiple up to each of them.
        private(set) var slopes: [Double] = []
        /// Loss by multiple beyond; 0 where longs and shorts that rise set each other off.
        let last: Double

        init(_ legs: some Sequence<(Double, Double)>) {
            var rising = 0.0, size = 0.0, falling: [(kink: Double, slope: Double)] = []
            for (value, shock) in legs where value != 0 && shock != 0 {
                if shock < 0 {
                    falling.append((-1 / shock, -value * shock))
                } else {
                    rising -= value * shock
                    size += abs(value * shock)
                }
            }
            last = abs(rising) <= 1e-12 * size ? 0 : rising
            falling.sort { $0.kink < $1.kink }
            // Summed from the end, so that nothing is left over where all has been lost.
            var slope = last
            for leg in falling.reversed() {
                slope += leg.slope
                kinks.append(leg.kink)
                slopes.append(slope)
            }
            kinks.reverse()
            slopes.reverse()
        }
    }
}
