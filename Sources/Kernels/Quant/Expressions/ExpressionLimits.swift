/// What an expression may ask for. A text beyond a limit is refused with code `limit` and the cost that was too high.
public struct ExpressionLimits: Sendable, Equatable {
    /// Longest text in bytes.
    public var bytes: Int
    /// Deepest nesting of parentheses, signs and powers.
    public var depth: Int
    /// Most nodes of the tree.
    public var nodes: Int
    /// Most work a bar and instrument, in elementary steps, plus a sixteenth of the numbers kept in memory.
    public var cost: Int

    /// Limits; the defaults take every expression a person writes.
    public init(bytes: Int = 16_384, depth: Int = 64, nodes: Int = 1_024, cost: Int = 100_000) {
        self.bytes = bytes
        self.depth = depth
        self.nodes = nodes
        self.cost = cost
    }

    /// The defaults.
    public static let standard = ExpressionLimits()
}
