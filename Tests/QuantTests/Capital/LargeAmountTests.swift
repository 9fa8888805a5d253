import Quant
import Testing

/// Amounts whose squares or sums leave the range of numbers are refused: no capital is 0 of it.
@Suite struct LargeAmountTests {
    @Test func nothingIsMeasuredOfWhatOverflows() {
        for amount in [1e200, 1e308] {
            #expect(throws: QuantError.self) {
                try SensitivitiesCapital([SbmSensitivity(.equity, bucket: .number(8), name: "K", amount: amount)])
            }
            #expect(throws: QuantError.self) {
                try SensitivitiesCapital(
                    [], shocks: [SbmShock(.equity, bucket: .number(8), name: "K", up: -amount, down: amount)])
            }
            #expect(throws: QuantError.self) {
                try BasicCva([
                    CvaCounterparty(
                        id: "a", sector: .financial, isInvestmentGrade: false,
                        nettingSets: [CvaNettingSet(exposure: amount, maturity: 4.5)])
                ])
            }
            #expect(throws: QuantError.self) {
                try SaCcrExposure(
                    SaCcrNettingSet(
                        id: "a",
                        trades: [
                            SaCcrTrade(
                                id: "t", subclass: .interestRate, underlying: "USD", notional: amount, isLong: true,
                                maturity: 5)
                        ], value: 0))
            }
        }
        let exposure = DefaultExposure(
            obligor: "o", bucket: .corporate, quality: .a, seniority: .equity, notional: 1e308)
        #expect(throws: QuantError.self) { try DefaultRiskCapital([exposure, exposure]) }
        var short = exposure
        short.obligor = "p"
        short.notional = -1e308
        #expect(throws: QuantError.self) { try DefaultRiskCapital([exposure, exposure, short, short]) }
    }
}
