/// What is made of a factor's values across the instruments of a date.
public enum FactorTransform: String, Sendable, CaseIterable {
    /// Nothing.
    case raw
    /// Rank, ties averaged, scaled to (0,1].
    case rank
    /// (x − mean)/deviation, ddof 1.
    case zscore
    /// x − mean.
    case demean

    private var operation: CrossSection? {
        switch self {
        case .raw: nil
        case .rank: .rank
        case .zscore: .zscore
        case .demean: .demean
        }
    }

    /// The values of one date, transformed; nulls (NaN) stay null and count for nothing.
    public func apply(_ values: [Double]) -> [Double] {
        guard let operation else { return values }
        var date = values, work = CrossSection.Workspace()
        date.withUnsafeMutableBufferPointer { operation.apply($0, groups: [], &work) }
        return date
    }

    /// The transform written around an expression.
    public func expression(_ inner: String) -> String { self == .raw ? inner : "\(rawValue)(\(inner))" }
}
