/// One entry of a field that states preferences: what, and how much (RFC 9110 §12.4.2).
public struct Weighted: Sendable, Equatable {
    /// In lower case, without parameters.
    public let value: String
    /// 0, which is "not this", to 1.
    public let weight: Double

    /// The entries of such a field in their order; one whose weight is none is passed over.
    public static func entries(_ fields: [String]) -> [Weighted] {
        fields.compactMap { entry in
            let parts = entry.split(separator: ";", omittingEmptySubsequences: false).map { $0.trimmingBlanks.lowercased() }
            guard let value = parts.first, !value.isEmpty else { return nil }
            guard let text = parts.dropFirst().first(where: { $0.hasPrefix("q=") })?.dropFirst(2) else {
                return Weighted(value: value, weight: 1)
            }
            guard let weight = Double(text), (0...1).contains(weight) else { return nil }
            return Weighted(value: value, weight: weight)
        }
    }
}

/// Which of some media types a caller wants (RFC 9110 §12.5.1).
enum MediaPreference {
    /// The best of `types` by the weights of `Accept`: of the same weight the one that is named more exactly, then named
    /// first, then the first of `types`. Nil where none is wanted.
    static func best(of types: [String], _ accept: [String]) -> String? {
        let entries = Weighted.entries(accept)
        var best: (type: String, weight: Double, exactness: Int, place: Int)?
        for type in types {
            guard let (place, exactness) = range(of: type, entries), entries[place].weight > 0 else { continue }
            let weight = entries[place].weight
            if let best, (best.weight, best.exactness, -best.place) >= (weight, exactness, -place) { continue }
            best = (type, weight, exactness, place)
        }
        return best?.type
    }

    /// The entry that rules a type, the most exact one.
    private static func range(of type: String, _ entries: [Weighted]) -> (place: Int, exactness: Int)? {
        let family = type.prefix { $0 != "/" } + "/*"
        for (exactness, name) in [(2, type), (1, String(family)), (0, "*/*")] {
            if let place = entries.firstIndex(where: { $0.value == name }) { return (place, exactness) }
        }
        return nil
    }
}
