"""indicators.json: TA-Lib's values over synthetic bars."""
import json
import sys

import numpy as np
import talib

from synthetic import bars, plain

b = bars(20240101, 180)
o, h, l, c, v = (b[name].astype(float) for name in ("open", "high", "low", "close", "volume"))
typical = (h + l + c) / 3


def rolling_vwap(n):
    out = np.full(len(c), np.nan)
    for i in range(n - 1, len(c)):
        out[i] = np.sum(typical[i - n + 1:i + 1] * v[i - n + 1:i + 1]) / np.sum(v[i - n + 1:i + 1])
    return out


def several(name, outputs, values):
    return {f"{name}.{output}": column for output, column in zip(outputs, values)}


columns = {
    "sma(close,20)": talib.SMA(c, 20),
    "sma(close)": talib.SMA(c),
    "sma(close,1)": talib.SMA(c, 1),
    "ema(close,12)": talib.EMA(c, 12),
    "ema(close,1)": talib.EMA(c, 1),
    "wma(close,9)": talib.WMA(c, 9),
    "rsi(close,14)": talib.RSI(c, 14),
    "rsi(close,2)": talib.RSI(c, 2),
    **several("macd(close,12,26,9)", ("macd", "signal", "hist"), talib.MACD(c, 12, 26, 9)),
    **several("macd(close,26,12,5)", ("macd", "signal", "hist"), talib.MACD(c, 26, 12, 5)),
    **several("bbands(close,20,2,1.5,0)", ("upper", "middle", "lower"), talib.BBANDS(c, 20, 2, 1.5, 0)),
    **several("bbands(close,10,2,2,1)", ("upper", "middle", "lower"), talib.BBANDS(c, 10, 2, 2, 1)),
    **several("bbands(close,10,2,2,2)", ("upper", "middle", "lower"), talib.BBANDS(c, 10, 2, 2, 2)),
    "atr(14)": talib.ATR(h, l, c, 14),
    "atr(1)": talib.ATR(h, l, c, 1),
    "natr(14)": talib.NATR(h, l, c, 14),
    "natr(1)": talib.NATR(h, l, c, 1),
    "adx(14)": talib.ADX(h, l, c, 14),
    "adx(2)": talib.ADX(h, l, c, 2),
    "cci(14)": talib.CCI(h, l, c, 14),
    "cci(5)": talib.CCI(h, l, c, 5),
    "mfi(14)": talib.MFI(h, l, c, v, 14),
    "obv()": talib.OBV(c, v),
    "roc(close,10)": talib.ROC(c, 10),
    "mom(close,10)": talib.MOM(c, 10),
    "willr(14)": talib.WILLR(h, l, c, 14),
    **several("stoch(5,3,0,3,0)", ("slowk", "slowd"), talib.STOCH(h, l, c, 5, 3, 0, 3, 0)),
    **several("stoch(9,4,1,5,2)", ("slowk", "slowd"), talib.STOCH(h, l, c, 9, 4, 1, 5, 2)),
    "stddev(close,5,1)": talib.STDDEV(c, 5, 1),
    "stddev(close,30,2.5)": talib.STDDEV(c, 30, 2.5),
    "trange()": talib.TRANGE(h, l, c),
    "linearreg(close,14)": talib.LINEARREG(c, 14),
    "vwap(14)": rolling_vwap(14),
    "sma(rsi(close,14),5)": talib.SMA(talib.RSI(c, 14), 5),
    "ema(mom(close,3),4)": talib.EMA(talib.MOM(c, 3), 4),
}
json.dump(
    {
        "made_with": f"TA-Lib {talib.__version__}, numpy {np.__version__}; synthetic bars, seed 20240101",
        "bars": {name: plain(values) for name, values in b.items()},
        "columns": {name: plain(values) for name, values in columns.items()},
    }, sys.stdout, separators=(",", ":"))
