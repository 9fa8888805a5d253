import EngineKit
import HTTP
import Market
import Wire

/// How a channel is reached.
enum NoticeKind: String, CaseIterable, Sendable { case webhook, email }

/// Hours of the day in which only what is critical is told.
struct QuietHours: RequestBody, Equatable {
    /// Minutes of the day, by the clock of `offset`; `from` after `to` goes over midnight.
    let from: Int, to: Int
    /// Minutes east of UTC.
    let offset: Int

    static func read(_ fields: FieldReader) -> QuietHours {
        let from = fields.string("from", "Begins, HH:MM.", length: 5...5)
        let to = fields.string("to", "Ends, HH:MM.", length: 5...5)
        if !fields.isDescribing {
            fields.require(DayTime.minutes(from) != nil, "from", "must be HH:MM")
            fields.require(DayTime.minutes(to) != nil, "to", "must be HH:MM")
        }
        return QuietHours(
            from: DayTime.minutes(from) ?? 0, to: DayTime.minutes(to) ?? 0,
            offset: fields.optionalInt("utc_offset_minutes", "East of UTC; 0 unless said.", -840...840) ?? 0)
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("from", DayTime.text(from))
            json.field("to", DayTime.text(to))
            json.field("utc_offset_minutes", offset)
        }
    }

    /// When the quiet that holds at a time ends; nil where none holds.
    func end(at now: Timestamp) -> Timestamp? {
        let ofDay = DayTime.local(now, offset: offset).minute
        let isQuiet = from <= to ? ofDay >= from && ofDay < to : ofDay >= from || ofDay < to
        guard isQuiet else { return nil }
        let left = ofDay < to ? to - ofDay : to - ofDay + DayTime.minutesOfDay
        let whole = now.nanoseconds.flooredQuotient(DayTime.nanosecondsOfMinute)
        return Timestamp(nanoseconds: (whole + Int64(left)) * DayTime.nanosecondsOfMinute)
    }
}

/// A time of the day as minutes.
enum DayTime {
    static let minutesOfDay = 1440
    static let nanosecondsOfMinute: Int64 = 60_000_000_000

    /// The day since 1970 and its minute by a clock that is `offset` minutes east of UTC.
    static func local(_ time: Timestamp, offset: Int) -> (day: Int64, minute: Int) {
        let whole = time.nanoseconds.flooredQuotient(nanosecondsOfMinute) + Int64(offset)
        let day = whole.flooredQuotient(Int64(minutesOfDay))
        return (day, Int(whole - day * Int64(minutesOfDay)))
    }

    /// The day since 1970 by UTC.
    static func day(_ time: Timestamp) -> Int64 { local(time, offset: 0).day }

    /// Of `HH:MM`; nil where it is none.
    static func minutes(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let isWritten = parts.allSatisfy { $0.utf8.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } }
        guard parts.count == 2, isWritten, let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60 else { return nil }
        return hour * 60 + minute
    }

    static func text(_ minutes: Int) -> String {
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(two(minutes / 60)):\(two(minutes % 60))"
    }
}

/// Whom to tell, and how.
struct NoticeChannel: RequestBody, Equatable {
    var id: String
    let title: String, kind: NoticeKind
    /// A URL, or an address.
    let target: String
    let quiet: QuietHours?
    let isActive: Bool

    static func read(_ fields: FieldReader) -> NoticeChannel {
        let kind = fields.choice("kind", "webhook or email.", NoticeKind.self)
        let target = fields.string("target", "For a webhook its http or https URL, for email the address.",
                                   length: 3...2000)
        if !fields.isDescribing {
            let isPlain = target.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != 60 && $0 != 62 }
            switch kind {
            case .webhook:
                let hasScheme = target.hasPrefix("https://") || target.hasPrefix("http://")
                let authority = target.firstRange(of: "://").map { target[$0.upperBound...].prefix { $0 != "/" } } ?? ""
                fields.require(isPlain && hasScheme && !authority.isEmpty, "target", "must be an http or https URL")
                fields.require(!authority.contains("@"), "target", "must not hold a user or a password")
            case .email:
                let parts = target.split(separator: "@", omittingEmptySubsequences: false)
                fields.require(isPlain && parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && !target.contains(","),
                               "target", "must be one address")
            }
        }
        return NoticeChannel(
            id: fields.string("id", "An id of the caller's, such as desk.", length: 1...64),
            title: fields.optionalString("title", "What people read.", length: 0...200) ?? "", kind: kind,
            target: target,
            quiet: fields.optionalObject("quiet_hours", "In them only hard breaches are told; others wait.",
                                         QuietHours.self),
            isActive: fields.bool("active", "Whether it is told.", default: true))
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("title", title)
            json.field("kind", kind.rawValue)
            json.field("target", target)
            if let quiet {
                json.key("quiet_hours")
                quiet.write(to: &json)
            }
            json.field("active", isActive)
        }
    }
}
