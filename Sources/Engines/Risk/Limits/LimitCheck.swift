import EngineKit
import Wire

/// How bad it is.
enum RiskVerdict: String, Comparable, Sendable {
    case pass, warn, breach

    private var rank: Int { self == .pass ? 0 : self == .warn ? 1 : 2 }
    static func < (a: RiskVerdict, b: RiskVerdict) -> Bool { a.rank < b.rank }
}

/// One limit, judged.
struct LimitCheck: Sendable {
    private let judged: JudgedLimit
    let value: Double
    private(set) var verdict: RiskVerdict
    /// Why it cannot be judged; nil where it was.
    private let missing: String?
    /// Whether it says that nothing may be traded.
    private var isStop = false

    var limit: Limit { judged.limit }

    /// The value's share of the threshold; infinite over a threshold of zero.
    var utilization: Double { Self.share(value, limit) }

    private static func share(_ value: Double, _ limit: Limit) -> Double {
        limit.threshold > 0 ? value / limit.threshold : value > 0 ? .infinity : 0
    }

    /// Above the threshold or below the minimum breaches, at them passes; from `warn_at` of the threshold on, and above
    /// the soft one, it warns.
    init(_ limit: Limit, value: Double) { self.init(JudgedLimit(limit), value: value) }

    private init(_ judged: JudgedLimit, value: Double) {
        self.judged = judged
        self.value = value
        let limit = judged.limit
        missing = value.isNaN ? "\(limit.type.rawValue) is not a number" : nil
        // What is not a number does not pass.
        if !(value <= limit.threshold) || !(value >= limit.minimum ?? -.infinity) {
            verdict = .breach
        } else {
            let isSoft = limit.softThreshold.map { value > $0 } ?? false
            verdict = isSoft || Self.share(value, limit) >= limit.warnAt ? .warn : .pass
        }
    }

    /// A limit that cannot be judged counts as breached: what is not known does not pass.
    init(_ limit: Limit, missing: String) { self.init(JudgedLimit(limit), missing: missing) }

    private init(_ judged: JudgedLimit, missing: String) {
        self.judged = judged
        value = .nan
        verdict = .breach
        self.missing = missing
    }

    /// What an order meets while all orders are stopped: no order may have any size.
    static func stopped(by killSwitch: KillSwitch) -> LimitCheck {
        refusal("kill_switch", "the kill switch is on: \(killSwitch.reason)")
    }

    /// What an order meets that may not be placed, whatever its size.
    static func refusal(_ id: String, _ reason: String) -> LimitCheck {
        let limit = Limit(
            id: id, type: .orderSize, threshold: 0, scope: .all, minimum: nil, softThreshold: nil,
            expression: nil, warnAt: 1, method: .parametric, confidence: 0.99, horizonDays: 1, participation: 0.2,
            isActive: true)
        return LimitCheck(limit, missing: reason, isStop: true)
    }

    /// The same as a warning, where it is a breach: for an order that makes a holding smaller.
    var excused: LimitCheck {
        var check = self
        if verdict == .breach { check.verdict = .warn }
        return check
    }

    private init(_ limit: Limit, missing: String, isStop: Bool) {
        self.init(limit, missing: missing)
        self.isStop = isStop
    }

    /// The verdict in words.
    var reason: String {
        if isStop, let missing { return missing }
        if let missing { return "cannot be judged: \(missing)" }
        let against = limit.type == .beta ? limit.benchmark.map { " against \($0)" } ?? "" : ""
        let name = (limit.expression?.text ?? limit.type.rawValue) + against
        let text = "\(name)\(limit.scope.isPart ? " of \(limit.scope.text)" : "") of \(Self.short(value))"
        let threshold = Self.short(limit.threshold)
        if verdict == .breach, value <= limit.threshold, let minimum = limit.minimum {
            return "\(text) is below \(Self.short(minimum))"
        }
        if verdict == .warn, let soft = limit.softThreshold, value > soft {
            return "\(text) is above the soft threshold of \(Self.short(soft))"
        }
        return switch verdict {
        case .breach: "\(text) is above \(threshold)"
        case .warn: "\(text) is \(Self.short(utilization * 100)) % of \(threshold)"
        case .pass: "\(text) is within \(threshold)"
        }
    }

    /// Judges limits on a portfolio, as it is after an order.
    static func judge(_ limits: [Limit], _ figures: RiskFigures) -> [LimitCheck] {
        judge(limits.map { JudgedLimit($0) }, figures)
    }

    /// The same of limits that were made ready.
    static func judge(_ limits: [JudgedLimit], _ figures: consuming RiskFigures) -> [LimitCheck] {
        var values = LimitValues(figures)
        return limits.map { limit in
            do {
                return LimitCheck(limit, value: try values.value(of: limit.limit))
            } catch let error as MissingInput {
                return LimitCheck(limit, missing: error.message)
            } catch {
                return LimitCheck(limit, missing: "\(error)")
            }
        }
    }

    private static func short(_ value: Double) -> String {
        guard value.isFinite else { return value > 0 ? "infinity" : "unknown" }
        return "\((value * 1e6).rounded() / 1e6)"
    }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("limit_id")
        json.string(limit.id)
        json.key("type")
        json.string(limit.type.rawValue)
        json.key("value")
        json.double(value)
        json.key("threshold")
        json.double(limit.threshold)
        json.key("utilization")
        json.double(utilization)
        json.key("headroom")
        json.double(limit.threshold - value)
        if let benchmark = limit.benchmark { json.field("benchmark", benchmark) }
        if limit.isReading(.liquidityDays) { json.field("volume_days", limit.volumeDays) }
        json.key("verdict")
        json.string(verdict.rawValue)
        json.key("reason")
        json.string(reason)
        json.endObject()
    }
}
