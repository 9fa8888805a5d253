import Glibc

/// Adds up over periods what adds up within each: Cariño's logarithmic linking (1999).
///
/// With portfolio and benchmark returns Rₜ, Bₜ of the periods and R, B compounded,
/// kₜ = (ln(1+Rₜ) − ln(1+Bₜ))/(Rₜ − Bₜ), or 1/(1+Rₜ) where they are equal, and K the same of R and B: an effect of
/// period t counts kₜ/K times. Then effects that sum to Rₜ − Bₜ in each period sum to R − B over all.
public struct ActiveLinking: Sendable, Equatable {
    /// kₜ/K.
    public let factors: [Double]
    /// Compounded.
    public let portfolioReturn: Double
    /// Compounded.
    public let benchmarkReturn: Double

    /// Throws `.data` where a return is not above −1: its logarithm is not there.
    public init(portfolio: [Double], benchmark: [Double]) throws(QuantError) {
        guard !portfolio.isEmpty, portfolio.count == benchmark.count,
              (portfolio + benchmark).allSatisfy({ $0.isFinite && $0 > -1 }) else {
            throw QuantError(.data, "returns of every period must be above -1")
        }
        let total = portfolio.reduce(1) { $0 * (1 + $1) } - 1
        let other = benchmark.reduce(1) { $0 * (1 + $1) } - 1
        let whole = Self.coefficient(total, other)
        factors = zip(portfolio, benchmark).map { Self.coefficient($0, $1) / whole }
        portfolioReturn = total
        benchmarkReturn = other
    }

    /// log1p of the quotient keeps what the difference of two logarithms would lose.
    private static func coefficient(_ own: Double, _ other: Double) -> Double {
        let difference = own - other
        return difference == 0 ? 1 / (1 + own) : log1p(difference / (1 + other)) / difference
    }

    /// Effects of one name over the periods, linked.
    public func linked(_ effects: [Double]) -> Double { zip(factors, effects).reduce(0) { $0 + $1.0 * $1.1 } }

    /// Throws `.data` where parts do not sum to the whole within rounding.
    static func check(_ parts: Double, _ whole: Double, _ what: String) throws(QuantError) {
        guard abs(parts - whole) <= 1e-9 * max(1, abs(whole)) else {
            throw QuantError(.data, "the parts of \(what) sum to \(parts), the whole is \(whole)")
        }
    }
}
