import EngineKit
import Market
import Store
import Wire

/// The registry's table: every version of every model.
enum ModelRecords {
    static let migrations = [
        Migration(version: 2, name: "model registry", statements: [
            """
            CREATE TABLE model_version (
                name TEXT NOT NULL, symbol TEXT NOT NULL, timeframe TEXT NOT NULL, version BIGINT NOT NULL,
                trained BIGINT NOT NULL, digest TEXT NOT NULL, observations BIGINT NOT NULL, first BIGINT NOT NULL,
                last BIGINT NOT NULL, parameters BYTEA NOT NULL, metrics BYTEA NOT NULL,
                PRIMARY KEY (name, symbol, timeframe, version))
            """,
        ]),
        Outbox.byPosition(version: 3),
        Outbox.lives(version: 4),
    ]

    private static let columns =
        "name, symbol, timeframe, version, trained, digest, observations, first, last, parameters, metrics"

    static func insert(_ model: FittedModel) -> Statement {
        Statement(
            "INSERT INTO model_version (\(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            [.text(model.name.rawValue), .text(model.subject.symbol.text), .text(model.subject.timeframe.rawValue),
             .integer(Int64(model.version)), .integer(model.trained.nanoseconds), .text(model.digest),
             .integer(Int64(model.observations)), .integer(model.first.nanoseconds), .integer(model.last.nanoseconds),
             .blob(bytes(model.parameters)), .blob(bytes(model.metrics))])
    }

    /// The newest version of every model and instrument.
    static func newest(_ records: any RecordStore) async throws -> [FittedModel] {
        let rows = try await records.query(Statement(
            """
            SELECT \(columns) FROM model_version m WHERE version = (
                SELECT MAX(version) FROM model_version n
                WHERE n.name = m.name AND n.symbol = m.symbol AND n.timeframe = m.timeframe)
            """))
        return try rows.records.compactMap(model)
    }

    /// Versions of a model, newest first, `limit` of them after `offset`.
    static func versions(
        of name: ModelName, limit: Int, offset: Int, _ records: any RecordStore
    ) async throws -> [FittedModel] {
        let rows = try await records.query(Statement(
            """
            SELECT \(columns) FROM model_version WHERE name = $1
            ORDER BY trained DESC, symbol, timeframe, version DESC LIMIT $2 OFFSET $3
            """,
            [.text(name.rawValue), .integer(Int64(limit)), .integer(Int64(offset))]))
        return try rows.records.compactMap(model)
    }

    /// Nil for a model that this version of the engine does not have.
    private static func model(_ row: ResultSet.Row) throws -> FittedModel? {
        guard let name = ModelName(rawValue: try row.value(0)), let symbol = Symbol(try row.value(1, as: String.self)),
              let timeframe = Timeframe(rawValue: try row.value(2)) else { return nil }
        return FittedModel(
            name: name, subject: Subject(symbol: symbol, timeframe: timeframe), version: try row.value(3),
            trained: Timestamp(nanoseconds: try row.value(4)), digest: try row.value(5), observations: try row.value(6),
            first: Timestamp(nanoseconds: try row.value(7)), last: Timestamp(nanoseconds: try row.value(8)),
            parameters: try figures(row.value(9)), metrics: try figures(row.value(10)))
    }

    private static func bytes(_ figures: [(name: String, value: Double)]) -> [UInt8] {
        var json = JSONWriter()
        FittedModel.write(figures, &json)
        return json.bytes
    }

    private static func figures(_ bytes: [UInt8]) throws -> [(name: String, value: Double)] {
        try JSONParser().withDocument(bytes) { root in
            var figures: [(name: String, value: Double)] = []
            root.forEachMember { figures.append(($0, $1.double ?? .nan)) }
            return figures
        }
    }
}
