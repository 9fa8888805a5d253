import Glibc

/// Standard normal numbers from random words by Marsaglia and Tsang's ziggurat of 256 layers, its lookup bits apart
/// from the bits of the number (Doornik 2005).
///
/// About 99 of 100 words give a number at once. The rest take further words from `spare`, which must be a pure function
/// of its argument for the numbers to be the same in every order.
public struct Ziggurat: Sendable {
    /// Where the tail begins.
    @usableFromInline static let tail = 3.654_152_885_361_008_8
    private static let area = 0.004_928_673_233_974_655
    /// Right ends of the layers, from the outermost in; one more that is 0.
    @usableFromInline let edges: [Double]
    /// e^(−x²/2) at each end.
    @usableFromInline let heights: [Double]

    /// Makes the tables.
    public init() {
        var edges = [Double](repeating: 0, count: 257)
        edges[0] = Self.area / exp(-0.5 * Self.tail * Self.tail)
        edges[1] = Self.tail
        for index in 2..<256 {
            let before = edges[index - 1]
            edges[index] = (-2 * log(Self.area / before + exp(-0.5 * before * before))).squareRoot()
        }
        edges[256] = 0
        self.edges = edges
        heights = edges.map { exp(-0.5 * $0 * $0) }
    }

    /// The tables, for a loop.
    @inlinable
    public func withTables<R>(_ body: (Tables) -> R) -> R {
        edges.withUnsafeBufferPointer { edges in
            heights.withUnsafeBufferPointer { heights in body(Tables(edges: edges, heights: heights)) }
        }
    }

    /// The tables at fixed places.
    public struct Tables {
        @usableFromInline let edges: UnsafeBufferPointer<Double>
        @usableFromInline let heights: UnsafeBufferPointer<Double>

        @usableFromInline init(edges: UnsafeBufferPointer<Double>, heights: UnsafeBufferPointer<Double>) {
            self.edges = edges
            self.heights = heights
        }

        /// A normal number of a word; `spare` gives further words for 0, 1, 2 ….
        @inlinable @inline(__always)
        public func normal(_ word: UInt64, spare: (UInt64) -> UInt64) -> Double {
            let layer = Int(truncatingIfNeeded: word & 0xFF)
            let uniform = Double(Int64(bitPattern: word) >> 11) * 0x1p-52
            let x = uniform * edges[layer]
            return abs(x) < edges[layer + 1] ? x : slow(layer, x, spare)
        }

        /// The edges of a layer and the tail.
        @inline(never) @usableFromInline
        func slow(_ first: Int, _ given: Double, _ spare: (UInt64) -> UInt64) -> Double {
            var layer = first
            var x = given
            var taken: UInt64 = 0
            func uniform() -> Double {
                defer { taken += 1 }
                return (Double(spare(taken) >> 12) + 0.5) * 0x1p-52
            }
            while true {
                if abs(x) < edges[layer + 1] { return x }
                if layer == 0 {
                    while true {
                        let out = -log(uniform()) / Ziggurat.tail, down = -log(uniform())
                        if 2 * down > out * out { return x < 0 ? -(Ziggurat.tail + out) : Ziggurat.tail + out }
                    }
                }
                let height = heights[layer] + (heights[layer + 1] - heights[layer]) * uniform()
                if height < exp(-0.5 * x * x) { return x }
                let word = spare(taken)
                taken += 1
                layer = Int(truncatingIfNeeded: word & 0xFF)
                x = Double(Int64(bitPattern: word) >> 11) * 0x1p-52 * edges[layer]
            }
        }
    }
}
