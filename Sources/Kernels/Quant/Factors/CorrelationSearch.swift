import Numerics

/// The strongest pairs among more columns than can all be compared: an approximation by random projections.
///
/// Each column, centred and of length 1 with nulls taken as its mean, is projected on seeded random directions; the
/// signs of the projections are its signature. Two columns with angle θ differ in a sign with probability θ/π, so that
/// columns that share all the signs of some band are likely close. They alone are compared, exactly and over the rows
/// where both are known. A column and its negative have opposite signs: each band is read in the form whose first sign
/// is set, so that strong negative pairs meet too. What is missed is missed at random with the seed; nothing listed is
/// approximate.
public struct CorrelationSearch: Sendable {
    /// Signs of a band, and bands. More signs compare fewer pairs, more bands miss fewer.
    public let signs: Int, bands: Int
    /// Seed of the directions.
    public let seed: UInt64
    /// Most columns of a bucket that are compared each with each; a fuller one compares neighbours in order.
    public static let bucketLimit = 512

    /// A search; the defaults find nearly every pair beyond 0.9.
    public init(signs: Int = 12, bands: Int = 24, seed: UInt64 = 1) {
        precondition((1...32).contains(signs) && bands > 0, "a band has 1 to 32 signs")
        self.signs = signs
        self.bands = bands
        self.seed = seed
    }

    /// What was found.
    public struct Answer: Sendable, Equatable {
        /// The strongest of the pairs compared, in order.
        public let pairs: [CorrelatedPair]
        /// Pairs compared.
        public let compared: Int
    }

    /// The strongest pairs of columns of equal length. The same columns and seed give the same pairs.
    public func strongest(_ columns: [[Double]], method: CorrelationMethod, top: Int) -> Answer {
        let units = columns.map { column -> [Double]? in
            let known = column.filter(\.isFinite)
            guard known.count > 1 else { return nil }
            let places = method == .spearman ? PairCorrelation.ranks(known) : known
            let mean = places.reduce(0, +) / Double(places.count)
            var next = places.makeIterator()
            return CorrelationMatrix.unit(column.map { $0.isFinite ? next.next() ?? mean : mean })
        }
        let rows = columns.first?.count ?? 0, random = Philox(seed: seed)
        var found = StrongestPairs(limit: top), seen: Set<UInt64> = [], compared = 0
        for band in 0..<bands {
            let directions = (0..<signs).map { sign in
                (0..<rows).map { random.normal(UInt64($0), stream: UInt64(band * signs + sign)) }
            }
            var buckets: [UInt32: [Int]] = [:]
            for (place, unit) in units.enumerated() {
                guard let unit else { continue }
                var bits: UInt32 = 0
                for (sign, direction) in directions.enumerated() where Statistics.dot(unit, direction) > 0 {
                    bits |= 1 << UInt32(sign)
                }
                if bits & 1 == 0 { bits = ~bits & (signs == 32 ? .max : (1 << UInt32(signs)) - 1) }
                buckets[bits, default: []].append(place)
            }
            for bits in buckets.keys.sorted() {
                let members = buckets[bits] ?? []
                for i in members.indices {
                    let end = members.count <= Self.bucketLimit ? members.count : min(members.count, i + 65)
                    for j in (i + 1)..<max(i + 1, end) {
                        let (x, y) = (members[i], members[j])
                        guard seen.insert(UInt64(x) << 32 | UInt64(y)).inserted else { continue }
                        compared += 1
                        if let pair = Self.pair(columns, x, y, method) { found.offer(pair) }
                    }
                }
            }
        }
        return Answer(pairs: found.sorted, compared: compared)
    }

    /// The exact coefficient of two columns over the rows where both are known; nil where there is none.
    static func pair(_ columns: [[Double]], _ x: Int, _ y: Int, _ method: CorrelationMethod) -> CorrelatedPair? {
        let shared = zip(columns[x], columns[y]).filter { $0.isFinite && $1.isFinite }
        let a = shared.map(\.0), b = shared.map(\.1)
        let value = method == .spearman ? PairCorrelation.spearman(a, b) : PairCorrelation.pearson(a, b)
        return value == value ? CorrelatedPair(x, y, correlation: value, observations: shared.count) : nil
    }
}
