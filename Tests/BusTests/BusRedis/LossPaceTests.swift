@testable import BusRedis
import Testing

/// Losses that follow one another lead to ever fewer answers.
@Suite struct LossPaceTests {
    @Test func itWaitsTwiceAsLongEachTimeAndForgets() {
        var pace = LossPace(), taken: [Int64] = []
        // A loss is seen every second for an hour.
        for second in Int64(0)..<3600 where pace.note(at: second * 1_000_000_000) { taken.append(second) }
        let waits = zip(taken, taken.dropFirst()).map { $1 - $0 }
        #expect(Array(waits.prefix(9)) == [1, 2, 4, 8, 16, 32, 64, 128, 256])
        #expect(waits.dropFirst(9).allSatisfy { $0 == 300 } && waits.count > 12)
        let after = (taken.last ?? 0) + 3001
        let again = [after, after + 1].map { pace.note(at: $0 * 1_000_000_000) }
        #expect(again == [true, true])
    }
}
