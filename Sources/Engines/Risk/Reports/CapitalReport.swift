import Documents
import Market
import Quant

/// Regulatory capital of the book that is kept for a portfolio: counterparty exposure, CVA and market risk, each figure
/// with its paragraph. What the book does not have is said to be missing.
struct CapitalReport {
    /// Rows of a table; what is beyond is told.
    private static let mostRows = 200
    private let inputs: ReportInputs

    init(_ inputs: ReportInputs) { self.inputs = inputs }

    /// One of the three parts: measured, or why not.
    private enum Part<T> {
        case measured(T), missing(String)

        init(_ name: String, _ book: CapitalBook?, _ measure: () throws -> T?) {
            do {
                if let found = try measure() {
                    self = .measured(found)
                } else {
                    self = .missing(
                        book == nil ? "no capital book is kept for the portfolio" : "the book has no \(name)")
                }
            } catch {
                self = .missing((error as? QuantError)?.explanation ?? "\(error)")
            }
        }

        var found: T? { if case .measured(let found) = self { found } else { nil } }
        var reason: String { if case .missing(let reason) = self { reason } else { "" } }
    }

    var document: ReportDocument {
        let body = inputs.capital?.body
        let exposures = Part("sa_ccr", inputs.capital) {
            try body?.counterparty.map { try $0.sets.map { try SaCcrExposure($0) } }
        }
        let cva = Part("ba_cva", inputs.capital) { try body?.cva?.measured() }
        let market = Part("market_risk", inputs.capital) { try body?.marketRisk?.measured() }
        let lines = CapitalConventions.counterparty + CapitalConventions.creditValuation + CapitalConventions.marketRisk
        var report = inputs.document(
            .capital, [Self.sentence(CapitalConventions.version)] + lines.map { Self.sentence($0.1) })
        report.currency = body?.marketRisk?.options.reportingCurrency ?? "the book's currency"
        report.sections = [overview(exposures, cva, market)]
        if let found = exposures.found { report.sections += [netting(found), hedging(found)] }
        if let found = cva.found { report.sections.append(valuation(found)) }
        if let found = market.found { report.sections.append(marketRisk(found)) }
        if let found = market.found?.sensitivities { report.sections.append(buckets(found)) }
        report.sections.append(
            ReportSection(
                "not_included", "What is not included",
                [
                    .table(
                        ReportTable(
                            "not_included", "Parts of MAR21 and MAR22 that are not measured",
                            [.init("what", "What, and its paragraph")],
                            CapitalConventions.notIncluded.map { [.text(Self.sentence($0))] }))
                ]))
        return report
    }

    /// A convention as a sentence.
    private static func sentence(_ text: String) -> String {
        let first = text.prefix(1), isFormula = text.contains(" = ") && first.allSatisfy(\.isUppercase)
        return (isFormula ? text : first.uppercased() + text.dropFirst()) + "."
    }

    /// A class in a word.
    private static func name(_ riskClass: SbmRiskClass) -> String {
        switch riskClass {
        case .rates: "Rates"
        case .credit: "Credit"
        case .equity: "Equity"
        case .commodity: "Commodities"
        case .foreignExchange: "Currencies"
        }
    }

    private static func figure(_ figure: CapitalFigure) -> ReportFigure {
        ReportFigure(
            figure.name, figure.label, .optional(figure.value, figure.name == "multiplier" ? .ratio : .money),
            reference: figure.paragraph)
    }

    private func overview(_ exposures: Part<[SaCcrExposure]>, _ cva: Part<BasicCva>, _ market: Part<MarketRiskCapital>)
        -> ReportSection
    {
        var figures: [ReportFigure] = []
        if let head = inputs.capital?.head {
            figures = [
                ReportFigure("book", "Capital book", .text(head.name)),
                ReportFigure("book_version", "Its version", .number(Double(head.version), .count)),
                ReportFigure("book_kept", "Kept on", .day(head.created))
            ]
        }
        figures += [
            ReportFigure(
                "exposure_at_default", "Counterparty exposure at default",
                .optional(
                    exposures.found.map { $0.reduce(0) { $0 + $1.exposureAtDefault } }, .money, or: exposures.reason),
                reference: "CRE52.1"),
            ReportFigure(
                "cva_capital", "Capital for CVA risk", .optional(cva.found?.capital, .money, or: cva.reason),
                reference: "MAR50.20"),
            ReportFigure(
                "market_risk_capital", "Capital for market risk",
                .optional(
                    market.found?.capital, .money, or: market.reason), reference: "MAR20.4")
        ]
        let weighted = cva.found.flatMap { cva in
            market.found.map { (cva.capital + $0.capital) * BaselCapital.riskWeightedAssets }
        }
        figures.append(
            ReportFigure(
                "risk_weighted_assets", "Risk-weighted assets of CVA and market risk",
                .optional(weighted, .money, or: cva.found == nil ? cva.reason : market.reason),
                reference: "MAR20.1, MAR50.1"))
        var blocks: [ReportBlock] = [.figures(figures)]
        let missing = [("sa_ccr", exposures.reason), ("ba_cva", cva.reason), ("market_risk", market.reason)].filter {
            !$0.1.isEmpty
        }
        if !missing.isEmpty {
            blocks.append(
                .paragraph(
                    "Missing: " + missing.map { "\($0.0) (\($0.1))" }.joined(separator: "; ")
                        + ". POST /api/v1/risk/capital-books keeps a book with these parts."))
        }
        return ReportSection("overview", "Overview", blocks)
    }

