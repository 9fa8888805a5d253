@testable import BusRedis
import Bus
import Market
import Testing

@Suite struct FrameCodecTests {
    private func message(_ number: Int) -> Message {
        Message(
            id: MessageID(UInt128(number) << 70), topic: Topic("a.b", number % 3 == 0 ? "" : "K\(number)"),
            time: Timestamp(nanoseconds: Int64(number) - 5),
            received: Timestamp(nanoseconds: Int64(number % 2 == 0 ? number - 5 : 9)),
            source: number % 4 < 2 ? "one" : "two", sequence: UInt64(number),
                cause: number % 5 == 0 ? MessageID(7) : nil,
            trace: number % 7 == 0 ? "trace" : nil, replyTo: number % 11 == 0 ? "there" : nil,
            data: [UInt8](repeating: 65, count: number))
    }

    @Test func whatGoesInComesOut() throws {
        let sent = (0..<100).map(message)
        let frame = FrameCodec.frame(sent, family: "a.b")
        let got = try FrameCodec.read(frame, family: "a.b")
        #expect(got.map(Envelope.init) == sent.map(Envelope.init))
    }

    @Test func everyCutAndEveryOtherFamilyIsRefused() {
        let frame = FrameCodec.frame((0..<6).map(message), family: "a.b")
        for count in 0..<frame.count {
            #expect(throws: UnreadableEntry.self) { try FrameCodec.read(Array(frame.prefix(count)), family: "a.b") }
        }
        #expect(throws: UnreadableEntry.self) { try FrameCodec.read(frame + [0], family: "a.b") }
        #expect(throws: UnreadableEntry.self) { try FrameCodec.read(frame, family: "a.c") }
    }

    @Test func aDamagedSpoolRecordEndsTheReading() {
        var content: [UInt8] = []
        for number in 0..<3 { SpoolRecords.append(message(number), to: &content) }
        var whole = SpoolRecords(content)
        #expect(whole.next()?.sequence == 0)
        let second = whole.validBytes
        #expect(whole.next()?.sequence == 1)
        #expect(whole.next()?.sequence == 2)
        #expect(whole.next() == nil)
        content[second + 12] ^= 1
        var damaged = SpoolRecords(content)
        #expect(damaged.next()?.sequence == 0)
        #expect(damaged.next() == nil)
        #expect(damaged.validBytes == second)
    }
}

@Suite struct RedisURLTests {
    @Test func partsAreFound() {
        let url = RedisURL("redis://me:p%40ss@[::1]:7000/3")
        #expect(url?.host == "::1" && url?.port == 7000 && url?.database == 3)
        #expect(url?.user == "me" && url?.password == "p@ss")
        #expect(RedisURL("redis://localhost")?.port == 6379)
        #expect(RedisURL("redis://:secret@h")?.user == nil)
        for bad in ["", "http://h", "redis://", "redis://h:0", "redis://h:x", "redis://h/a"] {
            #expect(RedisURL(bad) == nil)
        }
    }
}

@Suite struct LedgerTests {
    private func entry(_ number: UInt64) -> EntryID { EntryID(milliseconds: number, sequence: 0) }

    @Test func anEntryIsDoneWithItsLastMessage() {
        var ledger = EntryLedger()
        let first = ledger.open(stream: 1, entry: entry(1), messages: 3)
        let second = ledger.open(stream: 1, entry: entry(2), messages: 1)
        #expect(ledger.finish(first, count: 2) == nil)
        #expect(ledger.finish(second)?.entry == entry(2))
        #expect(ledger.openEntries(of: 1) == [entry(1)])
        #expect(ledger.finish(first)?.entry == entry(1))
        #expect(ledger.open == 0)
        #expect(ledger.finish(first) == nil)
    }

    /// An entry that stays open for long must not keep all that came after it.
    @Test func oneThatStaysOpenIsFoundAgainAfterManyOthers() {
        var ledger = EntryLedger()
        let first = ledger.open(stream: 1, entry: entry(1), messages: 2)
        let poison = ledger.open(stream: 1, entry: entry(2), messages: 1)
        for number in 3..<200_000 {
            let ticket = ledger.open(stream: 1, entry: entry(UInt64(number)), messages: 1)
            if ledger.finish(ticket)?.entry != entry(UInt64(number)) { Issue.record("\(number) is not finished") }
        }
        #expect(ledger.open == 3 && ledger.lineCount < 40_000)
        #expect(ledger.openEntries(of: 1) == [entry(1), entry(2)] && ledger.openEntries(of: 2).isEmpty)
        #expect(ledger.entry(poison)?.entry == entry(2))
        #expect(ledger.finish(first) == nil)
        #expect(ledger.finish(poison)?.entry == entry(2))
        #expect(ledger.finish(first)?.entry == entry(1))
        #expect(ledger.finish(first) == nil && ledger.entry(first) == nil)
        #expect(ledger.open == 0 && ledger.openEntries(of: 1).isEmpty)
    }

    @Test func messagesSettleBelowTheFloorOfTheSlowestGroup() {
        func message(_ id: UInt128, _ source: String) -> Message {
            Message(id: MessageID(id), topic: Topic("f", ""), time: Timestamp(seconds: 0),
                    received: Timestamp(seconds: 0), source: source, data: [])
        }
        var ledger = SentLedger()
        ledger.add([message(1, "a"), message(2, "b")], entry: entry(1))
        ledger.add([message(3, "b")], entry: entry(2))
        var told: [String: [MessageID]] = [:]
        ledger.settle(below: entry(1)) { told[$1, default: []] += $0 }
        #expect(told.isEmpty)
        let slow = GroupFloor(lastDelivered: entry(2), oldestPending: entry(2))
        #expect(slow.floor == entry(2))
        ledger.settle(below: slow.floor) { told[$1, default: []] += $0 }
        #expect(told == ["a": [MessageID(1)], "b": [MessageID(2)]])
        ledger.settle(below: GroupFloor(lastDelivered: entry(2)).floor) { told[$1, default: []] += $0 }
        #expect(told["b"] == [MessageID(2), MessageID(3)])
        #expect(ledger.isEmpty)
    }
}
