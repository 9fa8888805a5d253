/// Long answers are made off the loop, by every processor.
enum SharedWriting {
    /// Numbers of an answer from which on that is worth while.
    private static let largeCount = 10_000

    /// Whether an answer of so many numbers is written so.
    static func isWorthWhile(_ count: Int) -> Bool { count >= largeCount }

    /// Runs `work` off the loop and comes back.
    static func apart<R: Sendable>(_ work: @escaping @Sendable () async -> R) async -> R {
        await withTaskExecutorPreference(globalConcurrentExecutor) { await away(work) }
    }

    /// Not isolated, so that it runs where the task's executor preference says.
    @concurrent private static func away<R: Sendable>(_ work: @escaping @Sendable () async -> R) async -> R {
        await work()
    }

    /// What `work` makes of parts of `count` things, in order, a part for every thread.
    static func parts<R: Sendable>(
        _ count: Int, threads: Int, _ work: @escaping @Sendable (Range<Int>) -> R
    ) async -> [R] {
        let size = max(1, (count + threads - 1) / threads)
        let ranges = stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
        return await withTaskGroup(of: (Int, R).self) { group in
            for (index, range) in ranges.enumerated() {
                group.addTask(executorPreference: globalConcurrentExecutor) { (index, work(range)) }
            }
            var results = [R?](repeating: nil, count: ranges.count)
            for await (index, result) in group { results[index] = result }
            return results.compactMap(\.self)
        }
    }
}
