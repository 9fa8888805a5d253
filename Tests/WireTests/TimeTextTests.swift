import Market
import Testing
import Wire

struct TimeTextTests {
    @Test(arguments: [
        ("2024-01-02", "2024-01-02T00:00:00Z"), ("2024-01-02T14:30:00Z", "2024-01-02T14:30:00Z"),
        ("2024-02-29T23:59:59.5Z", "2024-02-29T23:59:59.500Z"), ("2024-01-02 14:30", "2024-01-02T14:30:00Z"),
        ("2024-01-02T14:30:00+02:00", "2024-01-02T12:30:00Z"),
            ("1969-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.999999999Z"),
        ("2024-01-02T00:00:00-0530", "2024-01-02T05:30:00Z"),
    ]) func readsAndWrites(_ text: String, _ expected: String) throws {
        #expect(try #require(Timestamp(iso8601: text)).iso8601 == expected)
    }

    @Test(arguments: ["", "2024", "2024-13-01", "2023-02-29", "2024-01-02T25:00", "2024-01-02T10:61", "20240102",
                      "2024-01-02T10:00:00Zx", "1500-01-01", "3000-01-01", "2024-01-02T10:00:00."])
    func refusesWhatIsNoTime(_ text: String) { #expect(Timestamp(iso8601: text) == nil) }

    /// Whoever is told such a time must not fall over it.
    @Test func theBoundsOf64BitsAreWritten() {
        #expect(Timestamp(nanoseconds: .min).iso8601 == "1677-09-21T00:12:43.145224192Z")
        #expect(Timestamp(nanoseconds: .max).iso8601 == "2262-04-11T23:47:16.854775807Z")
        let years = Timestamp.wholeYears
        #expect(years.lowerBound.iso8601 == "1678-01-01T00:00:00Z")
        #expect(years.upperBound.iso8601 == "2261-12-31T23:59:59.999999999Z")
    }

    @Test func everyDayOfFourCenturiesComesBack() throws {
        for days in stride(from: -100_000, through: 100_000, by: 17) {
            let (year, month, day) = CivilDate.from(days: days)
            #expect(CivilDate.days(year: year, month: month, day: day) == days)
        }
    }
}
