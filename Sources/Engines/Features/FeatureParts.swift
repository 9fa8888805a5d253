import Quant

/// The features of one request, cut into parts that are computed side by side.
enum FeatureParts {
    /// Neighbours together, each part with about the same work and the place of its first column in the answer. Within a
    /// part what features have in common is computed once; where one column is given by two of them all are one part,
    /// so that it is there once.
    static func cut(_ features: [Feature], parts count: Int) -> [(place: Int, features: [Feature])] {
        let names = features.flatMap(\.columnNames)
        guard count > 1, Set(names).count == names.count else { return [(0, features)] }
        let whole = features.reduce(0) { $0 + $1.cost }
        var parts = [(place: Int, features: [Feature])](repeating: (0, []), count: count)
        var before = 0, place = 0
        for feature in features {
            // The middle of a feature decides.
            let part = min(count - 1, (2 * before + feature.cost) * count / max(1, 2 * whole))
            if parts[part].features.isEmpty { parts[part].place = place }
            parts[part].features.append(feature)
            before += feature.cost
            place += feature.columnNames.count
        }
        return parts.filter { !$0.features.isEmpty }
    }
}
