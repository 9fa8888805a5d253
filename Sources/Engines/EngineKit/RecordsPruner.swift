import Market
public import Runtime
public import Store
import Telemetry

/// Deletes rows of one table that have grown older than a setting allows: at the start, or an hour later, and each hour.
@LoopActor public final class RecordsPruner {
    private static let everyNanoseconds: Int64 = 3_600_000_000_000
    private static let day: Int64 = 86_400_000_000_000
    private let context: EngineContext
    private let table: String, column: String, days: Int
    private let rounds: Rounds

    /// - Parameters:
    ///   - column: when a row was written, in epoch nanoseconds.
    ///   - setting: how many days rows are kept; 0 is for ever.
    public init(_ context: EngineContext, table: String, column: String, setting: String) {
        self.context = context
        self.table = table
        self.column = column
        days = context.configuration.int(setting)
        rounds = Rounds(every: Self.everyNanoseconds, context.clock)
    }

    /// Begins; harmless when it has begun.
    public func start(later: Bool = false) {
        if days > 0 { rounds.start(later: later) { [weak self] in await self?.round() } }
    }

    public func stop() { rounds.stop() }

    private func round() async {
        do throws(StoreError) {
            try await prune()
        } catch {
            context.logger.warning("old rows were not deleted", [
                "table": .string(table), "error": .string(error.description)])
        }
    }

    /// Deletes what is too old now; answers how many rows. Throws as the store does.
    @discardableResult
    public func prune() async throws(StoreError) -> Int {
        if days == 0 { return 0 }
        let cutoff = context.clock.now.nanoseconds - Int64(days) * Self.day
        let delete = Statement("DELETE FROM \(table) WHERE \(column) < $1", [.integer(cutoff)])
        return try await context.records.transaction([delete]).first?.changes ?? 0
    }
}
