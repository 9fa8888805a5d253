/// `ichimoku(tenkan,kijun,senkou)`: outputs `tenkan kijun senkou_a senkou_b chikou` (Hosoda 1969).
///
/// tenkan and kijun are (highest high + lowest low)/2 over their periods; senkou_a is their mean and senkou_b the same
/// middle over the third period, both as they were `kijun` bars ago; chikou is the close of `kijun` bars ago, so that
/// no output knows a later bar. Defaults 9, 26, 52; look-backs are each output's own. Exact.
public struct Ichimoku: Kernel {
    private var conversion: MidPrice
    private var base: MidPrice
    private var span: MidPrice
    private var delays: (DelayLine, DelayLine, DelayLine)

    /// Periods of at least 2.
    public init(tenkan: Int, kijun: Int, senkou: Int) {
        conversion = MidPrice(period: tenkan)
        base = MidPrice(period: kijun)
        span = MidPrice(period: senkou)
        delays = (DelayLine(kijun), DelayLine(kijun), DelayLine(kijun))
    }

    private var shift: Int { delays.0.period }

    /// Three windows and three delays.
    public var scratchCount: Int {
        conversion.scratchCount + base.scratchCount + span.scratchCount + 3 * shift
    }
    /// The longest output's.
    public var lookBack: Int { (0..<5).map { lookBack(ofOutput: $0) }.max() ?? 0 }
    /// Windows less 1, and the shift for the displaced outputs.
    public func lookBack(ofOutput index: Int) -> Int {
        switch index {
        case 0: conversion.lookBack
        case 1: base.lookBack
        case 2: max(conversion.lookBack, base.lookBack) + shift
        case 3: span.lookBack + shift
        default: shift
        }
    }

    /// Takes the next bar.
    @inline(__always)
    public mutating func step(_ bar: Triple, _ scratch: Scratch) -> FiveValues {
        let pair = Pair(bar.high, bar.low)
        var room = scratch
        let tenkan = conversion.step(pair, room)
        room += conversion.scratchCount
        let kijun = base.step(pair, room)
        room += base.scratchCount
        let wide = span.step(pair, room)
        room += span.scratchCount
        return FiveValues(
            tenkan, kijun, delays.0.push((tenkan + kijun) / 2, room), delays.1.push(wide, room + shift),
            delays.2.push(bar.close, room + 2 * shift))
    }
}
