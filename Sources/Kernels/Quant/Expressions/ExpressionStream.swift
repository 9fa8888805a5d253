/// An expression over one instrument, a bar at a time, in bounded memory: the bits of `Expression.evaluate`.
public struct ExpressionStream: Sendable {
    private var stream: ProgramStream
    private let slot: Int
    /// How many bars give null at the beginning.
    public let lookBack: Int

    /// A stream that has seen no bar; refuses cross-sectional operators, and columns made of facts unless bars come with
    /// these.
    public init(_ expression: Expression, takesFacts: Bool = false) throws(QuantError) {
        stream = try ProgramStream(expression.program, takesFacts: takesFacts)
        slot = expression.program.outputs[0].slot
        lookBack = expression.program.outputs[0].lookBack
    }

    /// Takes the next bar and answers the value at its close, NaN for null.
    public mutating func update(_ bar: BarValues) -> Double {
        stream.push(bar)
        return stream[slot]
    }

    /// The same with the facts known at the bar's time, for a stream that takes facts.
    public mutating func update(_ bar: BarValues, _ facts: FactStream) -> Double {
        stream.push(bar, facts)
        return stream[slot]
    }

    /// Takes the next bar and answers whether the condition holds; null does not.
    public mutating func holds(_ bar: BarValues) -> Bool { update(bar) == 1 }
}
