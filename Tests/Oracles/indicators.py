"""indicators.json: TA-Lib's values over synthetic bars: a random walk, one half of whose bars stand still, one with gaps,
one of huge and one of tiny prices."""
import json
import sys

import numpy as np
import talib as t

from synthetic import bars, plain


def rolling_vwap(price, v, n):
    out = np.full(len(price), np.nan)
    for i in range(n - 1, len(price)):
        out[i] = np.sum(price[i - n + 1:i + 1] * v[i - n + 1:i + 1]) / np.sum(v[i - n + 1:i + 1])
    return out


OUTPUTS = {
    "macd": "macd signal hist", "bbands": "upper middle lower", "accbands": "upper middle lower",
    "stochf": "fastk fastd", "stochrsi": "fastk fastd", "stoch": "slowk slowd", "aroon": "down up",
    "mama": "mama fama", "ht_phasor": "inphase quadrature", "ht_sine": "sine leadsine", "minmax": "min max",
}
OUTPUTS["macdext"] = OUTPUTS["macdfix"] = OUTPUTS["macd"]


def main_calls(o, h, l, c, v):
    """One call of each function."""
    yield "sma(close,20)", t.SMA(c, 20)
    yield "ema(close,12)", t.EMA(c, 12)
    yield "wma(close,9)", t.WMA(c, 9)
    yield "dema(close,8)", t.DEMA(c, 8)
    yield "tema(close,6)", t.TEMA(c, 6)
    yield "trima(close,9)", t.TRIMA(c, 9)
    yield "kama(close,10)", t.KAMA(c, 10)
    yield "mama(close)", t.MAMA(c)
    yield "t3(close)", t.T3(c)
    yield "ma(close,10,4)", t.MA(c, 10, 4)
    yield "bbands(close,20,2,1.5,0)", t.BBANDS(c, 20, 2, 1.5, 0)
    yield "accbands(10)", t.ACCBANDS(h, l, c, 10)
    yield "sar()", t.SAR(h, l)
    yield "sarext()", t.SAREXT(h, l)
    yield "midpoint(close,9)", t.MIDPOINT(c, 9)
    yield "midprice(9)", t.MIDPRICE(h, l, 9)
    yield "rsi(close,14)", t.RSI(c, 14)
    yield "cmo(close,9)", t.CMO(c, 9)
    yield "macd(close,12,26,9)", t.MACD(c, 12, 26, 9)
    yield "macdfix(close)", t.MACDFIX(c)
    yield "macdext(close)", t.MACDEXT(c)
    yield "apo(close)", t.APO(c)
    yield "ppo(close)", t.PPO(c)
    yield "stoch(5,3,0,3,0)", t.STOCH(h, l, c, 5, 3, 0, 3, 0)
    yield "stochf()", t.STOCHF(h, l, c)
    yield "stochrsi(close)", t.STOCHRSI(c)
    yield "adx(14)", t.ADX(h, l, c, 14)
    yield "adxr(9)", t.ADXR(h, l, c, 9)
    yield "dx(14)", t.DX(h, l, c, 14)
    yield "plus_di(14)", t.PLUS_DI(h, l, c, 14)
    yield "minus_di(14)", t.MINUS_DI(h, l, c, 14)
    yield "plus_dm(14)", t.PLUS_DM(h, l, 14)
    yield "minus_dm(14)", t.MINUS_DM(h, l, 14)
    yield "aroon(14)", t.AROON(h, l, 14)
    yield "aroonosc(14)", t.AROONOSC(h, l, 14)
    yield "bop()", t.BOP(o, h, l, c)
    yield "cci(14)", t.CCI(h, l, c, 14)
    yield "mfi(14)", t.MFI(h, l, c, v, 14)
    yield "imi(14)", t.IMI(o, c, 14)
    yield "mom(close,10)", t.MOM(c, 10)
    yield "roc(close,10)", t.ROC(c, 10)
    yield "rocp(close,10)", t.ROCP(c, 10)
    yield "rocr(close,10)", t.ROCR(c, 10)
    yield "rocr100(close,10)", t.ROCR100(c, 10)
    yield "trix(close,9)", t.TRIX(c, 9)
    yield "ultosc()", t.ULTOSC(h, l, c)
    yield "willr(14)", t.WILLR(h, l, c, 14)
    yield "trange()", t.TRANGE(h, l, c)
    yield "atr(14)", t.ATR(h, l, c, 14)
    yield "natr(14)", t.NATR(h, l, c, 14)
    yield "ad()", t.AD(h, l, c, v)
    yield "adosc()", t.ADOSC(h, l, c, v)
    yield "obv()", t.OBV(c, v)
    yield "avgprice()", t.AVGPRICE(o, h, l, c)
    yield "medprice()", t.MEDPRICE(h, l)
    yield "typprice()", t.TYPPRICE(h, l, c)
    yield "wclprice()", t.WCLPRICE(h, l, c)
    yield "stddev(close,5,1)", t.STDDEV(c, 5, 1)
    yield "var(close)", t.VAR(c)
    yield "avgdev(close)", t.AVGDEV(c)
    yield "linearreg(close,14)", t.LINEARREG(c, 14)
    yield "linearreg_slope(close)", t.LINEARREG_SLOPE(c)
    yield "linearreg_intercept(close)", t.LINEARREG_INTERCEPT(c)
    yield "linearreg_angle(close)", t.LINEARREG_ANGLE(c)
    yield "tsf(close)", t.TSF(c)
    yield "beta(high,low)", t.BETA(h, l)
    yield "correl(high,low,14)", t.CORREL(h, l, 14)
    yield "sum(close,14)", t.SUM(c, 14)
    yield "minmax(close,9)", t.MINMAX(c, 9)
    yield "ht_trendline(close)", t.HT_TRENDLINE(c)
    yield "ht_dcperiod(close)", t.HT_DCPERIOD(c)
    yield "ht_dcphase(close)", t.HT_DCPHASE(c)
    yield "ht_phasor(close)", t.HT_PHASOR(c)
    yield "ht_sine(close)", t.HT_SINE(c)
    yield "ht_trendmode(close)", np.where(np.arange(len(c)) < 63, np.nan, t.HT_TRENDMODE(c))


