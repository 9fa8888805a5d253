import Quant

/// The pages `docs/features.md` and `docs/factors.md`, made from the catalogues.
public enum CatalogPages {
    /// Every function of the feature and expression language.
    public static var features: String {
        var page = """
            # Features

            Every function of the language, as `nautilus catalog features --markdown` prints it. A series stands before
            the parameters; those with a default may be left out. Look-back is the number of leading nulls with them.
            Stability tells what a value remembers: a window (exact), every bar less and less (converging), or every
            bar for good (start_dependent).

            Columns are `open high low close volume vwap cap returns`; operators `+ - * / ^`, comparisons, `and or not`.
            `adv(n)` is `ts_mean(close*volume, n)`; `ts_` functions take `min_periods=k` for windows that are not full.
            The windows of these and the others under `time_series` are cut to whole bars: `ts_mean(close,10.7)` is
            `ts_mean(close,10)`. Periods elsewhere must be whole.
            A null operand gives a null, and so does a result that is not finite. No function reads a later bar.

            In formulas `x` and `y` are the series, `n` is the period, `o h l c v` are a bar's columns and `x₋₁` is the
            value of the bar before. Σ, mean, min and max are over the last n bars; Δx is x − x₋₁, TR the true range,
            W(x) Wilder's average: a₋₁ + (x − a₋₁)/n, seeded with the mean of the first n.

            Those under `fundamental` are made of figures of filings, which `POST /market-data/facts` and
            `nautilus import facts FILE.csv` store. A bar knows what was filed at or before its time, whatever period
            it is of, and of a figure that was filed again the newest filing by then. A flow is of the newest twelve
            months: a fiscal year, or four quarters in a row where those end later. What is made of two flows, such as
            a margin, takes both of the newest twelve months for which both are known; `accruals` and `piotroski_f` are
            of the newest twelve months of net income. Ends of a period that are at most 20 days apart are the same. They
            are columns too (`ts_mean(pe_ratio,20)`), for calculate and for factors; they are not streamed.

            """
        for category in categories(FunctionCatalog.all.map(\.category)) {
            page += "\n## \(category)\n\n| function | look-back | stability | definition | formula |\n|---|---|---|---|---|\n"
            for function in FunctionCatalog.all where function.category == category {
                let outputs = function.outputs.count > 1 ? " → " + function.outputs.joined(separator: ", ") : ""
                page += row([
                    "`\(call(function))`" + outputs, "\(function.lookBack())", function.stability().rawValue,
                    function.reference, function.formula ?? "",
                ])
            }
        }
        return String(page.dropLast())
    }

    private static func categories(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }.sorted()
    }

    /// A row of a table.
    static func row(_ cells: [String]) -> String {
        "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
    }

    /// A call with the names of its arguments, `=` before a default.
    private static func call(_ function: FunctionDefinition) -> String {
        let series = function.inputs.filter { $0 == "series" || $0 == "grouping" }
        let parameters = function.parameters.map { parameter in
            guard let value = parameter.defaultValue else { return parameter.name }
            return value == value.rounded() ? "\(parameter.name)=\(Int(value))" : "\(parameter.name)=\(value)"
        }
        return "\(function.name)(\((series + parameters).joined(separator: ", ")))"
    }
}
