/// The add-on of one hedging set.
public struct SaCcrHedgingSet: Sendable, Equatable {
    /// The currency, the pair, the kind of commodity; with what basis or volatility it is of.
    public let name: String
    /// Whose add-on it is part of.
    public let assetClass: SaCcrAssetClass
    /// Trades in it.
    public let trades: Int
    /// In the reporting currency, not below 0.
    public let addOn: Double
}

/// Add-ons of a netting set by hedging set: CRE52.55 to CRE52.70.
struct SaCcrAddOn {
    private(set) var sets: [SaCcrHedgingSet] = []
    /// By class: CRE52.25.
    private(set) var byClass: [SaCcrAssetClass: Double] = [:]
    var total: Double { SaCcrAssetClass.allCases.reduce(0) { $0 + (byClass[$1] ?? 0) } }

    private struct Key: Hashable {
        let assetClass: SaCcrAssetClass, name: String
    }

    /// `effective` holds the effective notional of every trade, in their order.
    init(_ trades: [SaCcrTrade], effective: [Double], offsetsMaturities: Bool) {
        var order: [Key] = [], members: [Key: [Int]] = [:]
        for (index, trade) in trades.enumerated() {
            let key = Key(assetClass: trade.subclass.assetClass, name: trade.hedgingSet)
            if members[key] == nil { order.append(key) }
            members[key, default: []].append(index)
        }
        for key in order {
            let own = members[key] ?? []
            let addOn =
                switch key.assetClass {
                case .interestRate: Self.rates(own, trades, effective, offsets: offsetsMaturities)
                case .foreignExchange: abs(own.reduce(0) { $0 + effective[$1] * trades[$1].factor })
                case .credit, .equity, .commodity: Self.entities(own, trades, effective)
                }
            sets.append(SaCcrHedgingSet(name: key.name, assetClass: key.assetClass, trades: own.count, addOn: addOn))
            byClass[key.assetClass, default: 0] += addOn
        }
    }

    /// One currency in three maturity buckets: CRE52.57(3) to (6).
    private static func rates(_ own: [Int], _ trades: [SaCcrTrade], _ effective: [Double], offsets: Bool) -> Double {
        var first = 0.0, second = 0.0, third = 0.0
        for index in own {
            let end = trades[index].end
            if end < SaCcrConstants.firstBucket {
                first += effective[index]
            } else if end <= SaCcrConstants.secondBucket {
                second += effective[index]
            } else {
                third += effective[index]
            }
        }
        let factor = trades[own[0]].factor
        guard offsets else { return factor * (abs(first) + abs(second) + abs(third)) }
        let squares = first * first + second * second + third * third
        let crossed = SaCcrConstants.neighbours * second * (first + third) + SaCcrConstants.distant * first * third
        return factor * (squares + crossed).notBelowZero.squareRoot()
    }

    /// Entities under one systematic factor: CRE52.61, CRE52.66, CRE52.70(5).
    private static func entities(_ own: [Int], _ trades: [SaCcrTrade], _ effective: [Double]) -> Double {
        var order: [String] = [], sums: [String: (addOn: Double, correlation: Double)] = [:]
        for index in own {
            let trade = trades[index]
            if sums[trade.underlying] == nil { order.append(trade.underlying) }
            sums[trade.underlying, default: (0, trade.subclass.correlation)].addOn += effective[index] * trade.factor
        }
        var systematic = 0.0, own = 0.0
        for name in order {
            let (addOn, correlation) = sums[name] ?? (0, 0)
            systematic += correlation * addOn
            own += (1 - correlation * correlation) * addOn * addOn
        }
        return (systematic * systematic + own).squareRoot()
    }
}
