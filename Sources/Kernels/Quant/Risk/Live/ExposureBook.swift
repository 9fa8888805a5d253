/// Holdings with the sums that limits read, kept while holdings change.
///
/// Holdings stand in blocks of 32. A change makes the sums of its block anew, and those of the whole from the blocks':
/// nothing is ever added and taken away again, so the sums depend on the holdings alone, to the last bit, and not on
/// how they came about.
public struct ExposureBook: Sendable {
    private static let blockSize = 32

    /// In the owner's order.
    public private(set) var holdings: [Holding] = []
    /// Shocks of each scenario, by holding: −0.2 is a fall by a fifth.
    private var shocks: [[Double]]
    private var parts: [ExposureSums] = []
    private var total = ExposureSums()
    /// Σ|mv| of each sector, by block; and of the whole.
    private var sectorParts: [[Double]] = []
    private var sectorTotals: [Double] = []
    /// −Σmv·shock of each scenario, by block.
    private var lossParts: [[Double]]
    private var stale: [Int] = []
    private var isStale: [Bool] = []

    /// A book without holdings, under some scenarios.
    public init(scenarios: Int = 0) {
        shocks = [[Double]](repeating: [], count: scenarios)
        lossParts = shocks
    }

    /// A book of holdings; `shocks` by scenario and holding.
    public init(_ holdings: [Holding], shocks: [[Double]] = []) {
        precondition(shocks.allSatisfy { $0.count == holdings.count }, "shocks of another length")
        self.init(scenarios: shocks.count)
        self.holdings = holdings
        self.shocks = shocks
        resize(from: 0)
    }

    /// How many scenarios there are.
    public var scenarios: Int { shocks.count }

    // MARK: Changes

    /// Puts another holding in the place of one.
    public mutating func set(_ holding: Holding, at index: Int) {
        holdings[index] = holding
        mark(index / Self.blockSize)
    }

    /// Puts a holding before others; `shocks` are its own, by scenario.
    public mutating func insert(_ holding: Holding, shocks own: [Double] = [], at index: Int) {
        holdings.insert(holding, at: index)
        for scenario in shocks.indices { shocks[scenario].insert(own[scenario], at: index) }
        resize(from: index)
    }

    /// Takes a holding out.
    public mutating func remove(at index: Int) {
        holdings.remove(at: index)
        for scenario in shocks.indices { shocks[scenario].remove(at: index) }
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
            lossParts = lossParts.map { _ in [Double](repeating: 0, count: count) }
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
            for scenario in shocks.indices { lossParts[scenario][block] = loss(scenario, block, nil, nil) }
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
        return View(sums: total, largestSector: max(0, sectorTotals.max() ?? 0),
                    worstLoss: lossParts.map { sum($0) }.max())
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
            return View(sums: sums, largestSector: max(sector, sectorTotals.max() ?? 0),
                        worstLoss: shocks.indices.map {
                            sum(lossParts[$0]) - holding.marketValue * own[$0]
                        }.max())
        }
        let block = index / Self.blockSize, before = holdings[index].sector
        var part = ExposureSums(), own = 0.0, left = 0.0
        for place in range(block) {
            let line = place == index ? holding : holdings[place]
            part.add(line)
            if line.sector == holding.sector { own += abs(line.marketValue) }
            if line.sector == before { left += abs(line.marketValue) }
        }
        var sums = ExposureSums()
        for place in parts.indices { sums.add(place == block ? part : parts[place]) }
        var largest = holding.sector < sectorParts.count ? sum(sectorParts[holding.sector], own, at: block) : own
        if before != holding.sector { largest = max(largest, sum(sectorParts[before], left, at: block)) }
        for sector in sectorTotals.indices where sector != holding.sector && sector != before {
            if sectorTotals[sector] > largest { largest = sectorTotals[sector] }
        }
        var worst: Double?
        for scenario in shocks.indices {
            let loss = sum(lossParts[scenario], loss(scenario, block, index, holding), at: block)
            worst = max(worst ?? loss, loss)
        }
        return View(sums: sums, largestSector: largest, worstLoss: worst)
    }

    private func range(_ block: Int) -> Range<Int> {
        block * Self.blockSize..<min(holdings.count, (block + 1) * Self.blockSize)
    }

    /// −Σmv·shock of a block, with another holding at a place where there is one.
    private func loss(_ scenario: Int, _ block: Int, _ index: Int?, _ holding: Holding?) -> Double {
        var loss = 0.0
        for place in range(block) {
            let line = place == index ? holding ?? holdings[place] : holdings[place]
            loss -= line.marketValue * shocks[scenario][place]
        }
        return loss
    }

    private func sum(_ parts: [Double], _ value: Double = 0, at block: Int = -1) -> Double {
        var total = 0.0
        for place in parts.indices { total += place == block ? value : parts[place] }
        return total
    }
}
