/// Two columns and how they correlate.
public struct CorrelatedPair: Sendable, Equatable {
    /// Places of the columns, the lower first.
    public let first: Int, second: Int
    /// The coefficient, from −1 to 1.
    public let correlation: Double
    /// Rows where both are known.
    public let observations: Int

    /// A pair.
    public init(_ first: Int, _ second: Int, correlation: Double, observations: Int) {
        self.first = first
        self.second = second
        self.correlation = correlation
        self.observations = observations
    }

    /// The stronger first, whatever its sign; among equals the one of lower places.
    static func isBefore(_ a: CorrelatedPair, _ b: CorrelatedPair) -> Bool {
        let x = abs(a.correlation), y = abs(b.correlation)
        return x == y ? (a.first, a.second) < (b.first, b.second) : x > y
    }
}

/// The strongest pairs seen so far, no more than a bound.
struct StrongestPairs: Sendable {
    let limit: Int
    private var pairs: [CorrelatedPair] = []
    /// What a pair must reach to be kept.
    private(set) var floor = 0.0

    init(limit: Int) { self.limit = limit }

    mutating func offer(_ pair: CorrelatedPair) {
        guard abs(pair.correlation) >= floor else { return }
        pairs.append(pair)
        if pairs.count >= 2 * limit + 64 { trim() }
    }

    private mutating func trim() {
        pairs.sort(by: CorrelatedPair.isBefore)
        guard pairs.count > limit else { return }
        pairs.removeLast(pairs.count - limit)
        floor = abs(pairs[limit - 1].correlation)
    }

    /// In order, the strongest first.
    var sorted: [CorrelatedPair] {
        Array(pairs.sorted(by: CorrelatedPair.isBefore).prefix(limit))
    }
}

/// Which coefficient.
public enum CorrelationMethod: String, Sendable, CaseIterable {
    /// Pearson's.
    case pearson
    /// Spearman's: Pearson's of the ranks, ties averaged, ranked anew over the rows that a pair shares.
    case spearman
}

/// Correlations of many columns. A pair counts the rows where both are known (pairwise-complete); a pair with a side
/// that is constant there, or with fewer than two rows, has none and is not listed.
///
/// Columns whose nulls are in the same rows form a class. For two classes the columns are taken at the rows they share,
/// centred and scaled to length 1, so that the coefficients are one matrix product, made in blocks.
public struct CorrelationMatrix: Sendable {
    /// Columns of a block.
    public static let blockSize = 64
    private let columns: [[Double]]
    private let method: CorrelationMethod
    private let classes: [NullClass]

    private struct NullClass: Sendable {
        let isKnown: [Bool], members: [Int]
    }

    /// Blocks of two classes: work of its own, to be shared out among threads.
    public struct Part: Sendable {
        let left: Int, right: Int
        let rows: Range<Int>
    }

    /// Work in parts; each can be done by itself.
    public let parts: [Part]

    /// Columns of equal length; NaN is null, and so is an infinity.
    public init(_ columns: [[Double]], method: CorrelationMethod) {
        self.columns = columns
        self.method = method
        var places: [[Bool]: Int] = [:], members: [(isKnown: [Bool], members: [Int])] = []
        for (index, column) in columns.enumerated() {
            precondition(column.count == columns[0].count, "columns of unequal length")
            let isKnown = column.map(\.isFinite)
            if let place = places[isKnown] {
                members[place].members.append(index)
            } else {
                places[isKnown] = members.count
                members.append((isKnown, [index]))
            }
        }
        let classes = members.map { NullClass(isKnown: $0.isKnown, members: $0.members) }
        self.classes = classes
        var parts: [Part] = []
        for left in classes.indices {
            for right in left..<classes.count {
                let count = classes[left].members.count
                for start in stride(from: 0, to: count, by: 16 * Self.blockSize) {
                    parts.append(Part(left: left, right: right, rows: start..<min(count, start + 16 * Self.blockSize)))
                }
            }
        }
        self.parts = parts
    }

