public import Market

/// A picture of numbers: lines over time, or bars over names. Its data is also in the JSON and in a table for those who
/// do not see it.
public struct ReportChart: Sendable, Equatable {
    /// What stands on the horizontal axis.
    public enum Axis: Sendable, Equatable {
        case times([Timestamp])
        case names([String])

        /// How many places there are.
        public var count: Int {
            switch self {
            case .times(let times): times.count
            case .names(let names): names.count
            }
        }
    }

    /// One line or one set of bars, with a value for each place; a value that is not finite is a gap.
    public struct Series: Sendable, Equatable {
        public var name: String, label: String, values: [Double]

        /// A series.
        public init(_ name: String, _ label: String, _ values: [Double]) {
            self.name = name
            self.label = label
            self.values = values
        }
    }

    public var name: String, title: String
    public var axis: Axis
    public var format: ReportValue.Format
    public var series: [Series]

    /// A chart; series of another length than the axis are a programming error.
    public init(_ name: String, _ title: String, _ axis: Axis, _ format: ReportValue.Format, _ series: [Series]) {
        precondition(series.allSatisfy { $0.values.count == axis.count }, "\(name): a series of another length")
        self.name = name
        self.title = title
        self.axis = axis
        self.format = format
        self.series = series
    }

    /// What is seen, in words: for screen readers and for printers without pictures.
    public var inWords: String {
        let places = switch axis {
        case .times(let times): times.first.map { "from \($0.day) to \(times.last?.day ?? $0.day)" } ?? "without a point"
        case .names(let names): "over \(names.count) names"
        }
        let told = series.map { series in
            let finite = series.values.filter(\.isFinite)
            guard let low = finite.min(), let high = finite.max(), let last = finite.last else {
                return "\(series.label): no values"
            }
            return "\(series.label): lowest \(ReportValue.number(low, format).shown), highest "
                + "\(ReportValue.number(high, format).shown), last \(ReportValue.number(last, format).shown)"
        }
        return "\(title), \(places). " + told.joined(separator: "; ") + "."
    }
}

/// Where a chart's parts lie in a box with its origin at the top left: drawn alike by SVG and PDF.
public struct ChartLayout: Sendable, Equatable {
    /// A place in the box.
    public struct Point: Sendable, Equatable {
        public var x: Double, y: Double
    }

    /// A bar's rectangle.
    public struct Bar: Sendable, Equatable {
        public var x: Double, y: Double, width: Double, height: Double
    }

    /// A label at its place on an axis.
    public struct Tick: Sendable, Equatable {
        public var position: Double, text: String
    }

    /// Height of the value 0, or of the lowest value where 0 is not in sight.
    public let zero: Double
    public let valueTicks: [Tick], placeTicks: [Tick]
    /// Lines of each series, cut at its gaps; empty for bars.
    public let lines: [[[Point]]]
    /// Bars of each series; empty for lines.
    public let bars: [[Bar]]

    /// Lays a chart out in a box of a size in any unit.
    public init(_ chart: ReportChart, width: Double, height: Double) {
        let all = chart.series.flatMap(\.values).filter(\.isFinite)
        let isBars = if case .names = chart.axis { true } else { false }
        let ticks = Self.ticks(isBars ? min(0, all.min() ?? 0) : all.min() ?? 0, isBars ? max(0, all.max() ?? 1) : all.max() ?? 1)
        let low = ticks.first ?? 0, high = ticks.last ?? 1
        func y(_ value: Double) -> Double { height - (value - low) / (high - low) * height }
        zero = y(min(max(0, low), high))
        valueTicks = ticks.map { Tick(position: y($0), text: ReportValue.number($0, chart.format).shown) }
        let count = chart.axis.count
        switch chart.axis {
        case .times(let times):
            let first = Double(times.first?.nanoseconds ?? 0), last = Double(times.last?.nanoseconds ?? 1)
            let xs = times.map { last > first ? (Double($0.nanoseconds) - first) / (last - first) * width : width / 2 }
            lines = chart.series.map { series in
                series.values.indices.split { !series.values[$0].isFinite }.map { run in
                    run.map { Point(x: xs[$0], y: y(series.values[$0])) }
                }
            }
            bars = []
            let shown = min(6, count)
            placeTicks = shown < 2 ? times.prefix(1).map { Tick(position: width / 2, text: $0.day) } : (0..<shown).map { index in
                let at = index * (count - 1) / (shown - 1)
                return Tick(position: xs[at], text: times[at].day)
            }
        case .names(let names):
            let slot = width / Double(max(1, count)), thick = slot * 0.7 / Double(max(1, chart.series.count))
            lines = []
            bars = chart.series.enumerated().map { index, series in
                series.values.enumerated().filter { $0.element.isFinite }.map { place, value in
                    let x = slot * Double(place) + slot * 0.15 + thick * Double(index), top = y(max(0, value))
                    return Bar(x: x, y: top, width: thick, height: y(min(0, value)) - top)
                }
            }
            placeTicks = names.enumerated().map { Tick(position: slot * (Double($0.offset) + 0.5), text: $0.element) }
        }
    }

    /// Four to ten round values that span two: 1, 2 or 5 times a power of ten apart.
    static func ticks(_ low: Double, _ high: Double) -> [Double] {
        var low = low, high = high
        if !(high > low) {
            let spread = low == 0 ? 1 : abs(low) * 0.1
            low -= spread
            high += spread
        }
        var step = 1.0
        let rough = (high - low) / 5
        while step > rough { step /= 10 }
        while step * 10 <= rough { step *= 10 }
        let lead = rough / step
        step *= lead > 5 ? 10 : lead > 2 ? 5 : lead > 1 ? 2 : 1
        let first = (low / step).rounded(.down), last = (high / step).rounded(.up)
        return stride(from: first, through: last, by: 1).map { $0 * step }
    }
}
