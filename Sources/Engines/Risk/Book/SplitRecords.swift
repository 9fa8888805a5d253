import Market
import Store

/// Rows of the splits that portfolios have booked: prices that were told before one are those of old shares, also after
/// a restart.
enum SplitRecords {
    /// `told` is what an earlier build knew a split by: the time of the position that told of it. It is the split's own now,
    /// and the column stays, so that the way back to that build is open.
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
            INSERT INTO splits (portfolio_id, symbol, told, ratio, time) VALUES ($1, $2, $3, $4, $3)
            ON CONFLICT (portfolio_id, symbol, told, ratio) DO NOTHING
            """,
            [.text(portfolio), .text(symbol.text), .integer(split.time.nanoseconds), .text("\(split.ratio)")])
    }

    /// All of them, oldest first.
    static func splits(
        _ records: any RecordStore
    ) async throws -> [(portfolio: String, symbol: Symbol, split: ShareSplit)] {
        try await records.query(Statement("SELECT DISTINCT portfolio_id, symbol, time, ratio FROM splits ORDER BY time"))
            .records.map { row in
                let split = ShareSplit(ratio: try row.number(3), time: Timestamp(nanoseconds: try row.value(2)))
                return (try row.value(0), try row.symbol(1), split)
            }
    }
}
