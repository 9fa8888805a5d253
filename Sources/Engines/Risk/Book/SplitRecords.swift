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

    /// Drops the time of the position that told of a split: the ledger says when the split itself was.
    static let byTime = Migration(version: 86, name: "splits by time", statements: [
        """
        CREATE TABLE splits_by_time (portfolio_id TEXT NOT NULL, symbol TEXT NOT NULL, time BIGINT NOT NULL,
            ratio TEXT NOT NULL, PRIMARY KEY (portfolio_id, symbol, time, ratio))
        """,
        "INSERT INTO splits_by_time SELECT DISTINCT portfolio_id, symbol, time, ratio FROM splits",
        "DROP TABLE splits", "ALTER TABLE splits_by_time RENAME TO splits",
    ])

    /// The row of a split; told again it is there already.
    static func insert(_ split: ShareSplit, of symbol: Symbol, in portfolio: String) -> Statement {
        Statement(
            """
            INSERT INTO splits (portfolio_id, symbol, time, ratio) VALUES ($1, $2, $3, $4)
            ON CONFLICT (portfolio_id, symbol, time, ratio) DO NOTHING
            """,
            [.text(portfolio), .text(symbol.text), .integer(split.time.nanoseconds), .text("\(split.ratio)")])
    }

    /// All of them, oldest first.
    static func splits(
        _ records: any RecordStore
    ) async throws -> [(portfolio: String, symbol: Symbol, split: ShareSplit)] {
        try await records.query(Statement("SELECT portfolio_id, symbol, time, ratio FROM splits ORDER BY time"))
            .records.map { row in
                let split = ShareSplit(ratio: try row.number(3), time: Timestamp(nanoseconds: try row.value(2)))
                return (try row.value(0), try row.symbol(1), split)
            }
    }
}
