/// Holdings with the sums that limits read, kept while holdings change.
///
/// Holdings stand in blocks of 32. A change makes the sums of its block anew, and those of the whole from the blocks':
/// nothing is ever added and taken away again, so the sums depend on the holdings alone, to the last bit, and not on
/// how they came about.
public struct ExposureBook: Sendable {
    private static let blockSize = 32

    /// In the owner's order.
    public private(set) var holdings: [Holding] = []
    /// How many scenarios there are.
    public let scenarios: Int
    /// Shocks by holding, −0.2 is a fall by a fifth, of four scenarios together; those that there are not are 0.
    private var shocks: [[SIMD4<Double>]]
    private var parts: [ExposureSums] = []
    private var total = ExposureSums()
    /// Σ|mv| of each sector, by block; and of the whole.
    private var sectorParts: [[Double]] = []
    private var sectorTotals: [Double] = []
    /// −Σmv·shock by block, of four scenarios together.
    private var lossParts: [[SIMD4<Double>]]
    private var stale: [Int] = []
    private var isStale: [Bool] = []

    /// A book without holdings, under some scenarios.
    public init(scenarios: Int = 0) {
        self.scenarios = scenarios
        shocks = [[SIMD4<Double>]](repeating: [], count: (scenarios + 3) / 4)
        lossParts = shocks
    }

    /// A book of holdings; `shocks` by scenario and holding.
    public init(_ holdings: [Holding], shocks: [[Double]] = []) {
        precondition(shocks.allSatisfy { $0.count == holdings.count }, "shocks of another length")
        self.init(scenarios: shocks.count)
        self.holdings = holdings
        for group in self.shocks.indices {
            self.shocks[group] = holdings.indices.map { index in
                Self.four(group) { $0 < shocks.count ? shocks[$0][index] : 0 }
            }
        }
        resize(from: 0)
    }

    /// Values of the four scenarios of a group.
    private static func four(_ group: Int, _ value: (Int) -> Double) -> SIMD4<Double> {
        SIMD4(value(4 * group), value(4 * group + 1), value(4 * group + 2), value(4 * group + 3))
    }

    // MARK: Changes

    /// Puts another holding in the place of one.
    public mutating func set(_ holding: Holding, at index: Int) {
        holdings[index] = holding
        mark(index / Self.blockSize)
    }

    /// Puts a holding before others; `shocks` are its own, by scenario.
    public mutating func insert(_ holding: Holding, shocks own: [Double] = [], at index: Int) {
        holdings.insert(holding, at: index)
        for group in shocks.indices {
            shocks[group].insert(Self.four(group) { $0 < scenarios ? own[$0] : 0 }, at: index)
        }
        resize(from: index)
    }

    /// Takes a holding out.
    public mutating func remove(at index: Int) {
        holdings.remove(at: index)
        for group in shocks.indices { shocks[group].remove(at: index) }
        resize(from: index)
    }

    private mutating func mark(_ block: Int) {
        if isStale[block] { return }
        isStale[block] = true
        stale.append(block)
    }

    private mutating func resize(from index: Int) {
        let count = (holdings.count + Self.blockSize - 1) / Self.blockSize
        if count != parts.count {
            parts = [ExposureSums](repeating: ExposureSums(), count: count)
            isStale = [Bool](repeating: false, count: count)
            stale = []
            sectorParts = sectorParts.map { _ in [Double](repeating: 0, count: count) }
            lossParts = lossParts.map { _ in [SIMD4<Double>](repeating: .zero, count: count) }
            for block in 0..<count { mark(block) }
            total = ExposureSums()
            sectorTotals = sectorTotals.map { _ in 0 }
        } else {
            for block in (index / Self.blockSize)..<max(count, index / Self.blockSize) { mark(block) }
        }
    }

    /// Makes the sums of what changed anew. Reading does it too; done early, the next reading is quick.
    public mutating func refresh() {
        if stale.isEmpty { return }
        for block in stale {
            isStale[block] = false
            var part = ExposureSums()
            for sector in sectorParts.indices { sectorParts[sector][block] = 0 }
            for index in range(block) {
                let holding = holdings[index]
                part.add(holding)
                if holding.sector >= sectorParts.count { addSectors(upTo: holding.sector) }
                sectorParts[holding.sector][block] += abs(holding.marketValue)
            }
            parts[block] = part
            for group in shocks.indices {
                var loss = SIMD4<Double>.zero
                for place in range(block) { loss -= holdings[place].marketValue * shocks[group][place] }
                lossParts[group][block] = loss
            }
        }
        stale.removeAll(keepingCapacity: true)
        total = ExposureSums()
        for part in parts { total.add(part) }
        for sector in sectorParts.indices { sectorTotals[sector] = sum(sectorParts[sector]) }
    }

