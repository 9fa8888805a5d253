import Factors
import Quant

extension CatalogPages {
    /// Every published formula, the rules that make the others, and how factors are judged.
    public static var factors: String {
        var page = """
            # Factors

            Every published formula and every rule, as `nautilus catalog factors --markdown` prints them. An id stands
            wherever an expression does. Those with `group_neutralize` need the request's `groups`, `cap` needs bars
            that bear it.

            \(made)
            \(ownRules)
            \(facts)
            \(jobs)
            \(statistics)
            """
        for collection in AlphaCatalog.collections {
            let alphas = AlphaCatalog.all.filter { $0.collection == collection.name }
            page += "\n## \(collection.title)\n\n| factor | category | formula | source |\n|---|---|---|---|\n"
            for alpha in alphas {
                page += row([
                    "`\(alpha.id)`", alpha.category, "`\(alpha.expression)`", alpha.sources.joined(separator: "; "),
                ])
            }
        }
        return String(page.dropLast())
    }

    private static var made: String {
        let made = CatalogueText.rules.reduce(0) { $0 + $1.factors }
        var page = """
            ## Made by rules

            \(made) factors of \(CatalogueText.count) are made by rules: a formula, a window and a transform over the
            product of selections of series. The id is `formula.window.transform@series~series`, such as
            `zscore.63.rank@facts.pe_ratio` or `corr.252.raw@bars.close~bars.volume`; the window is 0 where there is
            none. Transforms are of the instruments of a date: `raw` is none, `rank` from 0 to 1 with ties averaged,
            `zscore` with ddof 1, `demean`.

            A factor is computable where some symbol has every series of it; else the catalogue says what is missing.
            Series of providers are named so that factors over them keep their ids; none can be stored in this version.

            | source | what | series | factors | names |
            |---|---|---|---|---|

            """
        for source in CatalogueText.sources {
            let names = source.axes.map { $0.joined(separator: " ") }.joined(separator: " × ")
            page += row([
                "`\(source.name)`", source.title + (source.isStored ? "" : ", not connected"), "\(source.series)",
                "\(source.factors)", names,
            ])
        }
        page += "\n| formula | of `a` to `d` and the window `w` | windows | category |\n|---|---|---|---|\n"
        for formula in CatalogueText.formulas {
            page += row([
                "`\(formula.name)`", "`\(formula.text)`", formula.windows.map { "\($0)" }.joined(separator: " "),
                formula.categories.joined(separator: ", "),
            ])
        }
        page += "\n| series | sources | formulas | transforms | factors |\n|---|---|---|---|---|\n"
        for rule in CatalogueText.rules {
            page += row([
                rule.series.joined(separator: "; with "), "\(rule.sources)", rule.formulas.joined(separator: " "),
                rule.transforms.joined(separator: " "), "\(rule.factors)",
            ])
        }
        return page
    }

    private static var facts: String {
        var page = """
            ## Facts

            `facts.…` are columns of stored figures of filings. A bar knows what was filed at or before its time, and of
            a figure that was filed again the newest filing by then; a flow is of the newest twelve months. Each is a
            column of expressions too: `rank(earnings_yield)`.

            | series | formula and source |
            |---|---|

            """
        for (column, definition) in Fundamentals.definitions { page += row(["`\(column.rawValue)`", definition]) }
        return page
    }

    private static let ownRules = """
        ## Rules of your own

        The rules above are a data file, `Sources/Engines/Factors/Catalogue/factor-rules.json`, and so are the published
        formulas (`Sources/Kernels/Quant/Expressions/Catalogue/*.txt`); both are built into the binaries. A file of the
        same form that `NAUTILUS_FACTOR_RULES` names is read at the start and adds its factors behind the built-in ones.
        It may name their lists, selections and formulas, and changes none of them. A file with a fault stops the start:
        each is told with its line or its JSON pointer. Every member may bear `about`, a remark.

        | member | what |
        |---|---|
        | `lists` | `name` and `words`, names with blanks between; `@name` stands for a list |
        | `selections` | `name`, `source` and `axes`: for each axis of the source the names taken |
        | `formulas` | `set`, `name`, `text` with `{a}` to `{d}` for one to four series and `{w}` for the window, \
        `windows` in bars, `category`; names are of `a-z`, `0-9` and `_` and not those of built-in formulas |
        | `rules` | `series`, one to four selections or sources; `formulas`, sets or `set.formula`; `transforms`, `raw` \
        unless said; `category` of formulas without one |

        ```json
        {
          "selections": [{"name": "mine", "source": "bars", "axes": ["close volume"]}],
          "formulas": [{"set": "my", "name": "my_gap", "category": "reversal",
                        "text": "{a}/ts_mean({a},{w})-1", "windows": [7, 40]}],
          "rules": [{"series": ["mine"], "formulas": ["my"], "transforms": ["raw", "rank"]}]
        }
        ```

        makes eight factors, `my_gap.40.rank@bars.close` among them. A formula looks back only, and reads one instrument
        at a time; a factor that is there already is refused, and so are more than 5,000,000.

        """

