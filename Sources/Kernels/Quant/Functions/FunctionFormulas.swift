/// The formulas of the functions whose one-line definition does not say them. `x` is the series, `n` its period, `o h l
/// c v` are a bar's columns, `x₋₁` is the value of the bar before; `Σ`, `mean`, `max` and `min` are over the last n
/// bars, `W` is Wilder's average (a + (x − a)/n, seeded with a mean), `TR` the true range.
enum FunctionFormulas {
    static let byName: [String: String] = averages
        .merging(ranges) { first, _ in first }.merging(momentum) { first, _ in first }
        .merging(movements) { first, _ in first }.merging(volumes) { first, _ in first }
        .merging(statistics) { first, _ in first }.merging(cycles) { first, _ in first }
        .merging(filings) { first, _ in first }

    private static let averages = [
        "sma": "Σx/n",
        "ema": "e₋₁ + 2/(n+1)·(x − e₋₁), seeded with the mean of the first n",
        "wma": "Σw·x/Σw, w from 1 (oldest) to n (newest)",
        "dema": "2·ema(x) − ema(ema(x))",
        "tema": "3·ema(x) − 3·ema(ema(x)) + ema(ema(ema(x)))",
        "trima": "sma(sma(x,⌈n/2⌉),⌊n/2⌋+1)",
        "kama": "k₋₁ + s·(x − k₋₁), s = (r·(2/3 − 2/31) + 2/31)², r = |x − x₋ₙ|/Σ|x − x₋₁|",
        "mama": "mama₋₁ + a·(x − mama₋₁), a = fastlimit/degrees the phase fell, within the limits; "
            + "fama follows mama with a/2",
        "t3": "c₁e₆ + c₂e₅ + c₃e₄ + c₄e₃, eᵢ the EMA of eᵢ₋₁; "
            + "c₁ = −f³, c₂ = 3f² + 3f³, c₃ = −6f² − 3f − 3f³, c₄ = 1 + 3f + f³ + 3f², f = vfactor",
        "ma": "0 sma, 1 ema, 2 wma, 3 dema, 4 tema, 5 trima, 6 kama, 7 mama, 8 t3 of x over n",
        "hull_ma": "wma(2·wma(x,⌊n/2⌋) − wma(x,n), ⌊√n⌋)",
        "zlema": "ema(2x − x₋ₘ), m = ⌊(n−1)/2⌋",
        "bbands": "m ± k·√mean((x − mean x)²), m the average of kind matype",
        "accbands": "sma of h·(1 + 4w), c and l·(1 − 4w), w = (h − l)/(h + l)",
        "keltner": "ema(c) ± multiplier·atr(atrperiod)",
        "donchian": "max h, (max h + min l)/2, min l",
        "ichimoku": "tenkan, kijun: (max h + min l)/2 over their periods; kijun bars ago: "
            + "senkou_a = (tenkan + kijun)/2, senkou_b = (max h + min l)/2 over senkou, chikou = c",
        "supertrend": "(h + l)/2 − multiplier·atr(n), which does not fall, while c stays above; else "
            + "(h + l)/2 + multiplier·atr(n), which does not rise",
        "sar": "s₋₁ + a·(e − s₋₁), e the extreme of the trade, a + acceleration at each new one up to maximum; "
            + "within the lows (highs) of two bars; turns where it is touched",
        "sarext": "as sar, with a's start, step and bound apart for long and short; a short stop is negative",
        "midpoint": "(max x + min x)/2",
        "midprice": "(max h + min l)/2",
        "vwap": "Σp·v/Σv, p = (h + l + c)/3",
        "avgprice": "(o + h + l + c)/4",
        "medprice": "(h + l)/2",
        "typprice": "(h + l + c)/3",
        "wclprice": "(h + l + 2c)/4",
    ]

