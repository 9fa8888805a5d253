import Quant
import Testing

@Suite struct BarStreamsTests {
    @Test func barsAreTakenOnceAndInOrder() {
        var streams = BarStreams<String, [Int]>(limit: 2)
        #expect(streams.place("a", 1) == .missing)
        streams.put("a", [], last: nil)
        #expect(streams.advance("a", 5) { $0.append(5) } != nil)
        #expect(streams.place("a", 5) == .past && streams.place("a", 4) == .past && streams.place("a", 6) == .next)
        #expect(streams.advance("a", 5) { $0.append(5) } == nil)
        #expect(streams["a"] == [5] && streams.last("a") == 5)
        streams.remove("a")
        #expect(streams.advance("a", 6) { $0.append(6) } == nil && streams.count == 0)
    }

    @Test func theOneUnusedTheLongestGoes() {
        var streams = BarStreams<String, Int>(limit: 2)
        streams.put("a", 1, last: 1)
        streams.put("b", 2, last: 1)
        _ = streams.advance("a", 2) { $0 += 1 }
        streams.put("c", 3, last: 1)
        #expect(streams["a"] == 2 && streams["b"] == nil && streams["c"] == 3)
    }
}
