/// Several features fed one bar at a time together, in bounded memory: what they have in common is computed once, and
/// each has the bits of `FeatureStream` and of `Feature.evaluate`.
public struct FeatureSetStream: Sendable {
    /// Names of the outputs, feature by feature.
    public let columnNames: [String]
    private var stream: ProgramStream
    private let slots: [Int]

    /// A stream that has seen no bar; refuses cross-sectional operators.
    public init(_ features: [Feature]) throws(QuantError) {
        let program = Program.merged(features.map(\.program))
        columnNames = features.flatMap(\.columnNames)
        slots = program.outputs.map(\.slot)
        stream = try ProgramStream(program)
    }

    /// Takes the next bar; read the outputs with `subscript`. Allocates nothing after the first bar.
    public mutating func push(_ bar: BarValues) { stream.push(bar) }

    /// Output `index` after the newest bar, NaN for null.
    public subscript(index: Int) -> Double { stream[slots[index]] }

    /// Every output after the newest bar, in order.
    public var values: [Double] { slots.map { stream[$0] } }
}
