@testable import Features
import EngineKit
import Quant
import Testing
import Wire

/// An answer that many threads make is the one that a single thread makes, byte for byte.
@Suite struct SharedFeaturesTests {
    /// Columns alone, several outputs of one, a dear one among cheap ones, and one that is given twice.
    @Test(arguments: [
        ["close", "open", "high", "low", "volume"],
        ["macd(close)", "sma(close,5)", "bbands(close,20)", "ema(close,9)", "stoch()"],
        ["ts_quantile(close,250,0.5)", "close", "open", "rsi(close,14)", "atr(14)"],
        ["sma(close,5)", "sma(close,7)", "sma(close,5)", "open", "high"],
    ])
    func threadsMakeTheSameAnswer(_ texts: [String]) async throws {
        let columns = BarColumns.walk(4000)
        let bars = try Bars(
            ts: columns.times, open: columns.open, high: columns.high, low: columns.low, close: columns.close,
            volume: columns.volume)
        let features = try texts.map { try Feature.parse($0) }
        let blank = FeatureTable(symbol: nil, timeframe: nil, times: bars.ts, hasFlags: false)
        var json = JSONWriter()
        blank.filled(features, bars).write(to: &json)
        for threads in [1, 2, 3, 8] {
            let made = await blank.made(features, bars, as: nil, threads: threads)
            #expect(made.written == json.bytes, "\(threads) threads")
        }
    }
}
