/// How the prices of one bar lie to each other, wherever bars come in: by import or sent along.
public enum BarShape {
    /// What is wrong, and the column it is told of; nil of a bar that can be. A price that is not there (NaN) is not
    /// compared.
    public static func fault(
        open: Double, high: Double, low: Double, close: Double
    ) -> (column: String, reason: String)? {
        if high < low { return ("high", "high is below low") }
        if high < open || high < close { return ("high", "high is below open or close") }
        if low > open || low > close { return ("low", "low is above open or close") }
        return nil
    }
}
