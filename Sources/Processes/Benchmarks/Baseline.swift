import Wire

/// Measurements of an earlier run, to hold new ones against.
public struct Baseline: Sendable {
    /// Worse than the baseline by more than this share is a regression.
    public static let tolerance = 0.2
    /// What tells measurements of one name apart; other words of the context are circumstances.
    static let telling: Set<String> = ["framed", "lane", "saturated", "transport", "model", "threads"]

    /// Why an earlier run cannot be read.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// A new measurement beside the earlier one.
    public struct Comparison: Sendable, Equatable {
        /// The measurement's name, with what tells it apart.
        public let name: String
        /// The new value and the earlier one, both in `unit`.
        public let value: Double, baseline: Double, unit: String
        /// The new value over the earlier one.
        public var ratio: Double { value / baseline }

        /// Whether more is better, as for messages a second; of times and bytes less is.
        public var isMoreBetter: Bool { unit.hasSuffix("/s") }

        /// Worse than the baseline beyond the tolerance; what is not a number is worse than anything.
        public var isRegression: Bool {
            isMoreBetter ? !(ratio >= 1 - Baseline.tolerance) : !(ratio <= 1 + Baseline.tolerance)
        }
    }

    private var known: [String: (value: Double, unit: String)] = [:]

    /// Reads lines as `nautilus bench --output` writes them; of two that measure the same the later counts.
    public init(lines: String) throws(Failure) {
        let parser = JSONParser()
        for (number, line) in lines.split(separator: "\n").enumerated() {
            let read = try? parser.withDocument(Array(line.utf8)) { json in Self.read(json) }
            guard let found = read ?? nil else {
                throw Failure(description: "line \(number + 1) is not a measurement")
            }
            known[found.name] = (found.value, found.unit)
        }
    }

    private static func read(_ json: JSONValue) -> (name: String, value: Double, unit: String)? {
        guard let name = json.member("name")?.string, let value = json.member("value")?.double,
              let unit = json.member("unit")?.string else { return nil }
        var context: [(name: String, value: String)] = []
        for word in telling {
            guard let member = json.member("context")?.member(word) else { continue }
            context.append((word, member.string ?? member.bool.map { "\($0)" } ?? member.int.map { "\($0)" } ?? ""))
        }
        return (title(name, context), value, unit)
    }

    /// The name with what tells it apart, in one order.
    private static func title(_ name: String, _ context: [(name: String, value: String)]) -> String {
        let words = context.filter { telling.contains($0.name) }.map { "\($0.name)=\($0.value)" }.sorted()
        return ([name] + words).joined(separator: " ")
    }

    /// The measurement beside the earlier one; nil where there is none in the same unit.
    public func compare(_ measurement: Measurement) -> Comparison? {
        let title = Self.title(measurement.name, measurement.context)
        guard let earlier = known[title], earlier.unit == measurement.unit else { return nil }
        return Comparison(name: title, value: measurement.value, baseline: earlier.value, unit: earlier.unit)
    }
}
