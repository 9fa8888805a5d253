import Testing

@testable import BusRedis

@Suite struct LowLanePaceTests {
    private static let second: Int64 = 1_000_000_000

    @Test func aloneTheLowLaneTakesLargeSteps() {
        let pace = LowLanePace()
        #expect(pace.window(at: 0) == 128 && pace.entries(at: 0) == 32)
    }

    @Test func whileUpperLanesAreInUseItTakesSmallOnes() {
        var pace = LowLanePace()
        pace.noteUpper(at: 5 * Self.second)
        #expect(pace.window(at: 5 * Self.second) == 24 && pace.entries(at: 6 * Self.second - 1) == 8)
        #expect(pace.window(at: 6 * Self.second) == 128 && pace.entries(at: 6 * Self.second) == 32)
        pace.noteUpper(at: 7 * Self.second)
        #expect(pace.window(at: 7 * Self.second) == 24)
    }
}
