import HTTP
import Quant

/// What makes a trade an option.
struct CapitalOptionBody: RequestBody {
    enum Right: String, CaseIterable { case call, put }

    let option: SaCcrTrade.Option

    static func read(_ fields: FieldReader) -> CapitalOptionBody {
        let price = fields.amount("price", "Of the underlying; the forward where there is one.")
        let strike = fields.amount("strike", "Paid or received for one.")
        let shift = fields.optionalNumber("shift", "Added to both where rates may be negative.", from: 0,
                                          upTo: CapitalConventions.largestAmount) ?? 0
        if !fields.isDescribing {
            for (name, value) in [("price", price), ("strike", strike)] where fields.has(name) {
                fields.require(value + shift > 0, name, "must be above 0, with the shift where there is one")
            }
        }
        return CapitalOptionBody(
            option: SaCcrTrade.Option(
                isCall: fields.choice("right", "A call pays when the price is above the strike.", Right.self) == .call,
                price: price, strike: strike,
                exercise: fields.number("exercise", "Years until the last exercise date.", from: 0, upTo: 100),
                shift: shift))
    }
}

/// The share of a pool that a tranche bears.
struct CapitalTrancheBody: RequestBody {
    let tranche: SaCcrTrade.Tranche

    static func read(_ fields: FieldReader) -> CapitalTrancheBody {
        let attachment = fields.number("attachment", "Share of the pool from which on it pays.", from: 0, upTo: 1)
        let detachment = fields.number("detachment", "Share up to which it pays.", above: 0, upTo: 1)
        if fields.has("attachment") && fields.has("detachment") {
            fields.require(attachment < detachment, "detachment", "must be above the attachment")
        }
        return CapitalTrancheBody(tranche: SaCcrTrade.Tranche(attachment: attachment, detachment: detachment))
    }
}

/// A derivative.
struct CapitalTradeBody: RequestBody {
    enum Direction: String, CaseIterable { case long, short }

    let trade: SaCcrTrade

    static func read(_ fields: FieldReader) -> CapitalTradeBody {
        let given = fields.optionalChoice(
            "asset_class", "Its primary risk factor's.", SaCcrAssetClass.self, required: true)
        // Of a class that is not known nothing more is told.
        let assetClass = given ?? .interestRate
        let named = fields.optionalChoice(
            "subclass",
            "Row of the supervisory table: a rating or index grade for credit, single_name or index for equity, "
                + "a kind of good for commodity; nothing for rates and currencies.", SaCcrSubclass.self)
        let subclass = given == nil ? .interestRate : subclass(named, assetClass, fields)
        let kind = fields.optionalChoice("kind", "outright unless said.", SaCcrTrade.Kind.self) ?? .outright
        fields.require(
            kind != .basis || assetClass != .foreignExchange, "kind", "a currency pair is no basis transaction")
        let until = fields.optionalNumber(
            "maturity", "Years until it cannot be active any more.", from: 0, upTo: 100, required: true)
        let maturity = until ?? 0
        let start =
            fields.optionalNumber(
                "start", "Of rates and credit: years until the period begins; 0 unless said.",
                from: 0, upTo: 100) ?? 0
        let end =
            fields.optionalNumber(
                "end", "Of rates and credit: years until it ends; the maturity unless said.",
                from: 0, upTo: 200) ?? maturity
        if given == .interestRate || given == .credit, fields.has("maturity") {
            fields.require(start < end, fields.has("end") ? "end" : "maturity", "the period must end after it begins")
        }
        let tranche = fields.optionalObject("tranche", "Of a credit tranche.", CapitalTrancheBody.self)?.tranche
        fields.require(tranche == nil || assetClass == .credit, "tranche", "only credit has tranches")
        let option = fields.optionalObject(
            "option", "Of an option; direction tells bought from sold.",
            CapitalOptionBody.self)?.option
        fields.require(tranche == nil || option == nil, "tranche", "a trade is an option or a tranche, not both")
        if let option, let until, option.exercise > until {
            fields.refuse(at: ["option", "exercise"], "must not be after the maturity")
        }
        return CapitalTradeBody(
            trade: SaCcrTrade(
                id: fields.optionalString("id", "What people call it.", length: 1...100) ?? "", subclass: subclass,
                kind: kind,
                underlying: fields.string(
                    "underlying",
                    "The currency, the pair as EUR/USD, the name, the good; of a basis its pair of factors.",
                    length: 1...100),
                notional: fields.number(
                    "notional", "In the reporting currency; of shares and goods price times units.", from: 0,
                    upTo: CapitalConventions.largestAmount),
                isLong: fields.choice(
                    "direction", "long: gains when the factor rises, an option or protection bought.",
                    Direction.self) == .long,
                maturity: maturity, start: start, end: end, option: option, tranche: tranche))
    }

    /// The row that a class and a name lead to; a wrong one is told.
    private static func subclass(
        _ named: SaCcrSubclass?, _ assetClass: SaCcrAssetClass, _ fields: FieldReader
    ) -> SaCcrSubclass {
        let own = SaCcrSubclass.allCases.filter { $0.assetClass == assetClass }
        if own.count == 1 {
            fields.require(named == nil || named == own[0], "subclass", "\(assetClass.rawValue) has none")
            return own[0]
        }
        if !fields.isDescribing {
            let names = own.map(\.rawValue).joined(separator: ", ")
            fields.require(fields.has("subclass"), "subclass", "is required of \(assetClass.rawValue): one of \(names)")
            fields.require(
                named == nil || named?.assetClass == assetClass, "subclass",
                "of \(assetClass.rawValue) must be one of \(names)")
        }
        return named ?? own[0]
    }
}

