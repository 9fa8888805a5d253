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
        let units = columns.map { Self.unit($0, method) }
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
                        guard seen.insert(Self.key(x, y)).inserted else { continue }
                        compared += 1
                        if let pair = Self.pair(columns, x, y, method) { found.offer(pair) }
                    }
                }
            }
        }
        return Answer(pairs: found.sorted, compared: compared)
    }

    /// What the search missed of pairs that belong in its answer.
    public struct Recall: Sendable, Equatable {
        /// Pairs of the sample that are stronger than the weakest listed, and those of them that are listed.
        public let pairs: Int, found: Int

        /// Part of the pairs that is listed; NaN where the sample has none.
        public var share: Double { pairs > 0 ? Double(found) / Double(pairs) : .nan }
    }

    /// Measures an answer: a seeded sample of columns is compared with all others, and the pairs that are stronger than
    /// the weakest one listed are looked for in the list. A pair whose coefficient with nulls at the mean is less than
    /// half of that is not looked at.
    public func recall(of answer: Answer, _ columns: [[Double]], method: CorrelationMethod, sample: Int) -> Recall {
        guard let weakest = answer.pairs.last.map({ abs($0.correlation) }), !columns.isEmpty else {
            return Recall(pairs: 0, found: 0)
        }
        let listed = Set(answer.pairs.map { Self.key($0.first, $0.second) })
        let units = columns.map { Self.unit($0, method) }, random = Philox(seed: seed &+ 1)
        let chosen = Set((0..<UInt64(sample)).map { draw in
            min(columns.count - 1, Int(random.uniforms(draw, stream: 0).x * Double(columns.count)))
        })
        var pairs = 0, found = 0
        for x in chosen.sorted() {
            guard let unit = units[x] else { continue }
            for y in columns.indices where y != x && !(y < x && chosen.contains(y)) {
                guard let other = units[y], abs(Statistics.dot(unit, other)) > weakest / 2,
                      let pair = Self.pair(columns, min(x, y), max(x, y), method), abs(pair.correlation) > weakest
                else { continue }
                pairs += 1
                if listed.contains(Self.key(pair.first, pair.second)) { found += 1 }
            }
        }
        return Recall(pairs: pairs, found: found)
    }

    private static func key(_ x: Int, _ y: Int) -> UInt64 { UInt64(x) << 32 | UInt64(y) }

    /// A column centred and of length 1, nulls taken as its mean; nil where it has hardly a value or is constant.
    private static func unit(_ column: [Double], _ method: CorrelationMethod) -> [Double]? {
        let known = column.filter(\.isFinite)
        guard known.count > 1 else { return nil }
        let places = method == .spearman ? PairCorrelation.ranks(known) : known
        let mean = places.reduce(0, +) / Double(places.count)
        var next = places.makeIterator()
        return CorrelationMatrix.unit(column.map { $0.isFinite ? next.next() ?? mean : mean })
    }

    /// The exact coefficient of two columns over the rows where both are known; nil where there is none.
    static func pair(_ columns: [[Double]], _ x: Int, _ y: Int, _ method: CorrelationMethod) -> CorrelatedPair? {
        let shared = zip(columns[x], columns[y]).filter { $0.isFinite && $1.isFinite }
        let a = shared.map(\.0), b = shared.map(\.1)
        let value = method == .spearman ? PairCorrelation.spearman(a, b) : PairCorrelation.pearson(a, b)
        return value == value ? CorrelatedPair(x, y, correlation: value, observations: shared.count) : nil
    }
}
