/// A classification of instruments that `group_neutralize` takes: each instrument is in one group of each.
public enum Grouping: String, Sendable, CaseIterable {
    /// The widest groups.
    case sector
    /// Groups within a sector.
    case industry
    /// Groups within an industry.
    case subindustry
}
