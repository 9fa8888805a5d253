// Benchmarks: what `nautilus bench` runs. Speed is measured here, never asserted in a test.
import Wire

/// One line of a benchmark.
public struct Measurement: Sendable {
    public var name: String
    public var value: Double
    public var unit: String
    /// How many runs the median is of.
    public var runs: Int
    public var p50: Double?
    public var p99: Double?
    public var p999: Double?
    public var context: [(name: String, value: String)]

    public init(
        _ name: String, _ value: Double, _ unit: String, runs: Int, p50: Double? = nil, p99: Double? = nil,
        p999: Double? = nil, context: [(name: String, value: String)] = []
    ) {
        self.name = name
        self.value = value
        self.unit = unit
        self.runs = runs
        self.p50 = p50
        self.p99 = p99
        self.p999 = p999
        self.context = context
    }

    /// One JSON object on one line.
    public var line: String {
        var json = JSONWriter()
        json.beginObject()
        json.key("name")
        json.string(name)
        json.key("value")
        json.double(value)
        json.key("unit")
        json.string(unit)
        json.key("runs")
        json.int(runs)
        for (key, figure) in [("p50", p50), ("p99", p99), ("p999", p999)] {
            guard let figure else { continue }
            json.key(key)
            json.double(figure)
        }
        json.key("context")
        json.beginObject()
        for (key, text) in context {
            json.key(key)
            switch text {
            case "true", "false": json.bool(text == "true")
            case _ where Self.isNumber(text): json.raw(Array(text.utf8))
            default: json.string(text)
            }
        }
        json.endObject()
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// Digits, perhaps with a sign before and a fraction after: what JSON takes for a number as it stands.
    private static func isNumber(_ text: String) -> Bool {
        let size = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let parts = size.split(separator: ".", omittingEmptySubsequences: false)
        let isWritten = parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }
        return isWritten && parts.count <= 2 && (parts[0] == "0" || parts[0].first != "0")
    }
}

/// The middle value.
func middle(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// The value that a part of the sorted values does not exceed.
func quantile(_ values: [Double], _ part: Double) -> Double {
    let sorted = values.sorted()
    return sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
}
