/// Sums over the samples of a Prometheus text, by the metric's name.
struct MetricsText {
    private(set) var sums: [String: Double] = [:]

    /// Reads the lines whose metric is in `wanted`.
    init(_ bytes: [UInt8], wanted: Set<String>) {
        for line in bytes.split(separator: 10) where line.first != UInt8(ascii: "#") {
            let name = line.prefix { $0 != UInt8(ascii: "{") && $0 != UInt8(ascii: " ") }
            let text = String(decoding: name, as: UTF8.self)
            guard wanted.contains(text), let space = line.lastIndex(of: UInt8(ascii: " ")),
                  let value = Double(String(decoding: line[(space + 1)...], as: UTF8.self)), value.isFinite else { continue }
            sums[text, default: 0] += value
        }
    }

    subscript(_ name: String) -> Double? { sums[name] }
}
