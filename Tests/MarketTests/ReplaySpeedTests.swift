import Market
import Testing

/// A speed that is legal gives a wait that a clock can take, whatever the row.
@Suite struct ReplaySpeedTests {
    @Test func whatIsLegal() {
        for speed in [0, 1e-5, 0.5, 10, 1e6] { #expect(ReplaySpeed.isLegal(speed)) }
        for speed in [1e-300, 1e-11, 9.9e-6, -1, -0.5, 1e6 + 1, .infinity, .nan] {
            #expect(!ReplaySpeed.isLegal(speed), "\(speed)")
        }
    }

    @Test func waitsAreBoundedAndElseExact() {
        #expect(ReplaySpeed.nanoseconds(before: 0, at: 1e-5) == 0)
        #expect(ReplaySpeed.nanoseconds(before: 3, at: 2) == 1_500_000_000)
        #expect(ReplaySpeed.nanoseconds(before: 1, at: 1e6) == 1000)
        let century: Int64 = 3_155_760_000_000_000_000
        #expect(ReplaySpeed.nanoseconds(before: 1_000_000_000, at: 1e-5) == century)
        #expect(ReplaySpeed.nanoseconds(before: 5, at: 1e-300) == century)
    }
}
