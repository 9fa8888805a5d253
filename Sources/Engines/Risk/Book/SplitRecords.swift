import Market
import Store

/// Rows of the splits that portfolios have booked: prices that were told before one are those of old shares, also after
/// a restart.
enum SplitRecords {
    static let migration = Migration(version: 85, name: "splits", statements: [
        """
        CREATE TABLE splits (portfolio_id TEXT NOT NULL, symbol TEXT NOT NULL, told BIGINT NOT NULL, ratio TEXT NOT NULL,
            time BIGINT NOT NULL, PRIMARY KEY (portfolio_id, symbol, told, ratio))
        """,
    ])

    /// The row of a split; told again it is there already.
    static func insert(_ split: ShareSplit, of symbol: Symbol, in portfolio: String) -> Statement {
        Statement(
            """
            INSERT INTO splits (portfolio_id, symbol, told, ratio, time) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (portfolio_id, symbol, told, ratio) DO NOTHING
            """,
            [.text(portfolio), .text(symbol.text), .integer(split.told.nanoseconds), .text("\(split.ratio)"),
             .integer(split.time.nanoseconds)])
    }

    /// All of them, oldest first.
    static func splits(
        _ records: any RecordStore
    ) async throws -> [(portfolio: String, symbol: Symbol, split: ShareSplit)] {
        try await records.query(Statement("SELECT portfolio_id, symbol, ratio, told, time FROM splits ORDER BY told"))
            .records.map { row in
                (try row.value(0), try row.symbol(1),
                 ShareSplit(
                    ratio: try row.number(2), told: Timestamp(nanoseconds: try row.value(3)),
                    time: Timestamp(nanoseconds: try row.value(4))))
            }
    }
}
