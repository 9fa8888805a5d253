/// A figure of regulatory capital with the paragraph of the Basel Framework that defines it. Chapters are those in
/// force from 1 January 2023 (CRE52, MAR20 to MAR23, MAR50).
public struct CapitalFigure: Sendable, Equatable {
    /// Its key, in small letters and underscores.
    public let name: String
    /// What people read.
    public let label: String
    /// In the reporting currency, unless the label says what else.
    public let value: Double
    /// The paragraph, as `CRE52.20`.
    public let paragraph: String

    /// A figure; see the properties.
    public init(_ name: String, _ label: String, _ value: Double, _ paragraph: String) {
        self.name = name
        self.label = label
        self.value = value
        self.paragraph = paragraph
    }
}

/// What is shared by the chapters.
public enum BaselCapital {
    /// Risk-weighted assets are capital times this: MAR20.1, MAR50.1.
    public static let riskWeightedAssets = 12.5
}

extension Double {
    /// The number, or 0 where it is below; `max` would also make 0 of what is no number.
    var notBelowZero: Double { self < 0 ? 0 : self }
}
