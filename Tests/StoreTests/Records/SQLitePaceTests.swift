@testable import StoreSQLite
import Testing

/// When transactions leave their callers' thread, and when they come back to it.
@Suite struct SQLitePaceTests {
    private let short: Int64 = 100_000, long = SQLitePace.limitNanoseconds + 1

    @Test func aSlowOneSendsAFewToTheWritersThread() {
        var pace = SQLitePace()
        #expect(pace.isQuick)
        pace.tookHere(long)
        for _ in 0..<SQLitePace.fewestShort {
            #expect(!pace.isQuick)
            pace.tookOnItsThread(short)
        }
        #expect(pace.isQuick)
    }

    @Test func whileTheThreadsAreSlowNoneComesBack() {
        var pace = SQLitePace()
        pace.tookHere(long)
        for _ in 0..<100 {
            for _ in 1..<SQLitePace.fewestShort { pace.tookOnItsThread(short) }
            pace.tookOnItsThread(long)
            #expect(!pace.isQuick)
        }
    }

    /// Each return that is slow again costs twice as many, up to a bound; one that is short begins anew.
    @Test func aDiskThatStaysSlowIsTriedEverMoreSeldom() {
        var pace = SQLitePace(), steps: [Int] = []
        for _ in 0..<12 {
            pace.tookHere(long)
            var count = 0
            while !pace.isQuick {
                pace.tookOnItsThread(short)
                count += 1
            }
            steps.append(count)
        }
        #expect(steps == [4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024, 1024, 1024])
        pace.tookHere(short)
        pace.tookHere(long)
        for _ in 0..<SQLitePace.fewestShort { pace.tookOnItsThread(short) }
        #expect(pace.isQuick)
    }
}
