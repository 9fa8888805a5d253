import HTTP
import Market
import Quant

/// The bars and facts of a job, ready to be calculated with.
struct JobBench: Sendable {
    /// Digest of every bar and fact read, and the time of the values.
    let version: String, time: Timestamp?
    private let panel: Panel
    private let data: CatalogueData
    private let digest: @Sendable ([UInt8]) -> [UInt8]

    /// The longest look-back of a factor that is made by rules of what is stored.
    private static let lookBack = FactorCatalogue.standard.rules.lazy
        .filter { $0.series.allSatisfy(\.origin.isStored) }.flatMap(\.variants).map(\.template.lookBack).max() ?? 0
    /// The newest bars of each symbol that such factors need: those of as many rows of a panel lie within them.
    static let bars = lookBack + 2

    /// Throws 422 where the panel would be too large.
    init(
        _ series: [(symbol: String, bars: Bars)], groups: [Grouping: [String: String]] = [:],
        digest: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) throws(Problem) {
        self.digest = digest
        panel = try FactorTable.panel(series, groups: groups)
        time = panel.ts.last.map { Timestamp(nanoseconds: $0) }
        data = CatalogueData(panel, upTo: panel.ts.count - 1, lookBack: Self.lookBack)
        var bytes: [UInt8] = []
        func add(_ word: UInt64) { withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) } }
        for item in series {
            // A digest of digests: a symbol's bars at a time.
            let outer = bytes
            bytes = Array(item.symbol.utf8) + [0]
            for time in item.bars.ts { add(UInt64(bitPattern: time)) }
            let facts = item.bars.fundamentals.sorted { $0.key.rawValue < $1.key.rawValue }
            for column in [item.bars.open, item.bars.high, item.bars.low, item.bars.close, item.bars.volume]
                + facts.map(\.value) {
                for value in column { add(value.isNaN ? 0 : value.bitPattern) }
            }
            // Most bars have none of these; where there are, they are told from the columns before them by name.
            for (name, column) in [("vwap", item.bars.vwap), ("cap", item.bars.cap)] {
                guard let column else { continue }
                bytes += Array(name.utf8) + [0]
                for value in column { add(value.isNaN ? 0 : value.bitPattern) }
            }
            bytes = outer + digest(bytes)
        }
        version = hexadecimal(digest(bytes).prefix(16))
    }

    /// Whose values they are, in order.
    var symbols: [Symbol] { panel.symbols.compactMap { Symbol($0) } }

    /// A block of a job's factors, with the names of their series.
    func part(_ number: Int, of job: FactorJob, _ digest: ([UInt8]) -> [UInt8]) -> JobPart {
        let size = FactorJob.blockSize, start = number * size
        let names = Array(job.factors[start..<min(job.factors.count, start + size)])
        return JobPart(block: block(number, names), names: names,
                       series: names.map { FactorValues.name(job.universe, $0, digest) })
    }

    /// The values of some factors at the last time; one that this version does not know has nulls and is counted.
    func block(_ number: Int, _ names: [String]) -> JobBlock {
        let catalogue = FactorCatalogue.standard
        var failed = 0, digests: [UInt8] = [], bases = CatalogueData.Bases()
        digests.reserveCapacity(names.count * JobBlock.digestSize)
        let values = names.map { name -> [Double] in
            if let number = catalogue.number(name), let made = catalogue.made(number) {
                digests += expressionDigest(catalogue.expression(made))
                return data.values(catalogue.rules[made.rule], made, &bases)
            }
            guard let factor = try? FactorName.parse(name) else {
                failed += 1
                digests += expressionDigest(name)
                return [Double](repeating: .nan, count: panel.symbols.count)
            }
            digests += expressionDigest(factor.expression.text)
            return factor.expression.evaluate(panel).map { $0.last ?? .nan }
        }
        return JobBlock(number: number, values: values, digests: digests, failed: failed)
    }

    private func expressionDigest(_ text: String) -> some Sequence<UInt8> {
        digest(Array(text.utf8)).prefix(JobBlock.digestSize)
    }
}
