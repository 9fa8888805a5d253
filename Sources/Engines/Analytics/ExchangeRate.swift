import EngineKit
import HTTP
import Market

/// What one of a currency is in another. It is kept to all digits that were sent: nine decimals, as money has, would
/// leave a rate of 6.1345e-7 four digits.
struct ExchangeRate: Sendable {
    private let numerator: FixedPoint, denominator: FixedPoint

    /// By the shortest decimal text of a number; nil below 1e-20 and from 1e9 on.
    init?(_ value: Double) {
        guard value >= 1e-20, value < 1e9 else { return nil }
        // Shifted so that the 17 digits of any number lie within nine decimals and the whole within 128 bits.
        let text = value.description.split(separator: "e"), shift = value < 1 ? 27 : 9
        guard let exponent = text.count < 2 ? 0 : Int(text[1]),
              let numerator = FixedPoint(text: "\(text[0])e\(exponent + shift)", limit: .furthest),
              let denominator = FixedPoint(text: "1e\(shift)", limit: .furthest) else { return nil }
        self.numerator = numerator
        self.denominator = denominator
    }

    /// Money in the other currency, rounded once.
    func converted(_ money: Money) -> Money { money.scaled(by: numerator, over: denominator) }
}

/// What positions of several currencies are told in.
enum CurrencyFields {
    /// The portfolio's currency, and positions with their rate into it. A currency without a rate is an error where
    /// the position stands: money of two kinds is never added.
    static func convert(
        _ positions: [AnalysisPosition], _ fields: FieldReader
    ) -> (currency: String?, positions: [AnalysisPosition]) {
        let named = fields.optionalString("currency", "The money everything is told in; the positions' unless said.",
                                          length: 3...10)
        let rates = fields.numberMap("fx_rates", "What one of a currency is in the portfolio's.", required: false)
        for rate in rates where ExchangeRate(rate.value) == nil {
            fields.refuse(at: ["fx_rates", rate.name], "must be from 1e-20 to below 1e9")
        }
        let base = named ?? positions.lazy.compactMap(\.currency).first
        var converted: [AnalysisPosition] = []
        for (index, position) in positions.enumerated() {
            var own = position
            if let currency = position.currency, currency != base {
                if let rate = rates.first(where: { $0.name == currency }) {
                    own.rate = ExchangeRate(rate.value)
                } else {
                    fields.refuse(at: ["positions", "\(index)", "currency"],
                                  "is \(currency), others are \(base ?? "unnamed"), and fx_rates has no \(currency)")
                }
            }
            converted.append(own)
        }
        return (base, converted)
    }
}
