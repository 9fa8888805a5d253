import EngineKit
import Market
import Store

/// Figures of portfolios over time, for whoever looks at the database: a row a portfolio each minute it changed.
enum PerformanceMetrics {
    static let migration = Migration(version: 4, name: "performance metrics", statements: [
        """
        CREATE TABLE performance_metrics (
            portfolio TEXT NOT NULL, recorded BIGINT NOT NULL, ts BIGINT NOT NULL, equity DOUBLE PRECISION NOT NULL,
            pnl DOUBLE PRECISION NOT NULL, total_return DOUBLE PRECISION, drawdown DOUBLE PRECISION,
            max_drawdown DOUBLE PRECISION, trades BIGINT NOT NULL, PRIMARY KEY (portfolio, recorded))
        """,
        "CREATE INDEX performance_metrics_by_time ON performance_metrics (recorded)",
    ])

    /// The row of a portfolio; nil where nothing is known of its value.
    static func insert(_ portfolio: LivePortfolio, at recorded: Timestamp) -> Statement? {
        guard let value = portfolio.value else { return nil }
        let figures = [portfolio.curve.totalReturn, portfolio.curve.drawdown, portfolio.curve.maxDrawdown].map {
            $0.flatMap { $0.isFinite ? SQLValue.real($0) : nil } ?? .null
        }
        return Statement(
            """
            INSERT INTO performance_metrics
                (portfolio, recorded, ts, equity, pnl, total_return, drawdown, max_drawdown, trades)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (portfolio, recorded) DO NOTHING
            """,
            [.text(portfolio.id), .integer(recorded.nanoseconds), .integer(value.time.nanoseconds),
             .real(value.equity.double), .real((value.realized + value.unrealized).double)] + figures
                + [.integer(Int64(value.trades))])
    }
}
