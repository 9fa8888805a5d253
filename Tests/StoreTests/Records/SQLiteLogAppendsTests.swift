@testable import StoreSQLite
import Testing

/// Which writes to the log wait for their commit.
@Suite struct SQLiteLogAppendsTests {
    private let page = [UInt8](repeating: 1, count: 4096)

    /// A frame's header: page number, the database's size where the frame commits, salts and checksums.
    private func header(commits: Bool = false) -> [UInt8] {
        [0, 0, 0, 7, 0, 0, 0, commits ? 9 : 0] + [UInt8](repeating: 5, count: 16)
    }

    /// Hands over frames one after another from `offset` on; the last one commits.
    private func transaction(
        _ appends: inout SQLiteLogAppends, pages: Int, at offset: Int64
    ) -> [SQLiteLogAppends.Step] {
        var steps: [SQLiteLogAppends.Step] = []
        for index in 0..<pages {
            let start = offset + Int64(index) * 4120
            steps.append(take(&appends, header(commits: index == pages - 1), at: start))
            steps.append(take(&appends, page, at: start + 24))
        }
        return steps
    }

    private func take(_ appends: inout SQLiteLogAppends, _ bytes: [UInt8], at offset: Int64) -> SQLiteLogAppends.Step {
        bytes.withUnsafeBytes { appends.take($0, at: offset) }
    }

    @Test func aCommitIsDueWithItsLastPage() {
        var appends = SQLiteLogAppends()
        #expect(transaction(&appends, pages: 3, at: 8272) == [.keep, .keep, .keep, .keep, .keep, .keepAndFlush])
        #expect(appends.start == 8272 && appends.count == 3 * 4120)
        appends.flushed()
        #expect(appends.count == 0)
        #expect(transaction(&appends, pages: 1, at: 8272 + 3 * 4120) == [.keep, .keepAndFlush])
    }

    @Test func theLogsHeaderGoesWithTheFirstCommit() {
        var appends = SQLiteLogAppends()
        #expect(take(&appends, [UInt8](repeating: 3, count: 32), at: 0) == .keep)
        #expect(transaction(&appends, pages: 1, at: 32) == [.keep, .keepAndFlush])
        #expect(appends.start == 0 && appends.count == 32 + 4120)
    }

    @Test func aLongTransactionIsWrittenInPieces() {
        var appends = SQLiteLogAppends(), flushes = 0, most = 0
        for index in 0..<100 {
            let offset = 32 + Int64(index) * 4120
            #expect(take(&appends, header(), at: offset) == .keep)
            let step = take(&appends, page, at: offset + 24)
            most = max(most, appends.count)
            if step == .keepAndFlush {
                flushes += 1
                appends.flushed()
            }
        }
        #expect(flushes == 100 / 14 && most == 14 * 4120)
    }

    /// After a rollback the next transaction's frames lie where the last one's did.
    @Test func whatLiesElsewhereBeginsAnew() {
        var appends = SQLiteLogAppends()
        _ = take(&appends, header(), at: 32)
        _ = take(&appends, page, at: 56)
        #expect(take(&appends, header(commits: true), at: 32) == .flushThenKeep)
        #expect(appends.start == 32 && appends.count == 24)
        #expect(take(&appends, page, at: 56) == .keepAndFlush)
    }

    /// A page that is written again over its frame: the headers behind it come again, after the commit.
    @Test func afterAPageIsWrittenOverNothingWaitsUntilTheLogBeginsAnew() {
        var appends = SQLiteLogAppends()
        _ = take(&appends, header(), at: 32)
        _ = take(&appends, page, at: 56)
        #expect(take(&appends, page, at: 56) == .flushThenWrite)
        appends.flushed()
        let direct = [SQLiteLogAppends.Step](repeating: .flushThenWrite, count: 2)
        #expect(transaction(&appends, pages: 1, at: 4152) == direct)
        #expect(take(&appends, header(), at: 32) == .flushThenWrite)
        #expect(take(&appends, header(commits: true), at: 4152) == .flushThenWrite)
        #expect(transaction(&appends, pages: 1, at: 8272) == direct)
        #expect(take(&appends, [UInt8](repeating: 3, count: 32), at: 0) == .keep)
        #expect(transaction(&appends, pages: 1, at: 32) == [.keep, .keepAndFlush])
    }

    /// A header whose page does not come next, or comes in halves: written as it comes.
    @Test func whatIsNoFrameIsWrittenAsItComes() {
        var appends = SQLiteLogAppends()
        _ = take(&appends, header(commits: true), at: 32)
        #expect(take(&appends, page, at: 4176) == .flushThenWrite)
        appends.flushed()
        var halves = SQLiteLogAppends()
        _ = take(&halves, header(commits: true), at: 32)
        #expect(take(&halves, [UInt8](repeating: 1, count: 100), at: 56) == .flushThenWrite)
        #expect(halves.count == 24)
    }
}
