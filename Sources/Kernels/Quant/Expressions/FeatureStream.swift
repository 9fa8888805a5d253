/// A feature fed one bar at a time, in bounded memory: the bits of `Feature.evaluate`.
public struct FeatureStream: Sendable {
    /// Names of the outputs, in order.
    public let columnNames: [String]
    private var stream: ProgramStream
    private let slots: [Int]
    private let mark: UInt64

    /// A stream that has seen no bar; refuses cross-sectional operators.
    public init(_ feature: Feature) throws(QuantError) {
        columnNames = feature.columnNames
        slots = feature.program.outputs.map(\.slot)
        stream = try ProgramStream(feature.program)
        mark = Self.hash(feature.text.utf8)
    }

    /// A stream that goes on where another of the same feature stood when it gave these bytes. Refuses bytes of another
    /// feature, of another build's layout, or damaged ones.
    public init(_ feature: Feature, snapshot: [UInt8]) throws(QuantError) {
        try self.init(feature)
        let state = snapshot.dropFirst(Self.headerLength)
        guard snapshot.count > Self.headerLength,
            Self.header(mark, state).elementsEqual(snapshot.prefix(Self.headerLength)), stream.restore(state)
        else { throw QuantError(.data, "the snapshot is not one of '\(feature.text)'") }
    }

    private static let headerLength = 16

    /// The state as bytes for `init(_:snapshot:)`: which feature, a checksum, then what the kernels hold. Good for one
    /// build on one kind of machine.
    public var snapshot: [UInt8] {
        let state = stream.bytes
        return Self.header(mark, state[...]) + state
    }

    private static func header(_ mark: UInt64, _ state: ArraySlice<UInt8>) -> [UInt8] {
        [mark, hash(state)].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }

    /// FNV-1a.
    private static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
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
