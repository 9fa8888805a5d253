public import Market

extension Timestamp {
    /// ISO-8601 in UTC: `2024-01-02T14:30:00Z`, with as many fraction digits as needed in groups of three.
    public var iso8601: String {
        var bytes: [UInt8] = []
        appendISO8601(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends `iso8601`'s bytes.
    public func appendISO8601(to out: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { piece in
            let count = writeISO8601(piece.baseAddress.unsafelyUnwrapped)
            out.append(contentsOf: UnsafeBufferPointer(rebasing: piece[..<count]))
        }
    }

    /// Writes at most 30 bytes and answers how many.
    private func writeISO8601(_ out: UnsafeMutablePointer<UInt8>) -> Int {
        let second = seconds
        let fraction = Int(nanoseconds &- second &* 1_000_000_000)
        let days = second >= 0 ? second / 86_400 : -((86_399 - second) / 86_400)
        let clock = Int(second &- days &* 86_400)
        let (year, month, day) = CivilDate.from(days: Int(days))
        put(year / 100, out)
        put(year % 100, out + 2)
        out[4] = 45
        put(month, out + 5)
        out[7] = 45
        put(day, out + 8)
        out[10] = 84
        put(clock / 3600, out + 11)
        out[13] = 58
        put(clock / 60 % 60, out + 14)
        out[16] = 58
        put(clock % 60, out + 17)
        var end = 19
        if fraction > 0 {
            out[19] = 46
            let groups = fraction % 1_000_000 == 0 ? 1 : fraction % 1_000 == 0 ? 2 : 3
            var rest = groups == 1 ? fraction / 1_000_000 : groups == 2 ? fraction / 1_000 : fraction
            end = 20 + 3 * groups
            for place in (20..<end).reversed() {
                out[place] = UInt8(48 + rest % 10)
                rest /= 10
            }
        }
        out[end] = 90
        return end + 1
    }

    /// Reads `YYYY-MM-DD` or `YYYY-MM-DD[T ]HH:MM[:SS[.fraction]][Z|±HH[:]MM]`; without an offset it is UTC.
    /// Nil where the text is no such time, or outside the years 1678–2261 that nanoseconds can hold.
    public init?(iso8601 text: some StringProtocol) {
        let bytes = Array(text.utf8)
        var reader = TimeReader(bytes: bytes)
        guard let value = reader.read() else { return nil }
        self.init(nanoseconds: value)
    }

    /// Reads the time of a row of a CSV file: milliseconds since the epoch, or as `init(iso8601:)`.
    public init?(cell text: String) {
        if let milliseconds = Int64(text), milliseconds.magnitude < 9_200_000_000_000 {
            self.init(milliseconds: milliseconds)
        } else {
            self.init(iso8601: text)
        }
    }
}

/// Writes two digits.
@inline(__always)
private func put(_ value: Int, _ out: UnsafeMutablePointer<UInt8>) {
    out[0] = UInt8(truncatingIfNeeded: 48 + value / 10)
    out[1] = UInt8(truncatingIfNeeded: 48 + value % 10)
}

/// Dates of the proleptic Gregorian calendar by day count from 1970-01-01 (Howard Hinnant's algorithms).
public enum CivilDate {
    /// The date of a day number.
    public static func from(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// The day number of a date, or nil where the date does not exist.
    public static func days(year: Int, month: Int, day: Int) -> Int? {
        guard (1...12).contains(month), day >= 1, day <= length(year: year, month: month) else { return nil }
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func length(year: Int, month: Int) -> Int {
        let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
        return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }
}

/// Walks the bytes of a time.
private struct TimeReader {
    let bytes: [UInt8]
    var at = 0

    mutating func read() -> Int64? {
        guard let year = number(4), take(45), let month = number(2), take(45), let day = number(2),
              (1678...2261).contains(year), let days = CivilDate.days(year: year, month: month, day: day)
        else { return nil }
        var nanos = Int64(days) * 86_400_000_000_000
        if at == bytes.count { return nanos }
        guard take(84) || take(116) || take(32), let hour = number(2), hour < 24, take(58),
              let minute = number(2), minute < 60 else { return nil }
        var second = 0
        if take(58) {
            guard let value = number(2), value < 60 else { return nil }
            second = value
            guard let part = fraction() else { return nil }
            nanos += part
        }
        nanos += Int64(hour * 3600 + minute * 60 + second) * 1_000_000_000
        guard let offset = offsetSeconds(), at == bytes.count else { return nil }
        return nanos - Int64(offset) * 1_000_000_000
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard at < bytes.count, bytes[at] == byte else { return false }
        at += 1
        return true
    }

    private mutating func number(_ width: Int) -> Int? {
        guard at + width <= bytes.count else { return nil }
        var value = 0
        for index in at..<(at + width) {
            guard (48...57).contains(bytes[index]) else { return nil }
            value = value * 10 + Int(bytes[index] - 48)
        }
        at += width
        return value
    }

    private mutating func fraction() -> Int64? {
        guard take(46) else { return 0 }
        var value: Int64 = 0, unit: Int64 = 100_000_000, count = 0
        while at < bytes.count, (48...57).contains(bytes[at]) {
            value += Int64(bytes[at] - 48) * unit
            unit /= 10
            at += 1
            count += 1
        }
        return count == 0 ? nil : value
    }

    private mutating func offsetSeconds() -> Int? {
        if at == bytes.count || take(90) || take(122) { return 0 }
        let sign = take(43) ? 1 : take(45) ? -1 : 0
        guard sign != 0, let hour = number(2), hour < 24 else { return nil }
        _ = take(58)
        guard let minute = number(2), minute < 60 else { return nil }
        return sign * (hour * 3600 + minute * 60)
    }
}
