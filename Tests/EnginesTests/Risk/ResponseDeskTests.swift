import HTTP
import Market
@testable import Risk
import Runtime
import Testing
import Wire

/// Which rule does what when, with a clock by hand.
@Suite struct ResponseDeskTests {
    init() { EventLoop.runInBackground() }

    private static let start = Timestamp(seconds: 1_704_153_600)
    private static func wall(_ seconds: Int64) -> Timestamp { start.adding(nanoseconds: seconds * 1_000_000_000) }
    private static func at(_ seconds: Int64) -> CaseTime {
        CaseTime(wall: wall(seconds), steady: seconds * 1_000_000_000)
    }

    @LoopActor private func rule(_ json: String) throws -> ResponseRule {
        try Route.body(ResponseRule.self, Request(method: .post, path: "/", body: Array(json.utf8)))
    }

    @LoopActor private func check(_ value: Double, type: String = "gross_exposure", scope: String = "all") throws -> LimitCheck {
        LimitCheck(try LimitRows.decode(Array("""
            {"id":"g","type":"\(type)","threshold":100,"scope":"\(scope)"}
            """.utf8)), value: value)
    }

    /// What is due where the limit is still what it was found at.
    @LoopActor private func due(_ desk: inout ResponseDesk, at time: CaseTime) -> [ResponseStep] {
        desk.due(at: time) { breach in
            try? self.check(breach.value, type: breach.type.rawValue, scope: breach.scope.text)
        }
    }

    @LoopActor private func due(_ desk: inout ResponseDesk, _ seconds: Int64) -> [String] {
        due(&desk, at: Self.at(seconds)).map { "\($0.rule.id)/\($0.moment.number)" }
    }

