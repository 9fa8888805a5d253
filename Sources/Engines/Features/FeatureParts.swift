import Quant

/// The features of one request, cut into parts that are computed and written side by side.
enum FeatureParts {
    /// What writing a number as text costs, in steps of the catalogue.
    static let textWeight = 5

    /// Neighbours together, each part with about the same work. Within a part what features have in common is computed
    /// once; where one column is given by two of them all are one part, so that it is there once.
    static func cut(_ features: [Feature], parts count: Int, weightOfValue: Int) -> [[Feature]] {
        let names = features.flatMap(\.columnNames)
        guard count > 1, Set(names).count == names.count else { return [features] }
        let weights = features.map { $0.cost + $0.columnNames.count * weightOfValue }
        let whole = weights.reduce(0, +)
        var parts = [[Feature]](repeating: [], count: count)
        var before = 0
        for (feature, weight) in zip(features, weights) {
            // The middle of a feature decides.
            parts[min(count - 1, (2 * before + weight) * count / max(1, 2 * whole))].append(feature)
            before += weight
        }
        return parts.filter { !$0.isEmpty }
    }
}
