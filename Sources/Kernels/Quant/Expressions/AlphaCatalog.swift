/// A factor of the literature as an expression.
public struct Alpha: Sendable, Equatable {
    /// `alpha101.` and three digits.
    public let id: String
    /// The formula in the expression language.
    public let expression: String
    /// Where it comes from.
    public let sources: [String]
    /// reversal, momentum or volume.
    public let category: String
    /// How often it is computed.
    public let frequency: String

    init(_ number: String, _ category: String, _ expression: String) {
        id = "alpha101.\(number)"
        self.expression = expression
        self.category = category
        sources = [
            "Kakushadze, Z. (2016), 101 Formulaic Alphas, arXiv:1601.00991, Alpha#\(Int(number) ?? 0)"
        ]
        frequency = "1d"
    }
}

/// Formulas of Kakushadze's "101 Formulaic Alphas" that need prices and volume only. Windows are full, ranks run over
/// the instruments of a date, `adv20` is `adv(20)`.
public enum AlphaCatalog {
    /// Every alpha, by id.
    public static let all: [Alpha] = [
        Alpha(
            "001", "momentum",
            "rank(ts_argmax(sign_power(where(returns < 0, ts_stddev(returns,20), close),2),5))-0.5"),
        Alpha("002", "volume", "-1*ts_corr(rank(delta(log(volume),2)),rank((close-open)/open),6)"),
        Alpha("003", "volume", "-1*ts_corr(rank(open),rank(volume),10)"),
        Alpha("004", "reversal", "-1*ts_rank(rank(low),9)"),
        Alpha("005", "reversal", "rank(open-ts_sum(vwap,10)/10)*(-1*abs(rank(close-vwap)))"),
        Alpha("006", "volume", "-1*ts_corr(open,volume,10)"),
        Alpha(
            "007", "momentum",
            "where(adv(20) < volume, -1*ts_rank(abs(delta(close,7)),60)*sign(delta(close,7)), -1)"),
        Alpha(
            "008", "reversal",
            "-1*rank(ts_sum(open,5)*ts_sum(returns,5)-delay(ts_sum(open,5)*ts_sum(returns,5),10))"),
        Alpha(
            "009", "momentum",
            "where(0 < ts_min(delta(close,1),5), delta(close,1), "
                + "where(ts_max(delta(close,1),5) < 0, delta(close,1), -1*delta(close,1)))"),
        Alpha(
            "010", "momentum",
            "rank(where(0 < ts_min(delta(close,1),4), delta(close,1), "
                + "where(ts_max(delta(close,1),4) < 0, delta(close,1), -1*delta(close,1))))"),
        Alpha("012", "reversal", "sign(delta(volume,1))*(-1*delta(close,1))"),
        Alpha("014", "volume", "-1*rank(delta(returns,3))*ts_corr(open,volume,10)"),
        Alpha("023", "reversal", "where(ts_sum(high,20)/20 < high, -1*delta(high,2), 0)"),
        Alpha("028", "volume", "scale(ts_corr(adv(20),low,5)+(high+low)/2-close)"),
        Alpha("033", "reversal", "rank(-1*(1-open/close)^1)"),
        Alpha("041", "reversal", "(high*low)^0.5-vwap"),
        Alpha("053", "reversal", "-1*delta(((close-low)-(high-close))/(close-low),9)"),
        Alpha("054", "reversal", "-1*(low-close)*open^5/((low-high)*close^5)"),
        Alpha("101", "momentum", "(close-open)/((high-low)+0.001)"),
    ]

    /// The alpha of an id such as `alpha101.012`.
    public static func alpha(_ id: String) -> Alpha? { all.first { $0.id == id } }
}
