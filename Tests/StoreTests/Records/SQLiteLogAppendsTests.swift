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

    private func committing() -> SQLiteLogAppends {
        var appends = SQLiteLogAppends()
        appends.beginCommit()
        return appends
    }

    @Test func aCommitIsDueWithItsLastPage() {
        var appends = committing()
        #expect(transaction(&appends, pages: 3, at: 8272) == [.keep, .keep, .keep, .keep, .keep, .keepAndFlush])
        #expect(appends.start == 8272 && appends.count == 3 * 4120)
        appends.flushed()
        #expect(appends.count == 0)
    }

    @Test func theLogsHeaderGoesWithTheFirstCommit() {
        var appends = committing()
        #expect(take(&appends, [UInt8](repeating: 3, count: 32), at: 0) == .keep)
        #expect(transaction(&appends, pages: 1, at: 32) == [.keep, .keepAndFlush])
        #expect(appends.start == 0 && appends.count == 32 + 4120)
    }

    @Test func aLongCommitIsWrittenInPieces() {
        var appends = committing(), flushes = 0, most = 0
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

    /// What is written before the commit begins may be rolled back; what comes after its last page mends headers.
    @Test func nothingIsKeptBeforeACommitOrBehindIt() {
        let direct = [SQLiteLogAppends.Step](repeating: .flushThenWrite, count: 2)
        var appends = SQLiteLogAppends()
        #expect(transaction(&appends, pages: 1, at: 32) == direct && appends.count == 0)
        appends.beginCommit()
        #expect(transaction(&appends, pages: 1, at: 4152) == [.keep, .keepAndFlush])
        appends.flushed()
        #expect(take(&appends, header(), at: 32) == .flushThenWrite)
        #expect(take(&appends, header(commits: true), at: 4152) == .flushThenWrite)
        appends.beginCommit()
        appends.endCommit()
        #expect(transaction(&appends, pages: 1, at: 8272) == direct)
    }

    /// A page that is written over its frame, a header elsewhere, half a page: what is kept goes first, then these.
    @Test func whatIsNotExpectedEndsIt() {
        for (bytes, offset) in [(page, Int64(56)), (header(), 32), ([UInt8](repeating: 1, count: 100), 4176)] {
            var appends = committing()
            _ = take(&appends, header(), at: 32)
            _ = take(&appends, page, at: 56)
            if bytes.count == 100 { _ = take(&appends, header(commits: true), at: 4152) }
            #expect(take(&appends, bytes, at: offset) == .flushThenWrite)
            appends.flushed()
            #expect(take(&appends, header(commits: true), at: 4152) == .flushThenWrite)
        }
    }
}
