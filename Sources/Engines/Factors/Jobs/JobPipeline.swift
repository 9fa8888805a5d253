import Market
import Runtime

/// A block that is calculated, with its factors' names and those of their series.
struct JobPart: Sendable {
    let block: JobBlock, names: [String], series: [String]
}

/// Blocks of one run on their way into the stores: while some are written the next ones are calculated. Those that wait
/// when a write begins go together, for what a write costs is its flush to disk.
@LoopActor final class JobPipeline {
    /// Factors and values that are not kept waiting any longer.
    private static let dueFactors = 1024, dueValues = 1_000_000
    /// Factors and values that may wait: with as many the calculation waits for the disk.
    private static let factorLimit = 4096, valueLimit = 4_000_000
    /// Nanoseconds from the beginning of one write to the next while less is waiting.
    static let pause: Int64 = 100_000_000

    typealias Write = @LoopActor ([JobPart]) async throws -> Void

    private let clock: any Clock
    private let write: Write
    private var waiting: [JobPart] = []
    private var factors = 0, values = 0
    private var writing: Task<Void, Never>?
    private var lastBegan: Int64?
    private var failure: (any Error)?

    init(_ clock: any Clock, _ write: @escaping Write) {
        self.clock = clock
        self.write = write
    }

    /// Takes the next block. Throws what a write before it threw; then nothing more is written.
    func add(_ part: JobPart) async throws {
        waiting.append(part)
        factors += part.names.count
        values += part.names.count * (part.block.values.first?.count ?? 0)
        if let failure { throw failure }
        if writing == nil && isDue { begin() }
        while factors >= Self.factorLimit || values >= Self.valueLimit, let task = writing {
            await task.value
            if let failure { throw failure }
            if writing == nil { begin() }
        }
    }

    /// Writes what waits and returns when all is written.
    func finish() async throws {
        await settle()
        if failure == nil && !waiting.isEmpty {
            begin()
            await settle()
        }
        if let failure { throw failure }
    }

    /// Returns when the write under way has ended, well or not. What waits is given up.
    func settle() async {
        while let task = writing { await task.value }
    }

    private var isDue: Bool {
        guard let lastBegan else { return true }
        return factors >= Self.dueFactors || values >= Self.dueValues || clock.monotonic - lastBegan >= Self.pause
    }

    private func begin() {
        let parts = waiting
        waiting = []
        (factors, values) = (0, 0)
        lastBegan = clock.monotonic
        writing = spawn { [self] in
            do { try await write(parts) } catch { failure = error }
            writing = nil
        }
    }
}