    private static let ranges = [
        "trange": "max(h, c₋₁) − min(l, c₋₁)",
        "atr": "W(TR)",
        "natr": "100·atr(n)/c",
        "realized_volatility": "√(periods·mean(ln²(x/x₋₁)))",
        "parkinson": "√(periods/(4·ln 2)·mean(ln²(h/l)))",
        "garman_klass": "√(periods·mean(½·ln²(h/l) − (2·ln 2 − 1)·ln²(c/o)))",
        "yang_zhang": "√(periods·(var ln(o/c₋₁) + k·var ln(c/o) + (1 − k)·mean(ln(h/c)·ln(h/o) + ln(l/c)·ln(l/o)))), "
            + "k = 0.34/(1.34 + (n+1)/(n−1)), var with ddof 1",
        "choppiness": "100·log₁₀(ΣTR/(max h − min l))/log₁₀ n",
        "amihud": "mean(|c/c₋₁ − 1|/(c·v))",
        "roll_spread": "2·√(−cov(Δx, Δx₋₁)), ddof 1; 0 where the covariance is above 0",
        "kyle_lambda": "cov(Δc, s)/var(s), s = v·sign(Δc)",
    ]

    private static let momentum = [
        "rsi": "100·g/(g + f), g = W(rises), f = W(falls)",
        "cmo": "100·(g − f)/(g + f), g = W(rises), f = W(falls)",
        "macd": "macd = ema(fast) − ema(slow), both from one bar on; signal = ema(macd); hist = macd − signal",
        "macdfix": "as macd, with weights 0.15 and 0.075 for the two averages",
        "macdext": "as macd, with averages of the given kinds",
        "apo": "a(fast) − a(slow), a of kind matype",
        "ppo": "100·(a(fast) − a(slow))/a(slow), a of kind matype",
        "mom": "x − x₋ₙ",
        "roc": "100·(x/x₋ₙ − 1)",
        "rocp": "(x − x₋ₙ)/x₋ₙ",
        "rocr": "x/x₋ₙ",
        "rocr100": "100·x/x₋ₙ",
        "trix": "100·(e/e₋₁ − 1), e = ema(ema(ema(x)))",
        "stoch": "slowk = average over slowk_period of 100·(c − min l)/(max h − min l) over fastk_period; "
            + "slowd = its average over slowd_period",
        "stochf": "fastk = 100·(c − min l)/(max h − min l); fastd = its average",
        "stochrsi": "fastk = 100·(r − min r)/(max r − min r), r = rsi(x,n); fastd = its average",
        "willr": "−100·(max h − c)/(max h − min l)",
        "cci": "(p − mean p)/(0.015·mean|p − mean p|), p = (h + l + c)/3",
        "ultosc": "100·(4A₁ + 2A₂ + A₃)/7, A = Σ(c − min(l, c₋₁))/ΣTR over each period",
        "bop": "(c − o)/(h − l)",
        "imi": "100·Σ(c − o where c > o)/Σ|c − o|",
        "aroon": "100·(n − bars since the lowest low, the highest high of n+1 bars)/n",
        "aroonosc": "aroon(n).up − aroon(n).down",
        "vortex": "plus = Σ|h − l₋₁|/ΣTR, minus = Σ|l − h₋₁|/ΣTR",
        "fisher": "½·ln((1 + s)/(1 − s)) + ½·f₋₁, s = 0.33·p + 0.67·s₋₁, p the place of (h + l)/2 in its range, "
            + "−1 to 1; trigger = f₋₁",
        "elder_ray": "bull = h − ema(c), bear = l − ema(c)",
    ]

    private static let movements = [
        "plus_dm": "smoothed +DM: h − h₋₁ where it is above 0 and above l₋₁ − l; s − s/n + x",
        "minus_dm": "smoothed −DM: l₋₁ − l where it is above 0 and above h − h₋₁; s − s/n + x",
        "plus_di": "100·plus_dm/TR, TR smoothed alike",
        "minus_di": "100·minus_dm/TR, TR smoothed alike",
        "dx": "100·|+DI − −DI|/(+DI + −DI)",
        "adx": "W(dx)",
        "adxr": "(adx + adx₋₍ₙ₋₁₎)/2",
    ]

