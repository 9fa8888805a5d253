import Synchronization
import Wire

/// The metrics of one engine, rendered as Prometheus text. Labels are rendered once, when a metric is made.
public final class MetricsRegistry: Sendable {
    enum Kind: String { case counter, gauge, histogram }

    enum Sample: Sendable {
        case counter(Counter), gauge(Gauge), histogram(Histogram), computed(@Sendable () -> Double)
    }

    struct Family: Sendable {
        let name: String, help: String, kind: Kind
        var samples: [(labels: String, sample: Sample)] = []
    }

    private struct State {
        var families: [Family] = []
        var index: [String: Int] = [:]
    }

    private let state = Mutex(State())
    private let base: [(String, String)]

    /// A registry whose every sample bears `labels` too, for example the engine's name.
    public init(labels: KeyValuePairs<String, String> = [:]) { base = labels.map { ($0.key, $0.value) } }

    /// A counter; the same name and labels give the same one. Names end in `_total`.
    public func counter(_ name: String, _ help: String, _ labels: KeyValuePairs<String, String> = [:]) -> Counter {
        let made = add(name, help, .counter, labels) { .counter(Counter()) }
        guard case .counter(let counter) = made else { preconditionFailure("\(name) is not a counter") }
        return counter
    }

    /// A gauge; the same name and labels give the same one.
    public func gauge(_ name: String, _ help: String, _ labels: KeyValuePairs<String, String> = [:]) -> Gauge {
        let made = add(name, help, .gauge, labels) { .gauge(Gauge()) }
        guard case .gauge(let gauge) = made else { preconditionFailure("\(name) is not a gauge") }
        return gauge
    }

    /// A gauge whose value is asked for at each scrape.
    public func computed(
        _ name: String, _ help: String, _ labels: KeyValuePairs<String, String> = [:], counter: Bool = false,
        _ value: @escaping @Sendable () -> Double
    ) {
        _ = add(name, help, counter ? .counter : .gauge, labels) { .computed(value) }
    }

    /// A histogram; the same name and labels give the same one.
    public func histogram(
        _ name: String, _ help: String, _ labels: KeyValuePairs<String, String> = [:],
        bounds: [Double] = Histogram.seconds
    ) -> Histogram {
        let made = add(name, help, .histogram, labels) { .histogram(Histogram(bounds: bounds)) }
        guard case .histogram(let histogram) = made else { preconditionFailure("\(name) is not a histogram") }
        return histogram
    }

    private func add(
        _ name: String, _ help: String, _ kind: Kind, _ labels: KeyValuePairs<String, String>,
        _ make: () -> Sample
    ) -> Sample {
        let text = Self.render(base + labels.map { ($0.key, $0.value) })
        return state.withLock { state in
            let at = state.index[name] ?? state.families.count
            if at == state.families.count {
                state.families.append(Family(name: name, help: help, kind: kind))
                state.index[name] = at
            }
            if let known = state.families[at].samples.first(where: { $0.labels == text }) { return known.sample }
            let sample = make()
            state.families[at].samples.append((text, sample))
            return sample
        }
    }

    private static func render(_ labels: [(String, String)]) -> String {
        labels.map { name, value in
            var escaped = ""
            for character in value {
                switch character {
                case "\\": escaped += "\\\\"
                case "\"": escaped += "\\\""
                case "\n": escaped += "\\n"
                default: escaped.append(character)
                }
            }
            return "\(name)=\"\(escaped)\""
        }.joined(separator: ",")
    }

    /// Prometheus text exposition, version 0.0.4.
    public func render() -> [UInt8] {
        let families = state.withLock { $0.families }
        var out: [UInt8] = []
        out.reserveCapacity(8192)
        for family in families {
            out.append(contentsOf: "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) \(family.kind.rawValue)\n".utf8)
            for (labels, sample) in family.samples { append(family.name, labels, sample, to: &out) }
        }
        return out
    }

    private func append(_ name: String, _ labels: String, _ sample: Sample, to out: inout [UInt8]) {
        switch sample {
        case .counter(let counter): line(name, labels, Double(counter.value), &out)
        case .gauge(let gauge): line(name, labels, gauge.value, &out)
        case .computed(let value): line(name, labels, value(), &out)
        case .histogram(let histogram):
            let state = histogram.snapshot
            let prefix = labels.isEmpty ? "" : labels + ","
            var running: UInt64 = 0
            for (bound, count) in zip(histogram.bounds, state.counts) {
                running += count
                line(name + "_bucket", "\(prefix)le=\"\(bound)\"", Double(running), &out)
            }
            line(name + "_bucket", "\(prefix)le=\"+Inf\"", Double(state.total), &out)
            line(name + "_sum", labels, state.sum, &out)
            line(name + "_count", labels, Double(state.total), &out)
        }
    }

    private func line(_ name: String, _ labels: String, _ value: Double, _ out: inout [UInt8]) {
        out.append(contentsOf: name.utf8)
        if !labels.isEmpty { out.append(contentsOf: "{\(labels)}".utf8) }
        out.append(32)
        if value.isFinite { appendDouble(value, to: &out) } else { out.append(contentsOf: (value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf").utf8) }
        out.append(10)
    }
}
