import Wire

/// How bad it is.
enum RiskVerdict: String, Comparable, Sendable {
    case pass, warn, breach

    private var rank: Int { self == .pass ? 0 : self == .warn ? 1 : 2 }
    static func < (a: RiskVerdict, b: RiskVerdict) -> Bool { a.rank < b.rank }
}

/// One limit, judged.
struct LimitCheck: Sendable {
    let limit: Limit
    let value: Double
    let verdict: RiskVerdict
    let reason: String

    /// The value's share of the threshold; infinite over a threshold of zero.
    var utilization: Double { limit.threshold > 0 ? value / limit.threshold : value > 0 ? .infinity : 0 }

    /// Above the threshold breaches, at it passes; from `warn_at` of it on it warns.
    init(_ limit: Limit, value: Double) {
        self.limit = limit
        self.value = value
        let share = limit.threshold > 0 ? value / limit.threshold : value > 0 ? .infinity : 0
        let text = "\(limit.type.rawValue) of \(Self.short(value))"
        if value.isNaN {
            verdict = .breach
            reason = "cannot be judged: \(limit.type.rawValue) is not a number"
        } else if value > limit.threshold {
            verdict = .breach
            reason = "\(text) is above \(Self.short(limit.threshold))"
        } else if share >= limit.warnAt {
            verdict = .warn
            reason = "\(text) is \(Self.short(share * 100)) % of \(Self.short(limit.threshold))"
        } else {
            verdict = .pass
            reason = "\(text) is within \(Self.short(limit.threshold))"
        }
    }

    /// A limit that cannot be judged counts as breached: what is not known does not pass.
    init(_ limit: Limit, missing: String) {
        self.limit = limit
        value = .nan
        verdict = .breach
        reason = "cannot be judged: \(missing)"
    }

    /// Judges limits on a portfolio, as it is after an order.
    static func judge(_ limits: [Limit], _ picture: RiskPicture) -> [LimitCheck] {
        limits.map { limit in
            do {
                return LimitCheck(limit, value: try LimitValues.value(of: limit, in: picture))
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
        json.key("verdict")
        json.string(verdict.rawValue)
        json.key("reason")
        json.string(reason)
        json.endObject()
    }
}