    private static let volumes = [
        "ad": "a₋₁ + v·((c − l) − (h − c))/(h − l)",
        "adosc": "ema(ad, fast) − ema(ad, slow), both from the first value",
        "obv": "b₋₁ + v·sign(c − c₋₁)",
        "mfi": "100·P/(P + N), P and N the sums of p·v where p = (h + l + c)/3 rose, fell",
        "chaikin_money_flow": "Σ(v·((c − l) − (h − c))/(h − l))/Σv",
        "klinger": "line = ema(F, fast) − ema(F, slow), signal = ema(line); F = 100·t·v·|2d/s − 1|, "
            + "t = ±1 as h + l + c rose or not, d = h − l, s = Σd while t stays",
        "force_index": "ema((c − c₋₁)·v)",
        "ease_of_movement": "mean(Δ((h + l)/2)·(h − l)/(v/10⁸))",
    ]

    private static let statistics = [
        "stddev": "nbdev·√mean((x − mean x)²)",
        "var": "mean((x − mean x)²)",
        "avgdev": "mean|x − mean x|",
        "sum": "Σx",
        "minmax": "min x, max x",
        "correl": "cov(x,y)/√(var x·var y)",
        "beta": "cov(r,s)/var(r), r and s the returns of the first and the second series",
        "linearreg": "b + m·(n−1), b and m of the least-squares line through (0…n−1, x)",
        "linearreg_slope": "m = Σ(t − mean t)(x − mean x)/Σ(t − mean t)², t = 0…n−1",
        "linearreg_intercept": "b = mean x − m·(n−1)/2",
        "linearreg_angle": "atan(m)·180/π",
        "tsf": "b + m·n",
        "ts_mean": "Σx/n",
        "ts_stddev": "√(Σ(x − mean x)²/(n−1))",
        "ts_cov": "Σ(x − mean x)(y − mean y)/(n−1)",
        "ts_corr": "cov(x,y)/√(var x·var y)",
        "ts_slope": "Σ(t − mean t)(x − mean x)/Σ(t − mean t)², t = 1…n",
        "ts_rsquare": "corr(t,x)²",
        "decay_linear": "Σw·x/Σw",
        "delay": "x₋ₙ",
        "delta": "x − x₋ₙ",
    ]

    /// Ehlers' transform and what is read off it.
    private static let cycles: [String: String] = {
        let smoothed = "p = (4x + 3x₋₁ + 2x₋₂ + x₋₃)/10"
        let transform = "H(y) = (0.0962y + 0.5769y₋₂ − 0.5769y₋₄ − 0.0962y₋₆)·(0.075·period₋₁ + 0.54)"
        return [
            "ht_phasor": "quadrature = H(H₀), inphase = H₀ of 3 bars ago, H₀ = H(p) of \(smoothed); \(transform)",
            "ht_dcperiod": "360°/the angle that inphase and quadrature turn from bar to bar, held within 6 to 50 and "
                + "to 0.67–1.5 of the one before, smoothed twice",
            "ht_dcphase": "atan(Σp·sin(360°·i/N)/Σp·cos(360°·i/N)) + 90°, over the N bars of the dominant cycle, "
                + "with the smoothing's lag; \(smoothed)",
            "ht_sine": "sine = sin(phase), leadsine = sin(phase + 45°)",
            "ht_trendline": "(4t + 3t₋₁ + 2t₋₂ + t₋₃)/10, t the mean of x over the dominant cycle",
            "ht_trendmode": "0 for half a cycle after sine and leadsine cross and while the phase moves at 0.67 to 1.5 "
                + "of the cycle's pace; 1 else, and where p is 1.5 % or more off the trend line",
        ]
    }()

    private static let filings = [
        "piotroski_f": "income > 0, cash flow > 0, return on assets up, cash flow > income, "
            + "long-term debt/assets down, current ratio up, no shares issued, gross margin up, asset turnover up",
    ]
}
