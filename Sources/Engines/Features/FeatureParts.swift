import Quant

/// The features of one request, cut into parts that are computed side by side.
enum FeatureParts {
    /// What a column costs beside its computing, in steps of the catalogue: writing it down.
    private static let columnWeight = 5

    /// Neighbours together, each part with about the same work and the place of its first column in the answer. Within
    /// a part what features have in common is computed once; where one column is given by two of them all are one part,
    /// so that it is there once.
    static func cut(_ features: [Feature], parts count: Int) -> [(place: Int, features: [Feature])] {
        let names = features.flatMap(\.columnNames)
        guard count > 1, Set(names).count == names.count else { return [(0, features)] }
        let weights = features.map { $0.cost + $0.columnNames.count * columnWeight }
        let whole = weights.reduce(0, +)
        var parts = [(place: Int, features: [Feature])](repeating: (0, []), count: count)
        var before = 0, place = 0
        for (feature, weight) in zip(features, weights) {
            // The middle of a feature decides.
            let part = min(count - 1, (2 * before + weight) * count / max(1, 2 * whole))
            if parts[part].features.isEmpty { parts[part].place = place }
            parts[part].features.append(feature)
            before += weight
            place += feature.columnNames.count
        }
        return parts.filter { !$0.features.isEmpty }
    }
}