def further_calls(o, h, l, c, v):
    """Other parameters: every kind of average, the smallest periods, periods that change places."""
    for n in (1, 7):
        for kind in range(9):
            yield f"ma(close,{n},{kind})", t.MA(c, n, kind)
    for kind in range(1, 9):
        other, third = (kind + 3) % 9, (kind + 5) % 9
        yield f"bbands(close,10,2,2,{kind})", t.BBANDS(c, 10, 2, 2, kind)
        yield f"stochf(9,4,{kind})", t.STOCHF(h, l, c, 9, 4, kind)
        yield f"macdext(close,5,{kind},11,{other},4,{third})", t.MACDEXT(c, 5, kind, 11, other, 4, third)
        yield f"apo(close,9,4,{kind})", t.APO(c, 9, 4, kind)
    yield "apo(close,4,9,0)", t.APO(c, 4, 9, 0)
    yield "ppo(close,9,4,7)", t.PPO(c, 9, 4, 7)
    yield "stoch(9,4,1,5,2)", t.STOCH(h, l, c, 9, 4, 1, 5, 2)
    yield "stochrsi(close,10,6,3,2)", t.STOCHRSI(c, 10, 6, 3, 2)
    yield "macdext(close,13,2,6,3,4,5)", t.MACDEXT(c, 13, 2, 6, 3, 4, 5)
    yield "macd(close,26,12,5)", t.MACD(c, 26, 12, 5)
    yield "bbands(close)", t.BBANDS(c)
    yield "mama(close,0.3,0.02)", t.MAMA(c, 0.3, 0.02)
    yield "t3(close,3,0.3)", t.T3(c, 3, 0.3)
    yield "trima(close,8)", t.TRIMA(c, 8)
    yield "sar(0.1,0.05)", t.SAR(h, l, 0.1, 0.05)
    yield "sarext(0,0.05,0.03,0.04,0.3,0.01,0.02,0.1)", t.SAREXT(h, l, 0, 0.05, 0.03, 0.04, 0.3, 0.01, 0.02, 0.1)
    yield "sarext(-110)", t.SAREXT(h, l, -110)
    yield "sarext(90)", t.SAREXT(h, l, 90)
    yield "ultosc(9,3,5)", t.ULTOSC(h, l, c, 9, 3, 5)
    yield "adosc(12,5)", t.ADOSC(h, l, c, v, 12, 5)
    for name in ("atr", "natr", "plus_di", "minus_di"):
        yield f"{name}(1)", getattr(t, name.upper())(h, l, c, 1)
    yield "plus_dm(1)", t.PLUS_DM(h, l, 1)
    yield "minus_dm(2)", t.MINUS_DM(h, l, 2)
    yield "adx(2)", t.ADX(h, l, c, 2)
    yield "rsi(close,2)", t.RSI(c, 2)
    yield "cci(5)", t.CCI(h, l, c, 5)
    yield "stddev(close,30,2.5)", t.STDDEV(c, 30, 2.5)
    yield "beta(close,volume,9)", t.BETA(c, v, 9)
    yield "correl(close,volume)", t.CORREL(c, v)
    yield "vwap(14)", rolling_vwap((h + l + c) / 3, v, 14)
    yield "sma(rsi(close,14),5)", t.SMA(t.RSI(c, 14), 5)
    yield "ema(mom(close,3),4)", t.EMA(t.MOM(c, 3), 4)


