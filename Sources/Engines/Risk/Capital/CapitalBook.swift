import EngineKit
import HTTP
import Market
import Runtime
import Store
import Telemetry
import Wire

/// A portfolio's inputs of regulatory capital, as they are posted.
struct CapitalBookBody: RequestBody {
    let portfolio: String, name: String
    /// Nil where the book has no such part.
    let counterparty: CounterpartyCapitalBody?, cva: CvaCapitalBody?, marketRisk: MarketRiskBody?

    static func read(_ fields: FieldReader) -> CapitalBookBody {
        let book = CapitalBookBody(
            portfolio: fields.string("portfolio_id", "Whose book it is.", length: 1...200),
            name: fields.string("name", "What people call this state of it.", length: 1...200),
            counterparty: fields.optionalObject(
                "sa_ccr", "As POST /risk/capital/sa-ccr takes it.", CounterpartyCapitalBody.self),
            cva: fields.optionalObject("ba_cva", "As POST /risk/capital/ba-cva takes it.", CvaCapitalBody.self),
            marketRisk: fields.optionalObject(
                "market_risk", "As POST /risk/capital/market-risk takes it.", MarketRiskBody.self))
        let parts = ["sa_ccr", "ba_cva", "market_risk"]
        fields.require(
            fields.isDescribing || parts.contains { fields.has($0) }, parts[0],
            "one of \(parts.joined(separator: ", ")) is required")
        return book
    }

    /// Names of the parts there are.
    var parts: [String] {
        [counterparty.map { _ in "sa_ccr" }, cva.map { _ in "ba_cva" }, marketRisk.map { _ in "market_risk" }]
            .compactMap { $0 }
    }
}

/// A version of a portfolio's book, kept as it was posted.
struct CapitalBook: Sendable {
    /// What is told of it without its content.
    struct Head: Sendable {
        let id: String, portfolio: String, name: String, parts: String, version: Int, created: Timestamp

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.field("id", id)
                json.field("portfolio_id", portfolio)
                json.field("name", name)
                json.field("version", version)
                json.strings("parts", parts.split(separator: " ").map(String.init))
                json.field("ts", created)
            }
        }
    }

    let head: Head, body: CapitalBookBody
}

/// Statements of capital books. A version is written once; the oldest go when there are many.
enum CapitalBookRecords {
    /// Versions of a portfolio that are kept, and bytes of one.
    static let mostVersions = 200, mostBytes = 4_000_000

    static let migration = Migration(
        version: 40, name: "capital books",
        statements: [
            """
            CREATE TABLE capital_books (id TEXT PRIMARY KEY, portfolio_id TEXT NOT NULL, version BIGINT NOT NULL,
                name TEXT NOT NULL, parts TEXT NOT NULL, content BYTEA NOT NULL, created BIGINT NOT NULL,
                UNIQUE (portfolio_id, version))
            """
        ])

    private static let columns = "id, portfolio_id, name, parts, version, created"

    static func insert(_ head: CapitalBook.Head, content: [UInt8]) -> [Statement] {
        [
            Statement(
                """
                INSERT INTO capital_books (id, portfolio_id, name, parts, version, created, content)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                """,
                [
                    .text(head.id), .text(head.portfolio), .text(head.name), .text(head.parts),
                    .integer(Int64(head.version)),
                    .integer(head.created.nanoseconds), .blob(content)
                ]),
            Statement(
                "DELETE FROM capital_books WHERE portfolio_id = $1 AND version <= $2",
                [.text(head.portfolio), .integer(Int64(head.version - mostVersions))])
        ]
    }

    private static func head(_ row: ResultSet.Row) throws(StoreError) -> CapitalBook.Head {
        let version: Int64 = try row.value(4)
        return CapitalBook.Head(
            id: try row.value(0), portfolio: try row.value(1), name: try row.value(2), parts: try row.value(3),
            version: Int(version), created: Timestamp(nanoseconds: try row.value(5)))
    }

    /// Heads of a portfolio's versions, the newest first.
    static func heads(_ portfolio: String, _ records: any RecordStore) async throws(StoreError) -> [CapitalBook.Head] {
        let rows = try await records.query(
            Statement(
                "SELECT \(columns) FROM capital_books WHERE portfolio_id = $1 ORDER BY version DESC", [.text(portfolio)]
            ))
        return try rows.records.map { (row) throws(StoreError) -> CapitalBook.Head in try head(row) }
    }

