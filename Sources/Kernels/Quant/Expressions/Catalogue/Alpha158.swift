/// The 158 features of Qlib's `Alpha158`: shapes of a bar, prices over the close, and windows of five lengths.
///
/// As in Qlib a window answers from one value on, deviations have ddof 1, ranks average ties, quantiles are linear,
/// positions count from 1, the oldest; a comparison with the bar before the first is false. Correlations and R² are
/// null where a side's deviation is at most 2e-5.
enum Alpha158 {
    static let source = "Qlib, qlib/contrib/data/loader.py, Alpha158DL"

    static let all: [Alpha] =
        bar.map { alpha($0.name, "bar", $0.text) }
        + windows.flatMap { item in
            [5, 10, 20, 30, 60].map { length in
                alpha("\(item.name)\(length)", item.category, item.text.replacing("N", with: "\(length)"))
            }
        }

    private static func alpha(_ name: String, _ category: String, _ text: String) -> Alpha {
        Alpha(id: "alpha158.\(name)", expression: text, category: category, source: source)
    }

    private static let bar: [(name: String, text: String)] = [
        ("KMID", "(close-open)/open"),
        ("KLEN", "(high-low)/open"),
        ("KMID2", "(close-open)/(high-low+1e-12)"),
        ("KUP", "(high-max(open,close))/open"),
        ("KUP2", "(high-max(open,close))/(high-low+1e-12)"),
        ("KLOW", "(min(open,close)-low)/open"),
        ("KLOW2", "(min(open,close)-low)/(high-low+1e-12)"),
        ("KSFT", "(2*close-high-low)/open"),
        ("KSFT2", "(2*close-high-low)/(high-low+1e-12)"),
        ("OPEN0", "open/close"), ("HIGH0", "high/close"), ("LOW0", "low/close"), ("VWAP0", "vwap/close"),
    ]

    private static func of(_ name: String, _ series: String, _ more: String = "") -> String {
        "\(name)(\(series),N\(more),min_periods=1)"
    }

    /// The change of a series, and the share of its ups, its downs and of the difference in all changes of a window.
    private static func shares(_ series: String) -> (up: String, down: String, difference: String) {
        let change = "delta(\(series),1)"
        let up = of("ts_sum", "max(\(change),0)")
        let down = of("ts_sum", "max(-\(change),0)")
        let all = "(" + of("ts_sum", "abs(\(change))") + "+1e-12)"
        return ("\(up)/\(all)", "\(down)/\(all)", "(\(up)-\(down))/\(all)")
    }

    private static func moving(_ series: String) -> String { of("ts_stddev", series) + " > 2e-5" }

    private static let windows: [(name: String, category: String, text: String)] = {
        let lowest = of("ts_min", "low")
        let highest = of("ts_max", "high")
        let ups = of("ts_mean", "coalesce(where(close > delay(close,1),1,0),0)")
        let downs = of("ts_mean", "coalesce(where(close < delay(close,1),1,0),0)")
        let price = shares("close")
        let traded = shares("volume")
        let logs = "log(volume+1)"
        let change = "close/delay(close,1)"
        let logChange = "log(volume/delay(volume,1)+1)"
        let weighted = "abs(\(change)-1)*volume"
        return [
            ("ROC", "price", "delay(close,N)/close"),
            ("MA", "price", of("ts_mean", "close") + "/close"),
            ("STD", "price", of("ts_stddev", "close") + "/close"),
            ("BETA", "trend", of("ts_slope", "close") + "/close"),
            ("RSQR", "trend", "where(\(moving("close")),\(of("ts_rsquare", "close")),0/0)"),
            ("RESI", "trend", of("ts_resi", "close") + "/close"),
            ("MAX", "range", highest + "/close"),
            ("MIN", "range", lowest + "/close"),
            ("QTLU", "range", of("ts_quantile", "close", ",0.8") + "/close"),
            ("QTLD", "range", of("ts_quantile", "close", ",0.2") + "/close"),
            ("RANK", "range", of("ts_rank", "close")),
            ("RSV", "range", "(close-\(lowest))/(\(highest)-\(lowest)+1e-12)"),
            ("IMAX", "range", of("ts_argmax", "high") + "/N"),
            ("IMIN", "range", of("ts_argmin", "low") + "/N"),
            ("IMXD", "range", "(\(of("ts_argmax", "high"))-\(of("ts_argmin", "low")))/N"),
            ("CORR", "volume", "where(\(moving("close")) and \(moving(logs)),\(of("ts_corr", "close," + logs)),0/0)"),
            ("CORD", "volume",
             "where(\(moving(change)) and \(moving(logChange)),\(of("ts_corr", change + "," + logChange)),0/0)"),
            ("CNTP", "trend", ups), ("CNTN", "trend", downs), ("CNTD", "trend", "\(ups)-\(downs)"),
            ("SUMP", "trend", price.up), ("SUMN", "trend", price.down), ("SUMD", "trend", price.difference),
            ("VMA", "volume", of("ts_mean", "volume") + "/(volume+1e-12)"),
            ("VSTD", "volume", of("ts_stddev", "volume") + "/(volume+1e-12)"),
            ("WVMA", "volume", "\(of("ts_stddev", weighted))/(\(of("ts_mean", weighted))+1e-12)"),
            ("VSUMP", "volume", traded.up), ("VSUMN", "volume", traded.down), ("VSUMD", "volume", traded.difference),
        ]
    }()
}

/// The 360 features of Qlib's `Alpha360`: sixty days of prices over the close and of volumes over the volume.
enum Alpha360 {
    static let all: [Alpha] = ["close", "open", "high", "low", "vwap", "volume"].flatMap { column in
        (0..<60).reversed().map { days in
            let past = days == 0 ? column : "delay(\(column),\(days))"
            return Alpha(
                id: "alpha360.\(column.uppercased())\(days)",
                expression: past + (column == "volume" ? "/(volume+1e-12)" : "/close"),
                category: column == "volume" ? "volume" : "price",
                source: "Qlib, qlib/contrib/data/loader.py, Alpha360DL")
        }
    }
}