    @Test @LoopActor func aRuleBeginsOnceWhenItHasLastedAndAgainWithTheNextBreach() throws {
        var desk = ResponseDesk()
        desk.rules = [
            try rule(#"{"id":"soft","title":"t","action":"notify","severity":"soft","channels":["a"],"for_seconds":10}"#),
            try rule(#"{"id":"hard","title":"t","action":"block","for_seconds":5}"#),
        ]
        #expect(desk.observe(try check(50), of: "p", at: Self.at(0), id: "none") == nil)
        let warned = desk.observe(try check(90), of: "p", at: Self.at(0), id: "one")
        #expect(warned?.severity == .soft)
        #expect(due(&desk, 9).isEmpty)
        #expect(due(&desk, 10) == ["soft/0"])
        #expect(due(&desk, 60).isEmpty)
        let broken = desk.observe(try check(120), of: "p", at: Self.at(60), id: "two")
        #expect(broken?.id == "one" && broken?.hardSince == Self.wall(60))
        #expect(due(&desk, 64).isEmpty)
        #expect(due(&desk, 65) == ["hard/0"])
        // Better and worse again is the same case: nothing is done twice.
        _ = desk.observe(try check(90), of: "p", at: Self.at(70), id: "three")
        _ = desk.observe(try check(130), of: "p", at: Self.at(80), id: "four")
        #expect(due(&desk, 1000).isEmpty)
        #expect(desk.observe(try check(10), of: "p", at: Self.at(1100), id: "five")?.isOpen == false)
        _ = desk.observe(try check(130), of: "p", at: Self.at(1200), id: "six")
        #expect(due(&desk, 1210) == ["soft/0", "hard/0"])
    }

    /// A rule that told of a soft case and is made one that sells waits as long as it asks for now.
    @Test @LoopActor func aRuleThatIsMadeToActLastsAsLongAsItSays() throws {
        var desk = ResponseDesk()
        desk.rules = [try rule(#"{"id":"r","title":"t","action":"notify","severity":"soft","channels":["a"]}"#)]
        _ = desk.observe(try check(90), of: "p", at: Self.at(0), id: "one")
        #expect(due(&desk, 1) == ["r/0"])
        desk.rules = [try rule(#"{"id":"r","title":"t","action":"flatten","for_seconds":3600}"#)]
        _ = desk.observe(try check(120), of: "p", at: Self.at(5000), id: "two")
        #expect(due(&desk, 8599).isEmpty)
        #expect(due(&desk, 8600) == ["r/0"])
        #expect(due(&desk, 9000).isEmpty)
    }

    @Test @LoopActor func escalationGoesOnUntilSomebodyAcknowledges() throws {
        let escalate = try rule("""
            {"id":"e","title":"t","action":"escalate","steps":[{"after_seconds":0,"channels":["desk"]},
             {"after_seconds":900,"channels":["head"]},{"after_seconds":3600,"channels":["board"]}]}
            """)
        let flatten = try rule(#"{"id":"f","title":"t","action":"flatten","for_seconds":4000}"#)
        var desk = ResponseDesk()
        desk.rules = [escalate, flatten]
        _ = desk.observe(try check(120), of: "p", at: Self.at(0), id: "one")
        #expect(due(&desk, at: Self.at(0)).map(\.channels) == [["desk"]])
        #expect(due(&desk, 899).isEmpty)
        #expect(due(&desk, 900) == ["e/1"])
        let seen = desk.acknowledge("one", by: "ann", at: Self.wall(1000))
        #expect(seen?.acknowledgedBy == "ann")
        // A second acknowledgement does not replace the first.
        #expect(desk.acknowledge("one", by: "bob", at: Self.wall(1001))?.acknowledgedBy == "ann")
        // Nobody else is told; orders that a rule asks for are placed all the same.
        #expect(due(&desk, 5000) == ["f/0"])
        #expect(desk.acknowledge("other", by: "bob", at: Self.wall(1)) == nil)
    }

    @Test @LoopActor func rulesMatchByTypeScopeAndPortfolio() throws {
        var desk = ResponseDesk()
        desk.rules = try [
            #"{"id":"type","title":"t","action":"block","limit_type":"leverage"}"#,
            #"{"id":"scope","title":"t","action":"block","scope":"symbol:KO"}"#,
            #"{"id":"portfolio","title":"t","action":"block","portfolio_id":"q"}"#,
            #"{"id":"off","title":"t","action":"block","active":false}"#,
            #"{"id":"all","title":"t","action":"block"}"#,
        ].map(rule)
        _ = desk.observe(try check(120, scope: "symbol:KO"), of: "p", at: Self.at(0), id: "one")
        #expect(due(&desk, 0) == ["scope/0", "all/0"])
        _ = desk.observe(try check(120), of: "q", at: Self.at(1), id: "two")
        #expect(due(&desk, 1) == ["portfolio/0", "all/0"])
        let gone = desk.forget(at: Self.wall(2)) { $0.limitID != "g" }
        #expect(gone.count == 2 && gone.allSatisfy { !$0.isOpen } && desk.open.isEmpty)
    }

    /// What is stored and read again goes on where it was: nothing anew, nothing forgotten.
    @Test @LoopActor func aRestoredCaseGoesOn() throws {
        let rules = try [
            #"{"id":"n","title":"t","action":"notify","channels":["a"]}"#,
            #"{"id":"e","title":"t","action":"escalate","steps":[{"after_seconds":60,"channels":["b"]}]}"#,
        ].map(rule)
        var desk = ResponseDesk()
        desk.rules = rules
        _ = desk.observe(try check(120), of: "p", at: Self.at(0), id: "one")
        #expect(due(&desk, 1) == ["n/0"])
        var next = ResponseDesk()
        next.rules = rules
        for breach in desk.open.values { next.restore(breach.resumed(at: Self.at(1))) }
        #expect(due(&next, 30).isEmpty)
        #expect(next.observe(try check(130), of: "p", at: Self.at(40), id: "again") == nil)
        #expect(due(&next, 60) == ["e/0"])
    }

    /// A value that wavers around its limit does not begin an escalation anew.
    @Test @LoopActor func escalationGoesOnFromWhereItsRuleBegan() throws {
        var desk = ResponseDesk()
        desk.rules = [try rule("""
            {"id":"e","title":"t","action":"escalate","for_seconds":10,"steps":[
             {"after_seconds":0,"channels":["desk"]},{"after_seconds":900,"channels":["head"]}]}
            """)]
        _ = desk.observe(try check(120), of: "p", at: Self.at(0), id: "one")
        // Before the rule has begun, it must have lasted.
        _ = desk.observe(try check(90), of: "p", at: Self.at(5), id: "")
        _ = desk.observe(try check(120), of: "p", at: Self.at(6), id: "")
        #expect(due(&desk, 15).isEmpty && due(&desk, 16) == ["e/0"])
        for second in stride(from: Int64(100), to: 900, by: 100) {
            _ = desk.observe(try check(90), of: "p", at: Self.at(second), id: "")
            #expect(due(&desk, second).isEmpty)
            _ = desk.observe(try check(120), of: "p", at: Self.at(second + 1), id: "")
        }
        #expect(due(&desk, 915).isEmpty)
        // It is stored with the case.
        var next = ResponseDesk()
        next.rules = desk.rules
        for breach in desk.open.values {
            var stored = breach
            stored.progress = RuleProgress.read(RuleProgress.text(breach.progress))
            next.restore(stored.resumed(at: CaseTime(wall: Self.wall(915), steady: 5)))
        }
        let later = CaseTime(wall: Self.wall(916), steady: 1_000_000_005)
        #expect(due(&next, at: later).map(\.moment.number) == [1])
        #expect(due(&desk, 916) == ["e/1"])
    }

    @Test @LoopActor func whatTradesWaitsForAValueThatIsKnown() throws {
        var desk = ResponseDesk()
        desk.rules = try [
            #"{"id":"f","title":"t","action":"flatten","for_seconds":10}"#, #"{"id":"b","title":"t","action":"block"}"#,
        ].map(rule)
        let limit = try check(0).limit, unknown = LimitCheck(limit, missing: "no bars")
        _ = desk.observe(unknown, of: "p", at: Self.at(0), id: "one")
        #expect(desk.due(at: Self.at(60)) { _ in unknown }.map(\.rule.id) == ["b"])
        // It has lasted from the first value on, and only where there still is one, beyond the limit.
        desk.measure(LimitCheck(limit, value: 120), of: "p", at: Self.at(100))
        #expect(due(&desk, 109).isEmpty)
        #expect(desk.due(at: Self.at(110)) { _ in unknown }.isEmpty)
        #expect(desk.due(at: Self.at(110)) { _ in LimitCheck(limit, value: 95) }.isEmpty)
        #expect(desk.due(at: Self.at(110)) { _ in nil }.isEmpty)
        let steps = desk.due(at: Self.at(110)) { _ in LimitCheck(limit, value: 300) }
        #expect(steps.map(\.rule.id) == ["f"] && steps.first?.breach.value == 300)
    }

    @Test @LoopActor func aRuleThatIsMadeAgainBeginsAnewAndAnotherStepIsAnother() throws {
        let first = try rule(#"{"id":"n","title":"t","action":"notify","channels":["a"]}"#)
        var desk = ResponseDesk()
        desk.rules = [first, try rule("""
            {"id":"e","title":"t","action":"escalate","steps":[{"after_seconds":0,"channels":["a"]},
             {"after_seconds":60,"channels":["c"]}]}
            """)]
        _ = desk.observe(try check(120), of: "p", at: Self.at(0), id: "one")
        #expect(due(&desk, 60) == ["n/0", "e/0", "e/1"])
        desk.rules[1] = try rule("""
            {"id":"e","title":"t","action":"escalate","steps":[{"after_seconds":0,"channels":["a"]},
             {"after_seconds":30,"channels":["b"]},{"after_seconds":60,"channels":["c"]}]}
            """)
        #expect(due(&desk, 61) == ["e/1"])
        #expect(desk.forget(rule: "n").count == 1 && desk.forget(rule: "unknown").isEmpty)
        #expect(due(&desk, 62) == ["n/0"])
    }

    /// Of a rule that closes all by now, what it was before may be planned again and what it is may not.
    @Test @LoopActor func onlyWhatWasGivenUpIsPlannedAgain() throws {
        var desk = ResponseDesk()
        let flatten = try rule(#"{"id":"f","title":"t","action":"flatten"}"#)
        desk.rules = [flatten]
        _ = desk.observe(try check(120), of: "p", at: Self.at(0), id: "c")
        #expect(due(&desk, 0) == ["f/0"] && due(&desk, 1).isEmpty)
        #expect(desk.rearm("f", .reduce, of: "c") == nil && desk.rearm("f", .flatten, of: "other") == nil)
        #expect(due(&desk, 2).isEmpty)
        #expect(desk.rearm("f", .flatten, of: "c")?.progress["f"]?.generation == 1)
        #expect(due(&desk, 3) == ["f/0"])
        #expect(desk.rearm("f", .flatten, of: "c")?.progress["f"]?.generation == 2)
        #expect(desk.rearm("f", .flatten, of: "c") == nil)
    }

    @Test func whatIsDoneIsReadAsItWasStored() {
        var one = RuleProgress(began: CaseTime(wall: Self.wall(3), steady: 0), done: ["900 s a,b", "notify"])
        one.generation = 2
        let progress = ["a\nb": one, "c/d": RuleProgress()]
        #expect(RuleProgress.read(RuleProgress.text(progress)) == progress)
        // Before it was JSON.
        #expect(RuleProgress.read("a/0\nc/d/1\nc/d/0")
            == ["a": RuleProgress(done: ["0"]), "c/d": RuleProgress(done: ["0", "1"])])
        #expect(RuleProgress.read("").isEmpty && RuleProgress.read("[x]/0") == ["[x]": RuleProgress(done: ["0"])])
        let moment = ResponseRule.Moment(number: 1, seconds: 5, channels: ["a"], mark: "5 s a")
        #expect(RuleProgress(done: ["1"]).isDone(moment) && !RuleProgress(done: ["0"]).isDone(moment))
    }

    @Test(arguments: [
        ("22:00", "07:00", 0, "2024-01-02T23:30:00Z", "2024-01-03T07:00:00Z"),
        ("22:00", "07:00", 0, "2024-01-02T06:59:59Z", "2024-01-02T07:00:00Z"),
        ("22:00", "07:00", 0, "2024-01-02T07:00:00Z", nil), ("22:00", "07:00", 0, "2024-01-02T21:59:59Z", nil),
        ("22:00", "07:00", 60, "2024-01-02T21:00:00Z", "2024-01-03T06:00:00Z"),
        ("22:00", "07:00", -300, "2024-01-02T02:59:00Z", nil),
        ("22:00", "07:00", -300, "2024-01-02T03:00:00Z", "2024-01-02T12:00:00Z"),
        ("12:00", "13:00", 0, "2024-01-02T12:30:00Z", "2024-01-02T13:00:00Z"), ("12:00", "12:00", 0, "2024-01-02T12:00:00Z", nil),
    ] as [(String, String, Int, String, String?)])
    func quietHoursEndOnTime(_ from: String, _ to: String, _ offset: Int, _ now: String, _ end: String?) throws {
        let quiet = QuietHours(
            from: try #require(DayTime.minutes(from)), to: try #require(DayTime.minutes(to)), offset: offset)
        #expect(quiet.end(at: try #require(Timestamp(iso8601: now))) == end.flatMap { Timestamp(iso8601: $0) })
    }

    @Test func attemptsBackOffAndEnd() {
        var row = ResponseRow(
            id: "r", caseID: "c", ruleID: "n", portfolioID: "p", action: .notify, target: "a", state: .waiting,
            due: Self.wall(0), body: [], recorded: Self.wall(0))
        var waits: [Int64] = []
        while row.state == .waiting, let before = row.due {
            row.take(.failed("no answer"), at: before)
            if let due = row.due { waits.append((due.nanoseconds - before.nanoseconds) / 1_000_000_000) }
        }
        #expect(waits == [5, 20, 80, 320, 1280])
        #expect(row.state == .failed && row.attempts == 6 && row.detail == "no answer" && row.due == nil)
        row.state = .waiting
        row.take(.refused("answered 404"), at: Self.wall(0))
        #expect(row.state == .failed && row.detail == "answered 404")
    }

    @Test func anOrderIsTriedAgainWithinSeconds() {
        var row = ResponseRow(
            id: "r", caseID: "c", ruleID: "f", portfolioID: "p", action: .flatten, target: "KO", state: .waiting,
            due: Self.wall(0), body: [], recorded: Self.wall(0))
        var waits: [Int64] = []
        // A day without an answer, and it is still tried.
        while row.state == .waiting, let before = row.due, waits.count < 5760 {
            row.take(.failed("no answer"), at: before)
            if let due = row.due { waits.append(due.nanoseconds(since: before) / 1_000_000_000) }
        }
        #expect(waits.prefix(6) == [1, 2, 4, 8, 15, 15] && waits.max() == 15 && waits.count == 5760)
        #expect(row.state == .waiting && row.attempts == 5760)
    }

    // MARK: Reductions

    private static let lines = [
        ReducibleLine(symbol: "KO", sector: "Food", quantity: 100, price: 10),
        ReducibleLine(symbol: "PEP", sector: nil, quantity: -30, price: 20),
        ReducibleLine(symbol: "X", sector: nil, quantity: 0.5, price: 400),
    ]

    @Test func aReductionBringsTheValueToTheFractionAndNeverTurnsAHolding() throws {
        let gross = 1000.0 + 600 + 200
        let plan = try ReductionPlan(
            reducing: Self.lines, type: .grossExposure, scope: .all, value: gross, threshold: 1000, fraction: 0.9)
        #expect(plan.orders.map(\.symbol) == ["KO", "PEP", "X"] && plan.orders.map(\.side) == [.sell, .buy, .sell])
        var left = 0.0
        for (line, order) in zip(Self.lines, plan.orders) {
            let kept = abs(line.quantity) - order.quantity.double
            #expect(kept >= 0)
            left += kept * line.price
        }
        #expect(left <= 900 && left > 900 - 10 - 20)
        #expect(plan.orders[0].quantity == FixedPoint(50))
        let largest = try ReductionPlan(
            reducing: Self.lines, type: .positionSize, scope: .all, value: 1000, threshold: 500, fraction: 1)
        #expect(largest.orders == [
            ReductionPlan.Order(symbol: "KO", side: .sell, quantity: FixedPoint(50)),
            ReductionPlan.Order(symbol: "PEP", side: .buy, quantity: FixedPoint(5)),
        ])
        let part = ReductionPlan(flattening: Self.lines, in: .symbol("PEP"))
        #expect(part.orders == [ReductionPlan.Order(symbol: "PEP", side: .buy, quantity: FixedPoint(30))])
        #expect(ReductionPlan(flattening: Self.lines, in: .all).orders.count == 3)
    }

    @Test func whatOtherOrdersCloseIsNotClosedOnceMore() throws {
        func left(_ free: Int, _ answered: Int, fraction: Double = 0.5) throws -> [FixedPoint] {
            let line = ReducibleLine(
                symbol: "KO", sector: nil, quantity: 100, price: 10, free: FixedPoint(free),
                answered: FixedPoint(answered))
            let plan = try ReductionPlan(
                reducing: [line], type: .grossExposure, scope: .all, value: 1000, threshold: 1000, fraction: fraction)
            #expect(plan.isUnderWay == plan.orders.isEmpty)
            return plan.orders.map(\.quantity)
        }
        #expect(try left(100, 0) == [FixedPoint(50)])
        // What somebody else has open need not be filled: it gives way when the order is sent.
        #expect(try left(70, 0) == [FixedPoint(50)] && left(20, 0) == [FixedPoint(50)] && left(0, 0) == [FixedPoint(50)])
        // What a response closes is part of what is wanted.
        #expect(try left(60, 40) == [FixedPoint(10)] && left(50, 50).isEmpty && left(30, 40) == [FixedPoint(10)])
        var line = Self.lines[1]
        line.answer(FixedPoint(20))
        #expect(ReductionPlan(flattening: [line], in: .all).orders.map(\.quantity) == [FixedPoint(10)])
        line.answer(FixedPoint(20))
        #expect(ReductionPlan(flattening: [line], in: .all).isUnderWay && line.free == .zero)
    }

    @Test func whatASaleCannotMendIsRefused() {
        func fault(_ type: LimitType, _ value: Double, _ lines: [ReducibleLine]) -> String? {
            do throws(ReductionFault) {
                _ = try ReductionPlan(
                    reducing: lines, type: type, scope: .all, value: value, threshold: 100, fraction: 0.9)
                return nil
            } catch { return error.message }
        }
        #expect(fault(.maxDrawdown, 200, Self.lines)?.contains("proportion") == true)
        #expect(fault(.grossExposure, .nan, Self.lines)?.contains("not known") == true)
        #expect(fault(.grossExposure, 80, Self.lines)?.contains("already") == true)
        #expect(fault(.grossExposure, 200, [])?.contains("nothing is held") == true)
    }
}