    // MARK: Counterparties

    private func netting(_ exposures: [SaCcrExposure]) -> ReportSection {
        let sorted = exposures.sorted { $0.exposureAtDefault > $1.exposureAtDefault }
        let rows: [[ReportValue]] = sorted.prefix(Self.mostRows).map { exposure in
            [
                .text(exposure.id.isEmpty ? "–" : exposure.id), .number(Double(exposure.trades.count), .count),
                .number(exposure.replacementCost, .money), .number(exposure.addOn, .money),
                .number(exposure.multiplier, .ratio),
                .number(exposure.exposureAtDefault, .money),
                .text(exposure.isCapped ? "CRE52.2" : exposure.marginDays == nil ? "CRE52.10" : "CRE52.18")
            ]
        }
        let total = exposures.reduce(0) { $0 + $1.exposureAtDefault }
        return ReportSection(
            "counterparty", "Counterparty credit risk, SA-CCR",
            [
                .table(
                    ReportTable(
                        "netting_sets", Self.title("Netting sets, the largest first", rows.count, exposures.count),
                        [
                            .init("netting_set", "Netting set"), .init("trades", "Trades"),
                            .init("replacement_cost", "Replacement cost"),
                            .init("add_on", "Add-on"), .init("multiplier", "Multiplier"),
                            .init("exposure_at_default", "EAD"),
                            .init("paragraph", "Formula")
                        ],
                        rows,
                        total: [
                            .text("All"), .number(Double(exposures.reduce(0) { $0 + $1.trades.count }), .count),
                            .number(exposures.reduce(0) { $0 + $1.replacementCost }, .money),
                            .number(exposures.reduce(0) { $0 + $1.addOn }, .money), .text(""), .number(total, .money),
                            .text("CRE52.1")
                        ]))
            ])
    }

    private func hedging(_ exposures: [SaCcrExposure]) -> ReportSection {
        let all = exposures.flatMap { exposure in exposure.hedgingSets.map { (exposure.id, $0) } }
            .sorted { $0.1.addOn > $1.1.addOn }
        let rows: [[ReportValue]] = all.prefix(Self.mostRows).map { id, set in
            [
                .text(id.isEmpty ? "–" : id), .text(set.assetClass.label), .text(set.name),
                .number(Double(set.trades), .count),
                .number(set.addOn, .money), .text(set.assetClass.paragraph)
            ]
        }
        let classes = SaCcrAssetClass.allCases.filter { asset in all.contains { $0.1.assetClass == asset } }
        return ReportSection(
            "hedging_sets", "Add-ons by hedging set",
            [
                .figures(
                    classes.map { asset in
                        ReportFigure(
                            "add_on_\(asset.rawValue)", "Add-on, \(asset.label.lowercased())",
                            .number(exposures.reduce(0) { $0 + $1.addOn(of: asset) }, .money),
                            reference: asset.paragraph)
                    }),
                .table(
                    ReportTable(
                        "hedging_sets", Self.title("Hedging sets, the largest first", rows.count, all.count),
                        [
                            .init("netting_set", "Netting set"), .init("asset_class", "Asset class"),
                            .init("name", "Hedging set"),
                            .init("trades", "Trades"), .init("add_on", "Add-on"), .init("paragraph", "Paragraph")
                        ], rows))
            ])
    }

    // MARK: CVA

