import EngineKit
import HTTP
import Market
import Wire

/// A day of the week.
enum Weekday: String, CaseIterable, Sendable {
    case monday = "mon", tuesday = "tue", wednesday = "wed", thursday = "thu", friday = "fri"
    case saturday = "sat", sunday = "sun"
}

/// Hours of some days in which a limit holds, or holds with another threshold.
struct LimitSchedule: RequestBody, Equatable {
    /// None stands for all.
    let days: [Weekday]
    /// Minutes of the day by the clock of `offset`; `from` after `to` goes over midnight into the next day, and equal
    /// ones are the whole day.
    let from: Int, to: Int
    /// Minutes east of UTC.
    let offset: Int
    /// In place of the limit's own within the hours; nil where the limit holds in them alone.
    let threshold: Double?

    static func read(_ fields: FieldReader) -> LimitSchedule {
        let names = fields.strings("days", "mon to sun; all when left out.", required: false)
        let days = names.compactMap { Weekday(rawValue: $0) }
        let from = fields.optionalString("from", "Begins, HH:MM; 00:00 unless said.", length: 5...5) ?? "00:00"
        let to = fields.optionalString("to", "Ends, HH:MM; 00:00, the day's end, unless said.", length: 5...5)
            ?? "00:00"
        if !fields.isDescribing {
            fields.require(days.count == names.count, "days", "must be of mon, tue, wed, thu, fri, sat, sun")
            fields.require(DayTime.minutes(from) != nil, "from", "must be HH:MM")
            fields.require(DayTime.minutes(to) != nil, "to", "must be HH:MM")
        }
        return LimitSchedule(
            days: days, from: DayTime.minutes(from) ?? 0, to: DayTime.minutes(to) ?? 0,
            offset: fields.optionalInt(
                "utc_offset_minutes", "East of UTC, the whole year; 0 unless said.", -840...840) ?? 0,
            threshold: fields.optionalNumber(
                "threshold", "Within the hours; the limit holds in them alone when left out.", from: 0))
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.strings("days", days.map(\.rawValue))
            json.field("from", DayTime.text(from))
            json.field("to", DayTime.text(to))
            json.field("utc_offset_minutes", offset)
            if let threshold { json.field("threshold", threshold) }
        }
    }

    /// Whether a time is within the hours. What begins on a day goes on over midnight.
    func holds(at time: Timestamp) -> Bool {
        let (date, now) = DayTime.local(time, offset: offset)
        if from == to { return isOn(date) }
        if from < to { return now >= from && now < to && isOn(date) }
        return (now >= from && isOn(date)) || (now < to && isOn(date - 1))
    }

    /// 1970-01-01 was a Thursday.
    private func isOn(_ date: Int64) -> Bool {
        days.isEmpty || days.contains(Weekday.allCases[Int(((date + 3) % 7 + 7) % 7)])
    }
}

extension Limit {
    /// The limit as it holds at a time; nil where it does not hold then.
    func effective(at now: Timestamp) -> Limit? {
        guard schedule != nil || adjusted != nil else { return self }
        var limit = self
        if let adjusted { limit.threshold = adjusted }
        if let schedule {
            switch (schedule.holds(at: now), schedule.threshold) {
            case (true, let other?): limit.threshold = other
            case (true, nil): break
            case (false, nil): return nil
            case (false, _?): break
            }
        }
        return limit
    }
}
