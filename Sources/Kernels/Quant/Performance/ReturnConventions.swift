import Glibc

/// How returns are annualised and what they are compared with.
public struct ReturnConventions: Sendable, Equatable {
    /// Returns in a year: 252 for days of trading.
    public var periodsPerYear: Double
    /// Risk-free rate of a year, as a fraction.
    public var riskFreeRate: Double
    /// Confidence of value at risk, between 0 and 1.
    public var confidence: Double

    /// 252 periods, no risk-free rate, 95 %, unless told otherwise.
    public init(periodsPerYear: Double = 252, riskFreeRate: Double = 0, confidence: Double = 0.95) {
        self.periodsPerYear = periodsPerYear
        self.riskFreeRate = riskFreeRate
        self.confidence = confidence
    }

    /// (1 + r)^(1/periods) − 1.
    public var riskFreeRateOfPeriod: Double {
        riskFreeRate == 0 ? 0 : pow(1 + riskFreeRate, 1 / periodsPerYear) - 1
    }

    func check() throws(QuantError) {
        guard periodsPerYear > 0, periodsPerYear.isFinite else {
            throw QuantError(.parameter, "periods per year must be above 0")
        }
        guard riskFreeRate > -1, riskFreeRate.isFinite else {
            throw QuantError(.parameter, "the risk-free rate must be above -1")
        }
        guard confidence > 0, confidence < 1 else {
            throw QuantError(.parameter, "the confidence must be between 0 and 1")
        }
    }

    /// (Π(1+r))^(periods/n) − 1: empyrical's `annual_return`.
    func annualReturn(growth: Double, count: Int) -> Double {
        growth <= 0 ? -1 : pow(growth, periodsPerYear / Double(count)) - 1
    }
}
