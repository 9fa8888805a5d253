/// Buckets of default risk that is not of securitisations: MAR22.22.
public enum DefaultBucket: String, Sendable, CaseIterable {
    case corporate, sovereign, localGovernment = "local_government"
}

/// Credit quality and its default risk weight: MAR22.24.
public enum DefaultQuality: String, Sendable, CaseIterable {
    case aaa = "AAA", aa = "AA", a = "A", bbb = "BBB", bb = "BB", b = "B", ccc = "CCC", unrated, defaulted

    /// MAR22.24, table 2.
    public var riskWeight: Double {
        switch self {
        case .aaa: 0.005
        case .aa: 0.02
        case .a: 0.03
        case .bbb: 0.06
        case .bb, .unrated: 0.15
        case .b: 0.3
        case .ccc: 0.5
        case .defaulted: 1
        }
    }
}

/// Who is paid first: a later case is more junior. Losses given default are those of MAR22.12.
public enum DefaultSeniority: String, Sendable, CaseIterable {
    case covered, senior, junior, equity

    /// MAR22.12.
    public var lossGivenDefault: Double {
        switch self {
        case .covered: 0.25
        case .senior: 0.75
        case .junior, .equity: 1
        }
    }

    /// Larger is more junior.
    var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// An exposure to one obligor's default, in the reporting currency.
public struct DefaultExposure: Sendable, Equatable {
    /// Who may default.
    public var obligor: String
    /// What the obligor is.
    public var bucket: DefaultBucket
    /// Its rating.
    public var quality: DefaultQuality
    /// Who is paid before it.
    public var seniority: DefaultSeniority
    /// Above 0 where a default costs us, below 0 where it pays: MAR22.10.
    public var notional: Double
    /// Market value less notional, a loss below 0 on a long exposure: MAR22.11.
    public var profit: Double
    /// Years; a share's is one year or a quarter, as the bank chooses: MAR22.15 to MAR22.18.
    public var maturity: Double

    /// An exposure; see the properties.
    public init(
        obligor: String, bucket: DefaultBucket, quality: DefaultQuality, seniority: DefaultSeniority, notional: Double,
        profit: Double = 0, maturity: Double = 1
    ) {
        self.obligor = obligor
        self.bucket = bucket
        self.quality = quality
        self.seniority = seniority
        self.notional = notional
        self.profit = profit
        self.maturity = maturity
    }

    /// Gross jump to default with its maturity's weight: MAR22.11, MAR22.15, MAR22.18.
    public var jump: Double {
        let gross = seniority.lossGivenDefault * notional + profit
        return (notional >= 0 ? max(gross, 0) : min(gross, 0)) * min(1, max(0.25, maturity))
    }
}

/// Default risk capital without securitisations: MAR22.9 to MAR22.26.
public struct DefaultRiskCapital: Sendable, Equatable {
    /// One of the three buckets.
    public struct Line: Sendable, Equatable {
        /// Which one.
        public let bucket: DefaultBucket
        /// Net long and net short jumps to default, both not below 0: MAR22.23.
        public let long: Double, short: Double
        /// Long over long and short; 1 where nothing is short: MAR22.23.
        public let hedgeBenefit: Double
        /// MAR22.25.
        public let capital: Double
    }

    /// Buckets that there are exposures in.
    public let lines: [Line]
    /// The sum of buckets: MAR22.26.
    public var capital: Double { lines.reduce(0) { $0 + $1.capital } }

    /// Measures. Throws `.data` for a number that cannot be, for one obligor in two buckets or qualities, and for amounts
    /// too large to be measured.
    public init(_ exposures: [DefaultExposure]) throws(QuantError) {
        var obligors: [String: [DefaultExposure]] = [:]
        for exposure in exposures {
            guard exposure.notional.isFinite, exposure.profit.isFinite, exposure.maturity.isFinite,
                exposure.maturity >= 0
            else {
                throw QuantError(
                    .data, "\(exposure.obligor): notional and profit must be finite, the maturity not below 0")
            }
            if let known = obligors[exposure.obligor]?.first,
                known.bucket != exposure.bucket || known.quality != exposure.quality
            {
                throw QuantError(.data, "\(exposure.obligor): an obligor has one bucket and one quality")
            }
            obligors[exposure.obligor, default: []].append(exposure)
        }
        let netted = obligors.sorted { $0.key < $1.key }.flatMap { Self.net($0.value) }
        lines = DefaultBucket.allCases.compactMap { bucket in
            let own = netted.filter { $0.bucket == bucket }
            return own.isEmpty ? nil : Self.line(bucket, own)
        }
        guard capital.isFinite else { throw QuantError(.data, "default exposures are too large to be measured") }
    }

    private typealias Net = (bucket: DefaultBucket, weight: Double, jump: Double)

    /// Shorts are set off against longs of the same obligor that are not more junior than they: MAR22.19.
    private static func net(_ own: [DefaultExposure]) -> [Net] {
        var long = DefaultSeniority.allCases.map { _ in 0.0 }, short = long
        for exposure in own {
            let jump = exposure.jump
            if jump >= 0 { long[exposure.seniority.rank] += jump } else { short[exposure.seniority.rank] -= jump }
        }
        // The most senior short has the fewest longs to go to, so it goes first, and to the most junior of them.
        for rank in short.indices {
            for other in (0...rank).reversed() {
                let offset = min(short[rank], long[other])
                short[rank] -= offset
                long[other] -= offset
            }
        }
        let weight = own[0].quality.riskWeight, bucket = own[0].bucket
        return long.filter { $0 > 0 }.map { (bucket, weight, $0) }
            + short.filter { $0 > 0 }.map { (bucket, weight, -$0) }
    }

    private static func line(_ bucket: DefaultBucket, _ own: [Net]) -> Line {
        var long = 0.0, short = 0.0, weightedLong = 0.0, weightedShort = 0.0
        for net in own {
            if net.jump > 0 {
                long += net.jump
                weightedLong += net.weight * net.jump
            } else {
                short -= net.jump
                weightedShort -= net.weight * net.jump
            }
        }
        let benefit = long + short > 0 ? long / (long + short) : 1
        return Line(
            bucket: bucket, long: long, short: short, hedgeBenefit: benefit,
            capital: (weightedLong - benefit * weightedShort).notBelowZero)
    }
}
