/// Columns of a bar that an expression may name.
public enum Column: String, Sendable, CaseIterable {
    /// First price.
    case open
    /// Highest price.
    case high
    /// Lowest price.
    case low
    /// Last price.
    case close
    /// Quantity traded.
    case volume
    /// The bar's own volume-weighted price where it has one, else (high + low + close)/3.
    case vwap
    /// Market capitalisation, where the bars bear one.
    case cap
}