    private static let jobs = """
        ## Values of jobs

        A job (`POST /factors/batch`) calculates its factors at one date and keeps the values in the series store of the
        factor engine, a series for each factor over each universe: `stored`, or a digest of the symbols and groups that
        were sent, in whatever order. Jobs of several dates so make a history, which
        `GET /factors/jobs/{job_id}/values?factor=…&from=…&to=…&symbols=…` answers for a factor of the job; without
        `factor` it answers the job's own date, a page of factors at a time. Both come as JSON, CSV or Arrow.

        Each date bears its lineage: the job, a digest of every bar and fact that was read (`data_version`), and a digest
        of the formula (`expression_hash`). A job over a date of the same universe that was calculated before restates
        it; the values of the earlier job then name the later one (`restated`). Factors are calculated in blocks of 64;
        the blocks that are ready are written in one transaction, every 0.1 s or 1,024 factors, while the next are
        calculated, and count as done behind it, so that a job goes on there after a crash. Of factors made by rules only
        the newest bars that their windows need are read, and `data_version` is of those. Jobs of builds before kept
        their values in the records: those are read where they lie, and have no history.

        In the store a date is consecutive rows, a nanosecond apart: the number of the run in `factor_run`, then the
        values of that run's symbols in their order. The series are `factors.1d` and so on, in `factor/series`; with
        `NAUTILUS_DATABASE_URL` in the schema `factor_series`, where the records are.

        """

    private static let statistics = """
        ## How factors are judged

        `POST /factors/statistics` follows alphalens; the figures are held to those of alphalens-reloaded 0.5.1 by
        fixtures (`Tests/Oracles/factors.py`).

        | figure | convention |
        |---|---|
        | forward return | price so many rows later over the price, less 1; a missing price is the one before it |
        | what counts | a date and instrument whose factor and every forward return are known; a date whose quantile \
        edges are equal is left out |
        | `quantile_returns` | mean over dates of the mean forward return of a quantile less that of its date; edges \
        are linear quantiles of the date, a value on an edge is in the bucket below it, quantile 1 is the lowest |
        | `spread` | the return of the highest quantile less that of the lowest: twice what alphalens calls the spread, \
        which puts half of the money on each side |
        | `rank_ic` | Spearman's coefficient of factor and forward return by date, mean over dates: what alphalens \
        calls the information coefficient |
        | `ic` | Pearson's coefficient instead, as Qlib's IC |
        | `icir`, `rank_icir` | mean over the sample deviation (ddof 1) of the coefficients, not annualised |
        | decay | these figures by horizon, as many as are asked for |
        | `turnover` | part of a quantile's instruments that were not in it as many dates before as the horizon has \
        rows, mean |
        | `rank_autocorrelation` | Pearson's coefficient of ranks with those as many dates before, mean |

        `POST /factors/exposure`: the exposure of a portfolio is Σ w·x over the instruments whose value is known,
        `covered` the part of its weights that these have. The attribution holds the weights from row to row. Factor
        returns of a period are least squares of returns over exposures at its beginning; a factor's part is its return
        times the active exposure, the rest is `specific`, and an instrument without a value or a price is all
        specific. Periods are linked by Cariño, so that the parts sum to the active return; that they do is checked
        each time. `market` is a factor that every instrument has alike.

        `POST /factors/correlation` is exact for up to 20,000 factors. Beyond that a seeded search compares pairs that
        share a signature of random projections. What is listed is exact; `recall` is the part of the pairs stronger than
        the weakest one listed that is in the list, measured by comparing 64 of the factors with all others. A test
        requires 95% of the 2,000 strongest pairs of 3,000 columns in groups.

        """
}
