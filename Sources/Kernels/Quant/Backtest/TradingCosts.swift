/// What trading costs, in hundredths of a percent.
public struct TradingCosts: Sendable, Equatable {
    /// Commission on the filled notional.
    public var commissionBps: Double
    /// How far the price moves against the trade: buys fill at price·(1+s), sells at price·(1−s), s = bps/10⁴.
    public var slippageBps: Double
    /// A year's cost of borrowing what is sold short, on its value at each close (365 days).
    public var borrowBps: Double

    /// No costs unless told otherwise.
    public init(commissionBps: Double = 0, slippageBps: Double = 0, borrowBps: Double = 0) {
        self.commissionBps = commissionBps
        self.slippageBps = slippageBps
        self.borrowBps = borrowBps
    }

    /// commissionBps/10⁴.
    var commission: Double { commissionBps / 1e4 }
    /// slippageBps/10⁴.
    var slippage: Double { slippageBps / 1e4 }

    func check() throws(QuantError) {
        for (name, value) in [("commission", commissionBps), ("slippage", slippageBps), ("borrow", borrowBps)] {
            guard value >= 0, value < 1e4 else {
                throw QuantError(.parameter, "\(name)_bps must be from 0 to below 10000")
            }
        }
    }
}

/// When an order that was decided at a bar's close is filled.
public enum FillTime: String, Sendable {
    /// At the next bar's open; an order decided at the last bar is not filled.
    case nextOpen = "next_open"
    /// At the same close.
    case close
}
