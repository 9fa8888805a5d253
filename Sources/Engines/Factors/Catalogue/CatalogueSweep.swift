import Numerics
import Quant

/// The whole catalogue at one date over generated series: what `nautilus bench factors.catalogue` measures. The series
/// are synthetic, live in memory only, and are seen by no route.
public struct SyntheticCatalogue: Sendable {
    private let data: CatalogueData
    private let catalogue = FactorCatalogue.standard

    /// Factors defined by rules, those whose series are there, and different series.
    public let catalogued: Int, computable: Int, series: Int

    /// A seeded walk for every series of every source, a column an instrument where there is one for each.
    public init(instruments: Int, rows: Int, seed: UInt64) {
        var columns: [SeriesField: FactorColumns] = [:], stream: UInt64 = 0
        let random = Philox(seed: seed)
        func walk() -> [Double] {
            stream += 1
            var value = 100.0
            return (0..<rows).map { row in
                value *= 1 + (random.uniforms(UInt64(row), stream: stream).x - 0.5) * 0.04
                return value
            }
        }
        for origin in SeriesOrigin.all {
            let selection = SeriesSelection(origin)
            for place in 0..<selection.count {
                columns[selection[place]] = origin.isByInstrument
                    ? .each((0..<instruments).map { _ in walk() }) : .shared(walk())
            }
        }
        let data = CatalogueData(instruments: instruments, rows: rows, columns: columns)
        self.data = data
        catalogued = catalogue.count - catalogue.alphas.count
        computable = catalogue.computable(Set(SeriesOrigin.all)) { data.has($0) }
        series = columns.count
    }

    /// Values of every factor in the catalogue's order, `instruments` of each.
    public func run() async -> [Double] {
        let size = 4096, first = catalogue.alphas.count, end = catalogue.count, data = data, catalogue = catalogue
        let parts = await inParallel((end - first + size - 1) / size) { part in
            let start = first + part * size
            return data.values(catalogue, start..<min(end, start + size)).flatMap { $0 }
        }
        return parts.flatMap { $0 }
    }
}
