/// The known name closest to a mistyped one, for names that are not of the language.
public enum NearestFactor {
    /// Nil where nothing is within a third of the length (at least two letters).
    public static func find(_ name: String, among known: [String]) -> String? {
        known.contains(name) ? name : NearestName.find(name, among: known)
    }
}
