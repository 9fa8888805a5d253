/// `bbands(x,n,up,down,type)`: outputs `upper middle lower`: a moving average plus and minus deviations.
///
/// Bollinger 1983, as TA-Lib BBANDS: the deviation is the population one (ddof 0) about the window's own mean,
/// whatever the kind of the average. Defaults 5, 2, 2, 0 (SMA). Look-back n − 1.
public struct BollingerBands: Kernel {
    private let up: Double
    private let down: Double
    private let averageKind: Int
    private let inverse: Double
    private var window: WindowMoments
    private var average: MovingAverage

    /// Period of at least 2; `kind` is TA-Lib's number of the average, 0 to 2.
    public init(period: Int, up: Double, down: Double, kind: Int) {
        window = WindowMoments(period)
        average = MovingAverage(kind: kind, period: period)
        averageKind = kind
        inverse = 1 / Double(period)
        self.up = up
        self.down = down
    }

    /// 4n.
    public var scratchCount: Int {
        window.scratchCount + (averageKind == 0 ? 0 : MovingAverage.scratchCount(period: window.period))
    }
    /// n − 1.
    public var lookBack: Int { window.period - 1 }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> ThreeValues {
        let moments = window.push(value, scratch)
        let variance = moments.deviations * inverse
        let deviation = variance.squareRoot()
        let middle = averageKind == 0 ? moments.mean : average.push(value, scratch + window.scratchCount)
        return ThreeValues(middle + deviation * up, middle, middle - deviation * down)
    }
}
