import EngineKit
import Market
import Wire

/// A time by both clocks: the wall's, which is told and stored, and one that never steps, by which waits are counted.
struct CaseTime: Sendable, Equatable {
    let wall: Timestamp
    /// Nanoseconds of this life.
    let steady: Int64

    /// The time so long before.
    func before(nanoseconds: Int64) -> CaseTime {
        CaseTime(wall: wall.adding(nanoseconds: -nanoseconds), steady: steady - nanoseconds)
    }

    /// A stored time by the steady clock; one of the future, where the wall clock was set back, is now.
    func steady(of stored: Timestamp) -> Int64 { steady - max(0, wall.nanoseconds(since: stored)) }
}

/// Since when a case is what it is, by the steady clock. Nothing of it is stored: a restart counts on by the wall's.
struct CaseSpan: Sendable, Equatable {
    /// Since when it is open, and beyond the limit itself.
    var opened: Int64 = 0, hard: Int64?
    /// The first time in either that the value was known.
    var known: Int64?, knownHard: Int64?

    /// Since when a rule may count; nil where it does not match. A rule that trades counts from a value on that is known.
    func start(of rule: ResponseRule) -> Int64? {
        switch rule.severity {
        case .soft: rule.action.trades ? known : opened
        case .hard: rule.action.trades ? knownHard : hard
        }
    }

    /// What was found of the limit at a time.
    mutating func take(_ check: LimitCheck, at now: Int64) {
        if check.verdict != .breach { (hard, knownHard) = (nil, nil) } else { hard = hard ?? now }
        guard !check.value.isNaN else { return }
        known = known ?? now
        if hard != nil { knownHard = knownHard ?? now }
    }
}

/// How far a rule is with a case.
struct RuleProgress: Sendable, Equatable {
    /// When it began: its steps are counted from then on, however the value wavers.
    var began: CaseTime?
    /// What was done, by `ResponseRule.Moment.mark`; of cases of before marks a moment's number.
    var done: Set<String> = []
    /// How many rules of this id there were before it that had to do with the case, and how many of its plans were given
    /// up.
    var generation = 0

    func isDone(_ moment: ResponseRule.Moment) -> Bool {
        done.contains(moment.mark) || done.contains("\(moment.number)")
    }

    /// What blocks or trades is not done any more; whether it was.
    mutating func undo(_ action: ResponseAction) -> Bool {
        let count = done.count
        // It has one moment, whose number is 0.
        done.subtract([action.rawValue, "0"])
        return done.count < count
    }

    // MARK: As it is stored

    /// By rule, as text.
    static func text(_ progress: [String: RuleProgress]) -> String {
        var json = JSONWriter()
        json.beginArray()
        for (rule, each) in progress.sorted(by: { $0.key < $1.key }) {
            json.object { json in
                json.field("rule", rule)
                json.strings("done", each.done.sorted())
                json.field("generation", each.generation)
                if let began = each.began { json.field("began", "\(began.wall.nanoseconds)") }
            }
        }
        json.endArray()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// Of a text; before there was JSON it was lines of a rule, a slash and a moment's number.
    static func read(_ text: String) -> [String: RuleProgress] {
        let found = try? JSONParser().withDocument(Array(text.utf8)) { $0.kind == .array ? read($0) : nil }
        if let found { return found }
        var progress: [String: RuleProgress] = [:]
        for line in text.split(separator: "\n") {
            guard let slash = line.lastIndex(of: "/") else { continue }
            let rule = String(line[..<slash]), moment = String(line[line.index(after: slash)...])
            progress[rule, default: RuleProgress()].done.insert(moment)
        }
        return progress
    }

    private static func read(_ json: JSONValue) -> [String: RuleProgress] {
        var progress: [String: RuleProgress] = [:]
        json.forEachElement { each in
            guard let rule = each.member("rule")?.string else { return }
            var one = RuleProgress()
            each.member("done")?.forEachElement { mark in mark.string.map { _ = one.done.insert($0) } }
            one.generation = each.member("generation")?.int ?? 0
            one.began = each.member("began")?.string.flatMap { Int64($0) }
                .map { CaseTime(wall: Timestamp(nanoseconds: $0), steady: 0) }
            progress[rule] = one
        }
        return progress
    }
}
