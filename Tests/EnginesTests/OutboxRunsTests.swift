@testable import EngineKit
import Testing

/// What is deleted from the outbox is what was settled: neither more nor less.
@Suite struct OutboxRunsTests {
    @Test func neighboursAreOneRun() {
        #expect(Outbox.runs(of: [3, 4, 5, 9, 11, 12]) == [3...5, 9...9, 11...12])
        #expect(Outbox.runs(of: []).isEmpty && Outbox.runs(of: [7]) == [7...7])
        #expect(Outbox.runs(of: [7, 7, 8]) == [7...8])
    }

    @Test func runsHoldWhatWasGivenAndNothingElse() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let positions = Set((0..<Int.random(in: 0..<60, using: &random)).map { _ in
                Int64.random(in: 0..<80, using: &random)
            })
            let runs = Outbox.runs(of: positions.sorted()[...])
            #expect(Set(runs.flatMap { Array($0) }) == positions)
            #expect(zip(runs, runs.dropFirst()).allSatisfy { $0.upperBound + 1 < $1.lowerBound })
        }
    }
}