    private mutating func addSectors(upTo sector: Int) {
        while sectorParts.count <= sector {
            sectorParts.append([Double](repeating: 0, count: parts.count))
            sectorTotals.append(0)
        }
    }

    // MARK: Reading

    /// What limits read of a book.
    public struct View: Sendable, Equatable {
        public let sums: ExposureSums
        /// Largest Σ|mv| of a sector, in currency.
        public let largestSector: Double
        /// Loss of the worst scenario, in currency; nil where there is none.
        public let worstLoss: Double?
    }

    /// Of the holdings as they are.
    public mutating func view() -> View {
        refresh()
        return View(
            sums: total, largestSector: max(0, sectorTotals.max() ?? 0), worstLoss: worst { sum(lossParts[$0]) })
    }

    /// Of the holdings with another one at a place, or one more at the end (`index` nil; `shocks` are its own). The
    /// book stays as it is. Costs the holdings of one block and the number of blocks.
    public mutating func view(with holding: Holding, at index: Int?, shocks own: [Double] = []) -> View {
        refresh()
        guard let index else {
            var sums = total
            sums.add(holding)
            let sector = (holding.sector < sectorTotals.count ? sectorTotals[holding.sector] : 0)
                + abs(holding.marketValue)
            let worst = worst { group in
                sum(lossParts[group]) - holding.marketValue * Self.four(group) { $0 < scenarios ? own[$0] : 0 }
            }
            return View(sums: sums, largestSector: max(sector, sectorTotals.max() ?? 0), worstLoss: worst)
        }
        let block = index / Self.blockSize, before = holdings[index].sector, range = range(block)
        var part = ExposureSums(), own = 0.0, left = 0.0
        var values = InlineArray<32, Double>(repeating: 0)
        holdings.withUnsafeBufferPointer { holdings in
            for place in range {
                let line = place == index ? holding : holdings[place], value = line.marketValue
                part.add(line)
                if line.sector == holding.sector { own += abs(value) }
                if line.sector == before { left += abs(value) }
                values[place - range.lowerBound] = value
            }
        }
        var sums = ExposureSums()
        parts.withUnsafeBufferPointer { parts in
            for place in parts.indices { sums.add(place == block ? part : parts[place]) }
        }
        var largest = holding.sector < sectorParts.count ? sum(sectorParts[holding.sector], own, at: block) : own
        if before != holding.sector { largest = max(largest, sum(sectorParts[before], left, at: block)) }
        for sector in sectorTotals.indices where sector != holding.sector && sector != before {
            if sectorTotals[sector] > largest { largest = sectorTotals[sector] }
        }
        let worst = worst { group in
            var part = SIMD4<Double>.zero
            shocks[group].withUnsafeBufferPointer { shocks in
                for place in range { part -= values[place - range.lowerBound] * shocks[place] }
            }
            return sum(lossParts[group], part, at: block)
        }
        return View(sums: sums, largestSector: largest, worstLoss: worst)
    }

    /// The largest loss of all scenarios, from those of each group.
    private func worst(_ losses: (Int) -> SIMD4<Double>) -> Double? {
        var worst: Double?
        for group in shocks.indices {
            let four = losses(group)
            for lane in 0..<min(4, scenarios - 4 * group) { worst = max(worst ?? four[lane], four[lane]) }
        }
        return worst
    }

    private func range(_ block: Int) -> Range<Int> {
        block * Self.blockSize..<min(holdings.count, (block + 1) * Self.blockSize)
    }

    /// Σ of parts, with another value in the place of one.
    private func sum(_ parts: [Double], _ value: Double = 0, at block: Int = -1) -> Double {
        parts.withUnsafeBufferPointer { parts in
            var total = 0.0
            for place in parts.indices { total += place == block ? value : parts[place] }
            return total
        }
    }

    private func sum(
        _ parts: [SIMD4<Double>], _ value: SIMD4<Double> = .zero, at block: Int = -1
    ) -> SIMD4<Double> {
        parts.withUnsafeBufferPointer { parts in
            var total = SIMD4<Double>.zero
            for place in parts.indices { total += place == block ? value : parts[place] }
            return total
        }
    }
}