def columns(calls):
    out = {}
    for text, values in calls:
        if not isinstance(values, tuple):
            out[text] = values
            continue
        for output, column in zip(OUTPUTS[text.split("(")[0]].split(), values):
            out[f"{text}.{output}"] = column
    return {text: [None if np.isnan(x) else float(f"{x:.13g}") for x in column] for text, column in out.items()}


def still(b, seed):
    """The same bars, half of which do not move."""
    stays = np.random.default_rng(seed).random(len(b["close"])) < 0.5
    close = b["close"].copy()
    for row in np.flatnonzero(stays):
        close[row] = close[max(0, row - 1)]
    out = {"open": np.where(stays, close, b["open"]), "close": close, "volume": b["volume"]}
    out["high"] = np.where(stays, close, np.maximum(np.maximum(b["high"], close), out["open"]))
    out["low"] = np.where(stays, close, np.minimum(np.minimum(b["low"], close), out["open"]))
    return {name: out[name] for name in ("open", "high", "low", "close", "volume")}


def gaps(b, seed):
    """The same bars with prices that jump now and then."""
    random = np.random.default_rng(seed)
    jumps = np.exp(np.cumsum(np.where(random.random(len(b["close"])) < 0.08, random.normal(0, 0.5, len(b["close"])), 0)))
    return {name: values if name == "volume" else np.round(values * jumps, 6) for name, values in b.items()}


def scaled(b, factor):
    return {name: values if name == "volume" else values * factor for name, values in b.items()}


scenes = {
    "walk": bars(20240101, 180), "still": still(bars(20240102, 84), 1), "gaps": gaps(bars(20240103, 84), 2),
    "huge": scaled(bars(20240104, 84), 2.0 ** 40), "tiny": scaled(bars(20240105, 84), 2.0 ** -40),
}
answer = {}
for name, b in scenes.items():
    series = [b[column].astype(float) for column in ("open", "high", "low", "close", "volume")]
    calls = list(main_calls(*series)) + (list(further_calls(*series)) if name == "walk" else [])
    answer[name] = {"bars": {column: plain(values) for column, values in b.items()}, "columns": columns(calls)}
json.dump(
    {
        "made_with": f"TA-Lib {t.__version__}, numpy {np.__version__}; synthetic bars, seeds 20240101 to 20240105",
        "scenes": answer,
    }, sys.stdout, separators=(",", ":"))
