@testable import Bus
import Market
import Testing

@Suite struct LaneScheduleTests {
    @Test func theMostUrgentLaneGoesFirst() {
        var schedule = LaneSchedule()
        #expect(schedule.next(waiting: 0b0000) == nil)
        #expect(schedule.next(waiting: 0b1110) == .high)
        #expect(schedule.next(waiting: 0b1000) == .low)
        #expect(schedule.next(waiting: 0b0101) == .critical)
    }

    @Test(arguments: [UInt8(0b1111), 0b1001, 0b1010, 0b1100, 0b0011, 0b0111])
    func everyLaneGetsItsShare(waiting: UInt8) {
        var schedule = LaneSchedule()
        let turns = (0..<960).compactMap { _ in schedule.next(waiting: waiting) }
        for lane in Lane.allCases where waiting & (1 << lane.rawValue) != 0 {
            for start in 0...(turns.count - LaneSchedule.starvationBound) {
                #expect(turns[start..<start + LaneSchedule.starvationBound].contains(lane))
            }
        }
        let top = Lane(rawValue: UInt8(waiting.trailingZeroBitCount))
        #expect(turns.filter { $0 == top }.count >= 960 * 12 / 16)
    }
}

@Suite struct MessageQueueTests {
    private func message(_ key: String, _ number: UInt64) -> Message {
        Message(id: MessageID(UInt128(number)), topic: Topic("f", key), time: Timestamp(seconds: 0),
                received: Timestamp(seconds: 0), source: "s", sequence: number, data: [])
    }

    @Test func chunksComeInOrder() {
        var queue = MessageQueue(chunkLimit: 4, conflates: false)
        for number in UInt64(0)..<10 { _ = queue.append(message("k", number), ticket: number) }
        #expect(queue.dropFirst() == 0)
        #expect(queue.takeChunk()?.messages.map(\.sequence) == [1, 2, 3])
        #expect(queue.takeChunk()?.tickets == [4, 5, 6, 7])
        #expect(queue.dropFirst() == 8)
        #expect(queue.dropFirst() == 9)
        #expect(queue.dropFirst() == nil)
        #expect(queue.isEmpty)
        #expect(queue.takeChunk() == nil)
    }

    @Test func theNewestTakesThePlaceOfTheWaiting() {
        var queue = MessageQueue(chunkLimit: 2, conflates: true)
        #expect(queue.append(message("a", 1), ticket: 1) == nil)
        #expect(queue.append(message("b", 2), ticket: 2) == nil)
        #expect(queue.append(message("c", 3), ticket: 3) == nil)
        #expect(queue.append(message("a", 4), ticket: 4) == 1)
        #expect(queue.dropFirst() == 4)
        #expect(queue.append(message("a", 5), ticket: 5) == nil)
        #expect(queue.takeChunk()?.messages.map(\.sequence) == [2])
        #expect(queue.append(message("b", 6), ticket: 6) == nil)
        #expect(queue.takeChunk()?.messages.map(\.sequence) == [3, 5])
        #expect(queue.takeChunk()?.messages.map(\.sequence) == [6])
        #expect(queue.append(message("b", 7), ticket: 7) == nil)
        #expect(queue.count == 1)
    }
}

@Suite struct SettleLedgerTests {
    @Test func theLastGroupSettles() {
        func message(_ id: UInt128, _ source: String) -> Message {
            Message(id: MessageID(id), topic: Topic("f", ""), time: Timestamp(seconds: 0),
                    received: Timestamp(seconds: 0), source: source, data: [])
        }
        var ledger = SettleLedger()
        var told: [String: [MessageID]] = [:]
        let first = ledger.open([message(1, "a"), message(2, "b")], groups: 2)
        let third = ledger.open([message(3, "a")], groups: 1)
        ledger.acknowledge([first, third, 0]) { told[$0, default: []] += $1 }
        #expect(told == ["a": [MessageID(3)]])
        #expect(ledger.open == 3)
        ledger.acknowledge([first, first + 1]) { told[$0, default: []] += $1 }
        ledger.acknowledge([first + 1]) { told[$0, default: []] += $1 }
        #expect(told == ["a": [MessageID(3), MessageID(1)], "b": [MessageID(2)]])
        #expect(ledger.open == 0)
    }
}
