/// Rows of a table that belong together: those of one symbol, or all of them.
public struct TableRows: Sendable {
    /// Whose they are; nil in a table that does not tell.
    public let symbol: String?
    /// Epoch nanoseconds.
    public let times: [Int64]
    /// The columns, each as long as `times`; a value that is not finite is null.
    public let values: [[Double]]

    /// Every column must be as long as `times`.
    public init(symbol: String? = nil, times: [Int64], values: [[Double]]) {
        precondition(values.allSatisfy { $0.count == times.count }, "columns of one table have one length")
        self.symbol = symbol
        self.times = times
        self.values = values
    }
}