    private func valuation(_ found: BasicCva) -> ReportSection {
        let sorted = found.lines.sorted { $0.standalone > $1.standalone }
        let rows: [[ReportValue]] = sorted.prefix(Self.mostRows).map { line in
            [
                .text(line.id), .number(line.standalone, .money), .number(line.hedged, .money),
                .number(line.mismatch.squareRoot(), .money)
            ]
        }
        return ReportSection(
            "cva", "CVA risk, basic approach",
            [
                .figures(found.figures.map(Self.figure)),
                .table(
                    ReportTable(
                        "counterparties",
                        Self.title("Counterparties, the largest first", rows.count, found.lines.count),
                        [
                            .init("counterparty", "Counterparty"), .init("standalone", "SCVA, MAR50.15"),
                            .init("hedged", "SNH, MAR50.23"),
                            .init("mismatch", "√HMA, MAR50.25")
                        ], rows))
            ])
    }

    // MARK: Market risk

    private func marketRisk(_ found: MarketRiskCapital) -> ReportSection {
        var blocks: [ReportBlock] = [.figures(found.figures.map(Self.figure))]
        if let sensitivities = found.sensitivities {
            let place = SbmScenario.allCases.firstIndex(of: sensitivities.binding) ?? 1
            let classes = SbmRiskClass.allCases.filter { kind in sensitivities.parts.contains { $0.riskClass == kind } }
            blocks.append(
                .chart(
                    ReportChart(
                        "risk_classes", "Capital by risk class, \(sensitivities.binding.rawValue) correlations",
                        .names(classes.map(Self.name)), .money,
                        SensitivitiesCapital.Component.allCases.map { component in
                            .init(
                                component.rawValue,
                                component.rawValue.prefix(1).uppercased() + component.rawValue.dropFirst(),
                                classes.map { kind in
                                    sensitivities.parts.first { $0.riskClass == kind && $0.component == component }?
                                        .capital[place] ?? 0
                                })
                        })))
            let rows: [[ReportValue]] = sensitivities.parts.map { part in
                [.text(part.riskClass.label), .text(part.component.rawValue)] + part.capital.map { .number($0, .money) }
                    + [.text(part.component.paragraph)]
            }
            blocks.append(
                .table(
                    ReportTable(
                        "risk_classes", "Sensitivities by class and scenario",
                        [
                            .init("risk_class", "Risk class"), .init("component", "Component"), .init("low", "Low"),
                            .init("medium", "Medium"),
                            .init("high", "High"), .init("paragraph", "Paragraph")
                        ],
                        rows,
                        total: [.text("All"), .text("")] + sensitivities.scenarios.map { .number($0, .money) } + [
                            .text("MAR21.7")
                        ])))
        }
        if let defaults = found.defaults {
            let rows: [[ReportValue]] = defaults.lines.map { line in
                [
                    .text(line.bucket.rawValue), .number(line.long, .money), .number(line.short, .money),
                    .number(line.hedgeBenefit, .percent), .number(line.capital, .money), .text("MAR22.25")
                ]
            }
            blocks.append(
                .table(
                    ReportTable(
                        "default_risk", "Default risk by bucket",
                        [
                            .init("bucket", "Bucket"), .init("long", "Net long"), .init("short", "Net short"),
                            .init("benefit", "Hedge benefit"),
                            .init("capital", "Capital"), .init("paragraph", "Paragraph")
                        ], rows)))
        }
        return ReportSection("market_risk", "Market risk, standardised approach", blocks)
    }

    private func buckets(_ found: SensitivitiesCapital) -> ReportSection {
        let place = SbmScenario.allCases.firstIndex(of: found.binding) ?? 1
        let all = found.parts.flatMap { part in part.buckets.map { (part, $0) } }
            .sorted { $0.1.positions[place] > $1.1.positions[place] }
        let rows: [[ReportValue]] = all.prefix(Self.mostRows).map { part, bucket in
            [
                .text(Self.name(part.riskClass)), .text(part.component.rawValue), .text(bucket.bucket.description),
                .number(Double(bucket.factors), .count), .number(bucket.sum, .money),
                .number(bucket.positions[place], .money)
            ]
        }
        return ReportSection(
            "buckets", "Buckets",
            [
                .table(
                    ReportTable(
                        "buckets",
                        Self.title(
                            "Buckets in the \(found.binding.rawValue) scenario, the largest first", rows.count,
                            all.count),
                        [
                            .init("risk_class", "Risk class"), .init("component", "Component"),
                            .init("bucket", "Bucket"),
                            .init("factors", "Factors"), .init("sum", "S, MAR21.4(5)"),
                            .init("position", "K, MAR21.4(4)")
                        ], rows))
            ])
    }

    private static func title(_ text: String, _ shown: Int, _ all: Int) -> String {
        shown < all ? "\(text) (\(shown) of \(all))" : text
    }
}
