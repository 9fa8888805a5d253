// Models: the port of learners that are not ours. Arithmetic that we own is in Quant.

/// Numbers of rows that have the same columns.
public struct FeatureRows: Sendable, Equatable {
    /// Columns a row; above 0.
    public let width: Int
    /// Row after row.
    public let values: [Float]

    /// `values` must be whole rows.
    public init(width: Int, values: [Float]) {
        precondition(width > 0 && values.count % width == 0)
        self.width = width
        self.values = values
    }

    public var count: Int { values.count / width }
}

/// How trees are grown: logistic loss, one tree a round on the residuals of those before.
public struct BoostingParameters: Sendable, Equatable {
    /// Trees, and the most decisions from root to leaf.
    public var rounds = 120, depth = 3
    /// The share of each tree's answer that is taken.
    public var rate = 0.08
    /// The least sum of p(1 − p) of the rows in a leaf, and the ridge on leaves' values.
    public var leastWeight = 10.0, ridge = 1.0
    public init() {}
}

/// Fits gradient-boosted trees to outcomes that are yes or no. The same rows and parameters give the same trees.
public protocol TreeBooster: Sendable {
    /// The library and its version.
    var library: String { get }
    /// Fits; as many labels as rows, of both kinds. Blocks its thread for as long as that takes.
    func fit(_ rows: FeatureRows, labels: [Bool], _ parameters: BoostingParameters) throws(ModelError) -> any BoostedTrees
    /// Takes up trees that were kept as bytes.
    func load(_ bytes: [UInt8]) throws(ModelError) -> any BoostedTrees
}

/// Trees that were fitted.
public protocol BoostedTrees: Sendable {
    /// The trees, to be kept.
    var bytes: [UInt8] { get }
    /// The probability of yes at each row.
    func probabilities(_ rows: FeatureRows) throws(ModelError) -> [Double]
    /// What each column adds to the log odds at each row (SHAP values of the trees), the last number being what all rows
    /// have in common: their sum is the row's log odds.
    func contributions(_ rows: FeatureRows) throws(ModelError) -> [[Double]]
}

/// Why a learner gave nothing.
public enum ModelError: Error, Equatable, CustomStringConvertible {
    /// This process was built or started without the library.
    case unavailable(String)
    /// What was asked makes no sense: labels of one kind, rows of another width.
    case invalid(String)
    /// The library refused, in its words.
    case failed(String)

    public var description: String {
        switch self {
        case .unavailable(let text), .invalid(let text), .failed(let text): text
        }
    }
}

/// No learner: every use says so.
public struct NoTreeBooster: TreeBooster {
    public init() {}
    public var library: String { "none" }

    public func fit(
        _ rows: FeatureRows, labels: [Bool], _ parameters: BoostingParameters
    ) throws(ModelError) -> any BoostedTrees { throw .unavailable("no tree booster is linked here") }

    public func load(_ bytes: [UInt8]) throws(ModelError) -> any BoostedTrees {
        throw .unavailable("no tree booster is linked here")
    }
}
