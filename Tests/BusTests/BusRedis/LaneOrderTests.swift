@testable import BusRedis
import Bus
import Runtime
import Testing

/// In which order the connections of a bus have their turn. `endOfTurn` is called by hand, unless the loop has a turn.
@Suite @LoopActor struct LaneOrderTests {
    init() { EventLoop.runInBackground() }

    /// Notes in `log` when it is called; `then` runs with it.
    @LoopActor private final class Part: TurnWork, RankedLink {
        @LoopActor final class Log { var entries: [String] = [] }

        let name: String
        let log: Log
        var then: (@LoopActor () -> Void)?
        var isOwed = false

        init(_ name: String, _ log: Log) {
            self.name = name
            self.log = log
        }

        func endOfTurn() {
            log.entries.append(name)
            then?()
            then = nil
        }

        func readArrived() { log.entries.append(name) }
    }

    @Test func theCriticalLaneIsWrittenFirstAndWhatIsPublishedBeforeWhatIsAsked() {
        let order = LaneOrder(), log = Part.Log()
        order.add(Part("acks", log), rank: LaneOrder.last)
        for lane in Lane.allCases.reversed() {
            order.add(Part("read \(lane.name)", log), rank: LaneOrder.reading(lane))
            order.add(Part("write \(lane.name)", log), rank: LaneOrder.writing(lane))
        }
        order.endOfTurn()
        #expect(log.entries == [
            "write critical", "read critical", "write high", "read high", "write normal", "read normal", "write low",
            "read low", "acks",
        ])
        order.endOfTurn()
        #expect(log.entries.count == 9, "once each")
    }

    @Test func whatIsAskedForMeanwhileIsDoneTooOrNextTime() {
        let order = LaneOrder(), log = Part.Log()
        let high = Part("high", log), critical = Part("critical", log), link = Part("link", log)
        high.then = {
            order.add(link, rank: LaneOrder.writing(.high))
            order.add(critical, rank: LaneOrder.writing(.critical))
        }
        order.add(high, rank: LaneOrder.writing(.high))
        order.endOfTurn()
        #expect(log.entries == ["high", "link"])
        order.endOfTurn()
        #expect(log.entries == ["high", "link", "critical"])
    }

    @Test func acknowledgementsWaitForTheCriticalLanesAnswerButNotForLong() {
        let order = LaneOrder(), log = Part.Log(), writer = Part("writer", log), acks = Part("acks", log)
        order.criticalWriter = writer
        writer.isOwed = true
        order.add(acks, rank: LaneOrder.last)
        order.endOfTurn()
        #expect(log.entries == [])
        writer.isOwed = false
        order.endOfTurn()
        #expect(log.entries == ["acks"])

        writer.isOwed = true
        order.add(acks, rank: LaneOrder.last)
        for _ in 0..<4 { order.endOfTurn() }
        #expect(log.entries == ["acks"])
        order.endOfTurn()
        #expect(log.entries == ["acks", "acks"], "a critical lane that is never idle does not keep them for ever")
    }

    @Test func anAnswerLetsWhatWaitedGoWithoutAnythingElse() async {
        let order = LaneOrder(), log = Part.Log(), writer = Part("writer", log)
        order.criticalWriter = writer
        writer.isOwed = true
        await Task.yield()
        order.add(Part("acks", log), rank: LaneOrder.last)
        await Task.yield()
        #expect(log.entries == [])
        writer.isOwed = false
        order.answered()
        await Task.yield()
        #expect(log.entries == ["acks"])
    }

    @Test func whatCameTogetherIsReadByLane() {
        let order = LaneOrder(), log = Part.Log()
        order.noteArrival(Part("control", log), rank: LaneOrder.last)
        order.noteArrival(Part("low", log), rank: LaneOrder.reading(.low))
        order.noteArrival(Part("one", log), rank: LaneOrder.reading(.critical))
        order.noteArrival(Part("two", log), rank: LaneOrder.reading(.critical))
        order.noteArrival(Part("answers", log), rank: LaneOrder.writing(.high))
        order.afterSockets()
        #expect(log.entries == ["one", "two", "answers", "low", "control"])
        order.afterSockets()
        #expect(log.entries.count == 5, "once each")
    }
}
