/// What one pass over the returns gathers.
struct ReturnPass {
    /// Π(1+r).
    private(set) var growth = 1.0
    /// Σ min(r,0)².
    private(set) var downSquares = 0.0
    /// Σ min(r−f,0)².
    private(set) var shortfallSquares = 0.0
    /// Σ of r − f above 0.
    private(set) var gains = 0.0
    /// −Σ of r − f below 0.
    private(set) var losses = 0.0

    init(_ returns: Span<Double>, riskFree: Double) {
        for index in 0..<returns.count {
            let value = returns[index]
            growth *= 1 + value
            let down = value < 0 ? value : 0
            downSquares += down * down
            let excess = value - riskFree
            let shortfall = excess < 0 ? excess : 0
            shortfallSquares += shortfall * shortfall
            gains += excess > 0 ? excess : 0
            losses -= shortfall
        }
    }
}
