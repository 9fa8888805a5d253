import Market
import SeriesLMDB
import Store
import StorePostgres
import Synchronization
import TestKit

/// The stores that must behave alike.
enum SeriesBackend: String, CaseIterable, Sendable {
    case memory, lmdb, postgres

    private static let schemas = Atomic<Int>(0)

    /// A schema of the shared server that nobody else uses.
    static func postgresConfiguration() throws -> PostgresSeriesConfiguration {
        let number = schemas.wrappingAdd(1, ordering: .relaxed).newValue
        return PostgresSeriesConfiguration(url: try PostgresServer.shared().url, schema: "series_\(number)")
    }

    /// Opens an empty store, runs the body, and closes it.
    func withStore(_ body: (any SeriesStore) async throws -> Void) async throws {
        let folder = TemporaryFolder()
        let store: any SeriesStore = switch self {
        case .memory: MemorySeriesStore()
        case .postgres: try await PostgresSeriesStore.open(Self.postgresConfiguration())
        case .lmdb: try await LMDBSeriesStore.open(LMDBSeriesConfiguration(path: folder.path + "/series.lmdb"))
        }
        do {
            try await body(store)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }
}

let apple = SeriesKey(collection: "bars.1d", name: "AAPL")
let someTime = Timestamp(seconds: 1_700_000_000)

extension SeriesColumns {
    /// Rows at `times` with one column `close` of the same numbers.
    init(close times: [Int64]) {
        self.init(ts: times, names: ["close"], values: [times.map(Double.init)])
    }
}

extension SeriesStore {
    /// Reads through `visit`, copying what it lends.
    func visited(_ key: SeriesKey, _ range: SeriesRange = .all, _ names: [String]) async throws -> SeriesColumns {
        let empty = SeriesColumns(ts: [], names: names, values: names.map { _ in [] })
        return try await visit(key, range: range, columns: names, into: empty) { rows, chunk in
            rows.ts.append(contentsOf: chunk.ts)
            for (index, column) in chunk.columns.enumerated() { rows.values[index].append(contentsOf: column) }
        }
    }
}
