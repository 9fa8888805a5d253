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
        /// The largest loss that the direction can make.
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

    /// The smallest multiple of a direction with a loss, by doubling and halving: the loss need not rise steadily once
    /// prices reach zero, so multiples are tried up to a million.
    func reverse(_ direction: [String: Double], loss: Double) -> Reverse {
        func lost(_ multiple: Double) -> Double { outcome(direction, times: multiple).loss }
        var largest = 0.0, high: Double?
        var low = 0.0, multiple = 1.0 / 1024
        while multiple <= 1_048_576 {
            let found = lost(multiple)
            largest = max(largest, found)
            if found >= loss {
                high = multiple
                break
            }
            low = multiple
            multiple *= 2
        }
        guard var high else { return Reverse(multiple: nil, loss: largest, largest: largest) }
        for _ in 0..<100 {
            let middle = (low + high) / 2
            if middle <= low || middle >= high { break }
            if lost(middle) >= loss { high = middle } else { low = middle }
        }
        return Reverse(multiple: high, loss: lost(high), largest: largest)
    }
}
