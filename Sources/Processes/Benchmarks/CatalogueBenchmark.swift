import Factors
import Glibc
import Runtime

/// `factors.catalogue`: seconds for every factor of the catalogue at one date over 20 instruments, on generated series.
func catalogueBenchmark(instruments: Int = 20, rows: Int = 300, runs: Int = 3) async -> Measurement {
    let store = SyntheticCatalogue(instruments: instruments, rows: rows, seed: 17)
    let clock = SystemClock()
    var times: [Double] = [], known = 0, total = 0
    for _ in 0..<runs {
        let start = clock.monotonic, values = await store.run()
        times.append(Double(clock.monotonic - start) / 1e9)
        known = values.count { $0 == $0 }
        total = values.count
    }
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Measurement("factors.catalogue", middle(times), "s", runs: runs, context: [
        ("factors", "\(store.computable)"), ("catalogued", "\(store.catalogued)"), ("instruments", "\(instruments)"),
        ("series", "\(store.series)"), ("rows", "\(rows)"), ("data", "synthetic"),
        ("values", "\(total)"), ("nulls", "\(total - known)"), ("peak_mib", "\(usage.ru_maxrss / 1024)"),
    ])
}