/// A margin agreement.
struct CapitalMarginBody: RequestBody {
    let margin: SaCcrMargin

    static func read(_ fields: FieldReader) -> CapitalMarginBody {
        CapitalMarginBody(
            margin: SaCcrMargin(
                threshold: fields.optionalNumber(
                    "threshold", "Exposure up to which nothing is posted; 0 unless said.", from: 0,
                    upTo: CapitalConventions.largestAmount) ?? 0,
                minimumTransfer: fields.optionalNumber(
                    "minimum_transfer", "The smallest call; 0 unless said.", from: 0,
                    upTo: CapitalConventions.largestAmount) ?? 0,
                independent: fields.optionalAmount(
                    "independent_collateral", "Net independent collateral; 0 unless said.") ?? 0,
                everyDays: fields.optionalNumber(
                    "every_days", "Business days between calls; 1 unless said.", from: 1, upTo: 250) ?? 1,
                estimatedDays: fields.optionalNumber(
                    "estimated_days", "Own estimate of the margin period of risk; the floor unless longer.", from: 0,
                    upTo: 250) ?? 0,
                isIlliquid: fields.bool(
                    "illiquid", "Collateral or derivatives that are hard to replace.", default: false),
                isDisputed: fields.bool("disputed", "More than two long disputes in two quarters.", default: false)))
    }
}

/// Trades that are netted, with what secures them.
struct CapitalNettingSetBody: RequestBody {
    let set: SaCcrNettingSet

    static func read(_ fields: FieldReader) -> CapitalNettingSetBody {
        let trades = fields.array(
            "trades", "All are netted with each other.", CapitalTradeBody.self,
            limit: CounterpartyCapitalBody.mostTrades
        ).map(\.trade)
        if !fields.isDescribing {
            fields.require(!fields.has("trades") || !trades.isEmpty, "trades", "must not be empty")
            refuseContradictions(trades, fields)
        }
        return CapitalNettingSetBody(
            set: SaCcrNettingSet(
                id: fields.optionalString("id", "What people call it.", length: 1...100) ?? "", trades: trades,
                value: fields.amount("value", "Market value of its trades, from our side."),
                collateral: fields.optionalAmount(
                    "collateral", "Net collateral held after haircuts, variation margin with it; 0 unless said.")
                    ?? 0,
                margin: fields.optionalObject(
                    "margin", "Where the counterparty posts variation margin.", CapitalMarginBody.self)?.margin,
                offsetsMaturities: fields.bool(
                    "offsets_maturities", "Whether long and short rates offset across maturity buckets.",
                    default: true)))
    }

    /// One underlying is written one way, has one row of the table, and one currency pair one order.
    private static func refuseContradictions(_ trades: [SaCcrTrade], _ fields: FieldReader) {
        var rows: [String: SaCcrSubclass] = [:], pairs: Set<String> = [], spellings: [String: String] = [:]
        for (index, trade) in trades.enumerated() {
            let assetClass = trade.subclass.assetClass
            let folded = "\(assetClass.rawValue) \(trade.kind.rawValue) \(trade.underlying.lowercased())"
            if let known = spellings[folded], known != trade.underlying {
                fields.refuse(
                    at: ["trades", "\(index)", "underlying"], "is \(known) in another trade: write it one way")
                continue
            }
            spellings[folded] = trade.underlying
            if assetClass == .foreignExchange {
                let parts = trade.underlying.split(separator: "/", omittingEmptySubsequences: false)
                let isPair = parts.count == 2 && parts.allSatisfy { $0.utf8.count == 3 } && parts[0] != parts[1]
                if !isPair {
                    fields.refuse(at: ["trades", "\(index)", "underlying"], "must be a currency pair, as EUR/USD")
                } else if pairs.contains("\(parts[1])/\(parts[0])".lowercased()) {
                    fields.refuse(
                        at: ["trades", "\(index)", "underlying"],
                        "is \(parts[1])/\(parts[0]) in another trade: write a pair one way")
                }
                pairs.insert(trade.underlying.lowercased())
            } else if assetClass != .interestRate {
                let key = "\(assetClass.rawValue) \(trade.kind.rawValue) \(trade.underlying)"
                if let known = rows[key], known != trade.subclass {
                    fields.refuse(
                        at: ["trades", "\(index)", "subclass"],
                        "\(trade.underlying) is \(known.rawValue) in another trade")
                }
                rows[key] = trade.subclass
            }
        }
    }
}

/// Netting sets to measure.
struct CounterpartyCapitalBody: RequestBody {
    /// Most sets and trades of a request.
    static let mostSets = 1_000, mostTrades = 20_000

    let sets: [SaCcrNettingSet]

    static func read(_ fields: FieldReader) -> CounterpartyCapitalBody {
        let sets = fields.array(
            "netting_sets", "Each is measured on its own.", CapitalNettingSetBody.self, limit: mostSets
        ).map(\.set)
        if !fields.isDescribing {
            fields.require(!fields.has("netting_sets") || !sets.isEmpty, "netting_sets", "must not be empty")
            let trades = sets.reduce(0) { $0 + $1.trades.count }
            fields.require(trades <= mostTrades, "netting_sets", "have \(trades) trades; at most \(mostTrades)")
        }
        return CounterpartyCapitalBody(sets: sets)
    }
}
