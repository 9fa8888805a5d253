import Glibc
import Numerics
import Quant
import Runtime

/// `factors.correlation`: seconds for the strongest of every pair of 20,000 factors, exact, on every core. A tenth of
/// the factors have nulls in rows of their own.
func correlationBenchmark(factors: Int = 20_000, observations: Int = 256) async -> Measurement {
    let random = Philox(seed: 23), threads = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    let columns = (0..<factors).map { factor in
        (0..<observations).map { row -> Double in
            // Factors come in groups of ten that have something in common.
            let own = random.normal(UInt64(row), stream: UInt64(factor))
            let common = random.normal(UInt64(row), stream: UInt64(1_000_000 + factor / 10))
            return factor % 10 == 0 && row < 20 ? .nan : own + 0.5 * common
        }
    }
    let clock = SystemClock(), start = clock.monotonic
    let found = await withTaskExecutorPreference(globalConcurrentExecutor) {
        await strongestPairs(columns, top: 100, threads: threads)
    }
    let time = Double(clock.monotonic - start) / 1e9
    return Measurement("factors.correlation", time, "s", runs: 1, context: [
        ("factors", "\(factors)"), ("observations", "\(observations)"),
        ("pairs", "\(factors * (factors - 1) / 2)"), ("threads", "\(threads)"), ("data", "synthetic"),
        ("strongest", "\(found.first?.correlation ?? .nan)"),
    ])
}

/// The parts of the matrix, so many at once.
@concurrent private func strongestPairs(_ columns: [[Double]], top: Int, threads: Int) async -> [CorrelatedPair] {
    let matrix = CorrelationMatrix(columns, method: .pearson)
    let parts = await withTaskGroup(of: [CorrelatedPair].self) { group in
        var parts: [[CorrelatedPair]] = []
        for (index, part) in matrix.parts.enumerated() {
            if index >= threads, let done = await group.next() { parts.append(done) }
            group.addTask(executorPreference: globalConcurrentExecutor) { matrix.strongest(part, top: top) }
        }
        for await done in group { parts.append(done) }
        return parts
    }
    return CorrelationMatrix.merge(parts, top: top)
}