    /// A version with its content, the newest where none is named; nil where there is none.
    static func content(
        _ portfolio: String, version: Int?, _ records: any RecordStore
    ) async throws(StoreError) -> (head: CapitalBook.Head, content: [UInt8])? {
        let chosen = version.map { (" AND version = $2", [SQLValue.integer(Int64($0))]) } ?? ("", [])
        let rows = try await records.query(
            Statement(
                """
                SELECT \(columns), content FROM capital_books WHERE portfolio_id = $1\(chosen.0)
                ORDER BY version DESC LIMIT 1
                """,
                [.text(portfolio)] + chosen.1))
        guard let row = rows.first else { return nil }
        return (try head(row), try row.value(6))
    }

    /// The newest book, read by the declaration that read it when it was posted; nil where there is none.
    @LoopActor static func newest(_ portfolio: String, _ records: any RecordStore) async throws -> CapitalBook? {
        guard let found = try await content(portfolio, version: nil, records) else { return nil }
        let body = try Route.body(CapitalBookBody.self, Request(method: .post, path: "/", body: found.content))
        return CapitalBook(head: found.head, body: body)
    }
}

/// Whose books are listed.
struct CapitalBookListQuery: RequestParameters {
    let portfolio: String

    static func read(_ parameters: ParameterReader) -> CapitalBookListQuery {
        CapitalBookListQuery(portfolio: parameters.text("portfolio_id", "Whose books."))
    }
}

/// A book in the path, and which version of it.
struct CapitalBookQuery: RequestParameters {
    /// 0 stands for the newest.
    let portfolio: String, version: Int

    static func read(_ parameters: ParameterReader) -> CapitalBookQuery {
        CapitalBookQuery(
            portfolio: parameters.path("portfolio_id", "Whose book."),
            version: parameters.int("version", "The newest for 0.", 0...1_000_000_000, default: 0))
    }
}

extension RiskEngine {
    private static let bookHead = """
        {"id":"b1","portfolio_id":"sample","name":"end of March","version":1,"parts":["ba_cva"],\
        "ts":"2026-03-31T18:00:00Z"}
        """

    /// Books that capital reports are made of.
    var capitalBookRoutes: [Route] {
        [
            .json(
                .post, "/api/v1/risk/capital-books", "Keeps a portfolio's inputs of capital as a new version.",
                example: "{\"portfolio_id\":\"sample\",\"name\":\"example\",\"sa_ccr\":\(Self.counterpartyExample),"
                    + "\"ba_cva\":\(Self.cvaExample),\"market_risk\":\(Self.marketRiskExample)}",
                answer: Self.bookHead, status: 201, errors: [409, 413]
            ) {
                [unowned self] (_: NoParameters, body: CapitalBookBody, request) in
                guard request.body.count <= CapitalBookRecords.mostBytes else {
                    throw Problem(413, "a capital book has at most \(CapitalBookRecords.mostBytes) bytes")
                }
                return try await idempotency.once(request) { try await self.keep(body, request.body, $0) }
            },
            .json(
                .get, "/api/v1/risk/capital-books", "Versions of a portfolio's capital book, newest first.",
                answer: "{\"items\":[\(Self.bookHead)]}"
            ) { [unowned self] (query: CapitalBookListQuery, _: NoBody, _) in
                let heads = try await CapitalBookRecords.heads(query.portfolio, context.records)
                return JSONBody { json in
                    json.object { json in json.array("items", heads) { json, head in head.write(to: &json) } }
                }
            },
            .json(
                .get, "/api/v1/risk/capital-books/{portfolio_id}", "A portfolio's capital book, as it was posted.",
                answer: "{\"head\":\(Self.bookHead),\"book\":{\"portfolio_id\":\"sample\",\"name\":\"end of March\"}}",
                errors: [404]
            ) { [unowned self] (query: CapitalBookQuery, _: NoBody, _) in
                let found = try await CapitalBookRecords.content(
                    query.portfolio, version: query.version > 0 ? query.version : nil, context.records)
                guard let found else { throw Problem.notFound("no capital book of \(query.portfolio) is kept") }
                return JSONBody { json in
                    json.object { json in
                        json.key("head")
                        found.head.write(to: &json)
                        json.key("book")
                        json.raw(found.content)
                    }
                }
            }
        ]
    }

    private func keep(_ body: CapitalBookBody, _ content: [UInt8], _ record: Idempotency.Record) async throws
        -> JSONBody
    {
        try await bookLock.with(body.portfolio) {
            let last = try await CapitalBookRecords.heads(body.portfolio, context.records).first?.version ?? 0
            let head = CapitalBook.Head(
                id: context.identifiers.nextText(), portfolio: body.portfolio, name: body.name,
                parts: body.parts.joined(separator: " "), version: last + 1, created: context.clock.now)
            let answer = JSONBody(status: 201) { head.write(to: &$0) }
            try await context.commit(
                CapitalBookRecords.insert(head, content: content) + record.statements(answer, context))
            context.logger.info(
                "capital book kept", ["portfolio": .string(head.portfolio), "version": .int(head.version)])
            return answer
        }
    }
}
