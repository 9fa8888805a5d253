/// How fast stored bars are published, in bars a second: 0 is as fast as every reader acknowledges.
public enum ReplaySpeed {
    /// A bar in 28 hours.
    public static let smallest = 1e-5
    /// A bar a microsecond.
    public static let largest = 1e6
    /// What is legal, in words.
    public static let range = "0, or from 0.00001 to 1000000"

    /// Whether a replay may have this speed.
    public static func isLegal(_ speed: Double) -> Bool {
        speed == 0 || (speed >= smallest && speed <= largest)
    }

    /// Nanoseconds from a replay's start to when a row is due, at a speed above 0; a century where it is more.
    public static func nanoseconds(before row: Int, at speed: Double) -> Int64 {
        let century = 3_155_760_000_000_000_000.0, due = Double(row) / speed * 1e9
        return due < century ? Int64(due) : Int64(century)
    }
}