    /// The strongest pairs of one part.
    public func strongest(_ part: Part, top: Int) -> [CorrelatedPair] {
        let shared = zip(classes[part.left].isKnown, classes[part.right].isKnown).enumerated()
            .filter { $0.element.0 && $0.element.1 }.map(\.offset)
        var found = StrongestPairs(limit: top)
        guard shared.count > 1 else { return [] }
        let lefts = classes[part.left].members[part.rows], rights = classes[part.right].members
        let a = UnitRows(lefts.map { ($0, unit($0, shared)) })
        let size = Self.blockSize
        for start in stride(from: 0, to: rights.count, by: size) {
            // Within a class a pair is seen once: blocks wholly below the diagonal are passed over.
            if part.left == part.right, start + size <= part.rows.lowerBound { continue }
            let b = UnitRows(rights[start..<min(rights.count, start + size)].map { ($0, unit($0, shared)) })
            for first in stride(from: 0, to: a.count, by: size) {
                let block = first..<min(a.count, first + size)
                UnitRows.products(a, block, b) { i, j, value in
                    let x = a.places[i], y = b.places[j]
                    guard abs(value) >= found.floor, part.left != part.right || x < y else { return }
                    found.offer(CorrelatedPair(min(x, y), max(x, y), correlation: min(1, max(-1, value)),
                                               observations: shared.count))
                }
            }
        }
        return found.sorted
    }

    /// The strongest pairs of several parts, in order.
    public static func merge(_ parts: [[CorrelatedPair]], top: Int) -> [CorrelatedPair] {
        Array(parts.flatMap { $0 }.sorted(by: CorrelatedPair.isBefore).prefix(top))
    }

    /// The strongest pairs of all columns.
    public func strongest(_ top: Int) -> [CorrelatedPair] { Self.merge(parts.map { strongest($0, top: top) }, top: top) }

    private func unit(_ column: Int, _ rows: [Int]) -> [Double]? {
        let values = rows.map { columns[column][$0] }
        return Self.unit(method == .spearman ? PairCorrelation.ranks(values) : values)
    }

    /// Centred and of length 1; nil where the column is constant.
    static func unit(_ values: [Double]) -> [Double]? {
        guard let pivot = values.first, values.contains(where: { $0 != pivot }) else { return nil }
        let mean = pivot + values.reduce(0) { $0 + ($1 - pivot) } / Double(values.count)
        let length = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
        return length > 0 && length.isFinite ? values.map { ($0 - mean) / length } : nil
    }
}

/// Rows of length 1, one behind the other, padded to whole vectors.
struct UnitRows {
    let places: [Int]
    private let width: Int
    private let values: [Double]

    /// Constant columns (nil) are left out.
    init(_ rows: [(place: Int, values: [Double]?)]) {
        let known = rows.compactMap { row in row.values.map { (row.place, $0) } }
        let width = ((known.first?.1.count ?? 0) + 3) / 4 * 4
        places = known.map(\.0)
        self.width = width
        var values: [Double] = []
        values.reserveCapacity(width * known.count)
        for (_, row) in known {
            values += row
            values += [Double](repeating: 0, count: width - row.count)
        }
        self.values = values
    }

    var count: Int { places.count }

    /// Every product of a row of `a` in `block` and one of `b`, two by two rows at once: four sums stay in registers.
    static func products(_ a: UnitRows, _ block: Range<Int>, _ b: UnitRows, _ take: (Int, Int, Double) -> Void) {
        guard a.count > 0, b.count > 0 else { return }
        let width = a.width
        a.values.withUnsafeBufferPointer { left in
            b.values.withUnsafeBufferPointer { right in
                guard let x = left.baseAddress, let y = right.baseAddress else { return }
                for i in stride(from: block.lowerBound, to: block.upperBound, by: 2) {
                    let isPair = i + 1 < block.upperBound
                    for j in stride(from: 0, to: b.count, by: 2) {
                        let isWide = j + 1 < b.count
                        let found = four(x + i * width, x + (isPair ? i + 1 : i) * width,
                                         y + j * width, y + (isWide ? j + 1 : j) * width, width)
                        take(i, j, found.0)
                        if isWide { take(i, j + 1, found.1) }
                        if isPair { take(i + 1, j, found.2) }
                        if isPair, isWide { take(i + 1, j + 1, found.3) }
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func four(
        _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ c: UnsafePointer<Double>, _ d: UnsafePointer<Double>,
        _ width: Int
    ) -> (Double, Double, Double, Double) {
        var ac = SIMD4<Double>.zero, ad = SIMD4<Double>.zero, bc = SIMD4<Double>.zero, bd = SIMD4<Double>.zero
        func load(_ row: UnsafePointer<Double>, _ index: Int) -> SIMD4<Double> {
            UnsafeRawPointer(row + index).loadUnaligned(as: SIMD4<Double>.self)
        }
        for index in stride(from: 0, to: width, by: 4) {
            let x = load(a, index), y = load(b, index), u = load(c, index), v = load(d, index)
            ac += x * u
            ad += x * v
            bc += y * u
            bd += y * v
        }
        return (ac.sum(), ad.sum(), bc.sum(), bd.sum())
    }
}
