public import HTTP
import Market
public import Quant

/// Columnar bars in a body: times strictly rising, columns as long as they; a value may be null where the source had
/// none, a price that is there is above 0.
public struct InlineBars: RequestBody {
    /// Nil where something did not fit; then the errors are with the reader.
    public let bars: Bars?

    private static let prices = ["open", "high", "low", "close", "vwap", "cap"]

    /// Reads the columns, every error with its place.
    public static func read(_ fields: FieldReader) -> InlineBars {
        let times = fields.times("ts", "Bar times, strictly rising.")
        var columns: [String: [Double]] = [:]
        for name in ["open", "high", "low", "close", "volume", "vwap", "cap"] {
            guard let column = fields.numbers(name, "The bars' \(name).", required: name == "close", nulls: true)
            else { continue }
            fields.requireAsLong(column, as: "ts", at: name)
            let isPrice = prices.contains(name)
            if let bad = column.firstIndex(where: { isPrice ? $0 <= 0 : $0 < 0 }) {
                fields.refuse(at: [name, "\(bad)"], isPrice ? "must be above 0" : "must be at least 0")
            }
            columns[name] = column
        }
        for (index, pair) in zip(times, times.dropFirst()).enumerated() where pair.0 >= pair.1 {
            fields.refuse(at: ["ts", "\(index + 1)"], pair.0 == pair.1 ? "is the same time as the one before it"
                : "is before the time in front of it")
        }
        checkShapes(columns, times.count, fields)
        // What does not fit was reported above; the value is then thrown away.
        return InlineBars(bars: try? Bars(
            ts: times.map(\.nanoseconds), open: columns["open"] ?? [], high: columns["high"] ?? [],
            low: columns["low"] ?? [], close: columns["close"] ?? [], volume: columns["volume"] ?? [],
            vwap: columns["vwap"], cap: columns["cap"]))
    }

    /// The rule of the door: bars that an import would refuse are refused here too, the first of them with its place.
    private static func checkShapes(_ columns: [String: [Double]], _ count: Int, _ fields: FieldReader) {
        func column(_ name: String) -> [Double] {
            columns[name].flatMap { $0.count == count ? $0 : nil } ?? [Double](repeating: .nan, count: count)
        }
        let open = column("open"), high = column("high"), low = column("low"), close = column("close")
        for row in 0..<count {
            let fault = BarShape.fault(open: open[row], high: high[row], low: low[row], close: close[row])
            guard let fault else { continue }
            fields.refuse(at: [fault.column, "\(row)"], fault.reason)
            return
        }
    }
}
