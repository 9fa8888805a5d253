/// Risk classes of the sensitivities-based method that are measured here; securitisations are not: MAR21.1.
public enum SbmRiskClass: String, Sendable, CaseIterable {
    case rates = "girr", credit = "csr", equity, commodity, foreignExchange = "fx"

    /// What people read.
    public var label: String {
        switch self {
        case .rates: "General interest rate"
        case .credit: "Credit spread, non-securitisation"
        case .equity: "Equity"
        case .commodity: "Commodity"
        case .foreignExchange: "Foreign exchange"
        }
    }

    /// How many numbered buckets it has; nil where currencies are its buckets: MAR21.51, MAR21.72, MAR21.81.
    public var buckets: Int? {
        switch self {
        case .rates, .foreignExchange: nil
        case .credit: 18
        case .equity: 13
        case .commodity: 11
        }
    }

    /// Whether names are told apart within a bucket.
    public var hasNames: Bool { buckets != nil }

    /// Tenors of delta factors in years; none where there is no such dimension: MAR21.8, MAR21.9, MAR21.13.
    public var deltaTenors: [Double] {
        switch self {
        case .rates: [0.25, 0.5, 1, 2, 3, 5, 10, 15, 20, 30]
        case .credit: [0.5, 1, 3, 5, 10]
        case .commodity: [0, 0.25, 0.5, 1, 2, 3, 5, 10, 15, 20, 30]
        case .equity, .foreignExchange: []
        }
    }

    /// Option maturities of vega factors in years, of rates the residual maturities too: MAR21.8(2) to MAR21.14(2).
    public static let vegaTenors: [Double] = [0.5, 1, 3, 5, 10]

    /// Paragraph of its delta weights.
    public var weightParagraph: String {
        switch self {
        case .rates: "MAR21.42"
        case .credit: "MAR21.53"
        case .equity: "MAR21.77"
        case .commodity: "MAR21.82"
        case .foreignExchange: "MAR21.87"
        }
    }
}

/// A currency, or a numbered bucket: MAR21.41, MAR21.51, MAR21.72, MAR21.81, MAR21.86.
public enum SbmBucket: Sendable, Hashable, Comparable, CustomStringConvertible {
    case currency(String)
    case number(Int)

    /// As it is written: the currency or the number.
    public var description: String {
        switch self {
        case .currency(let code): code
        case .number(let number): "\(number)"
        }
    }

    var number: Int { if case .number(let number) = self { number } else { 0 } }
}

/// What a delta factor is of beside its name and tenor.
public enum SbmBasis: String, Sendable, CaseIterable, Hashable {
    /// Of a yield curve, of inflation, of a cross-currency basis: MAR21.8.
    case rate, inflation, crossCurrency = "cross_currency"
    /// Of a bond's or a swap's spread: MAR21.9.
    case bond, cds
    /// Of a price, of a repo rate: MAR21.12.
    case spot, repo

    /// Which a class has; the first stands where nothing is said. None where there is no such dimension.
    public static func of(_ riskClass: SbmRiskClass) -> [SbmBasis] {
        switch riskClass {
        case .rates: [.rate, .inflation, .crossCurrency]
        case .credit: [.bond, .cds]
        case .equity: [.spot, .repo]
        case .commodity, .foreignExchange: []
        }
    }
}

/// One sensitivity, in the reporting currency: the change of value by one unit of the factor, MAR21.19 to MAR21.26, or
/// a vega times the implied volatility, MAR21.25.
public struct SbmSensitivity: Sendable, Equatable {
    /// Delta or vega.
    public enum Measure: String, Sendable, CaseIterable { case delta, vega }

    /// What it is of.
    public var riskClass: SbmRiskClass
    /// Delta or vega.
    public var measure: Measure
    /// Where the factor lies.
    public var bucket: SbmBucket
    /// The curve, the issuer or the commodity; empty for currencies.
    public var name: String
    /// Nil for vega, commodities and currencies.
    public var basis: SbmBasis?
    /// Where a commodity is delivered; empty where it does not matter.
    public var location: String
    /// Years: of the factor, or the option's maturity for vega. 0 where there is none.
    public var tenor: Double
    /// Years the underlying of a rates option lives after its exercise; 0 elsewhere.
    public var residual: Double
    /// In the reporting currency.
    public var amount: Double

    /// A sensitivity; see the properties.
    public init(
        _ riskClass: SbmRiskClass, _ measure: Measure = .delta, bucket: SbmBucket, name: String = "",
        basis: SbmBasis? = nil,
        location: String = "", tenor: Double = 0, residual: Double = 0, amount: Double
    ) {
        self.riskClass = riskClass
        self.measure = measure
        self.bucket = bucket
        self.name = name
        self.basis = basis ?? (measure == .delta ? SbmBasis.of(riskClass).first : nil)
        self.location = location
        self.tenor = tenor
        self.residual = residual
        self.amount = amount
    }

    /// The field that cannot be, and why; nil where all is well.
    public var problem: (field: String, message: String)? {
        if let found = riskClass.problem(of: bucket) { return found }
        if !amount.isFinite { return ("amount", "must be a finite number") }
        if riskClass.hasNames && name.isEmpty { return ("name", "is required of \(riskClass.rawValue)") }
        if measure == .vega {
            if let found = Self.tenor(tenor, of: SbmRiskClass.vegaTenors, "tenor") { return found }
            return riskClass == .rates ? Self.tenor(residual, of: SbmRiskClass.vegaTenors, "residual_maturity") : nil
        }
        if let basis, !SbmBasis.of(riskClass).contains(basis) {
            return ("basis", "\(basis.rawValue) is none of \(riskClass.rawValue)")
        }
        let tenors = riskClass.deltaTenors
        if tenors.isEmpty || basis == .inflation || basis == .crossCurrency { return nil }
        return Self.tenor(tenor, of: tenors, "tenor")
    }

    private static func tenor(_ tenor: Double, of tenors: [Double], _ field: String) -> (
        field: String, message: String
    )? {
        if tenors.contains(tenor) { return nil }
        return (
            field,
            "must be one of " + tenors.map { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" }.joined(separator: ", ")
        )
    }
}

extension SbmRiskClass {
    /// What is wrong with a bucket of this class.
    func problem(of bucket: SbmBucket) -> (field: String, message: String)? {
        switch (bucket, buckets) {
        case (.number(let number), .some(let count)):
            (1...count).contains(number) ? nil : ("bucket", "must be a whole number from 1 to \(count) for \(rawValue)")
        case (.currency(let code), nil):
            code.utf8.count == 3 && code.utf8.allSatisfy { (65...90).contains($0) }
                ? nil : ("currency", "must be three capital letters, as USD")
        case (.number, nil): ("currency", "is required of \(rawValue)")
        case (.currency, .some): ("bucket", "is required of \(rawValue)")
        }
    }
}
