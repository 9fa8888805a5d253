/// `bbands(x,n,up,down,type)`: outputs `upper middle lower`: a moving average plus and minus deviations.
///
/// Bollinger 1983, as TA-Lib BBANDS: the deviation is the population one (ddof 0) about the window's own mean, whatever
/// the kind of the average. Defaults 20, 2, 2, 0 (SMA). Look-back n − 1, or the average's where that is longer. Exact
/// with an average over a finite window.
public struct BollingerBands: Kernel {
    private let up: Double
    private let down: Double
    private let averageKind: Int
    private let inverse: Double
    private var window: WindowMoments
    private var average: SelectedAverage

    /// Period of at least 2; `kind` is TA-Lib's number of the average, 0 to 8.
    public init(period: Int, up: Double, down: Double, kind: Int) {
        window = WindowMoments(period)
        average = SelectedAverage(kind: kind, period: period)
        averageKind = kind
        inverse = 1 / Double(period)
        self.up = up
        self.down = down
    }

    /// 2n, and room for an average that is not simple.
    public var scratchCount: Int {
        window.scratchCount + (averageKind == 0 ? 0 : average.scratchCount)
    }
    /// n − 1, or the average's.
    public var lookBack: Int { max(window.period - 1, average.lookBack) }

    /// Takes the next value.
    @inline(__always)
    public mutating func step(_ value: Double, _ scratch: Scratch) -> ThreeValues {
        let moments = window.push(value, scratch)
        let variance = moments.deviations * inverse
        let deviation = variance.squareRoot()
        guard averageKind != 0 else {
            return ThreeValues(moments.mean + deviation * up, moments.mean, moments.mean - deviation * down)
        }
        let middle = average.step(value, scratch + window.scratchCount)
        guard deviation == deviation, middle == middle else { return .null }
        return ThreeValues(middle + deviation * up, middle, middle - deviation * down)
    }
}
