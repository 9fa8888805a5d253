/// A feature fed one bar at a time, in bounded memory: the bits of `Feature.evaluate`.
public struct FeatureStream: Sendable {
    /// Names of the outputs, in order.
    public let columnNames: [String]
    private var stream: ProgramStream
    private let slots: [Int]

    /// A stream that has seen no bar; refuses cross-sectional operators.
    public init(_ feature: Feature) throws(QuantError) {
        columnNames = feature.columnNames
        slots = feature.program.outputs.map(\.slot)
        stream = try ProgramStream(feature.program)
    }

    /// Takes the next bar; read the outputs with `subscript`. Allocates nothing after the first bar.
    public mutating func push(_ bar: BarValues) { stream.push(bar) }

    /// Output `index` after the newest bar, NaN for null.
    public subscript(index: Int) -> Double { stream[slots[index]] }

    /// Takes the next bar and answers all outputs.
    public mutating func update(_ bar: BarValues) -> [Double] {
        stream.push(bar)
        return slots.map { stream[$0] }
    }

    /// Takes the next bar and answers all outputs.
    public mutating func update(open: Double, high: Double, low: Double, close: Double, volume: Double) -> [Double] {
        update(BarValues(open: open, high: high, low: low, close: close, volume: volume))
    }
}
