"""xva.json: exposures and valuation adjustments under Hull-White rates.

Bond options, and from them swaptions by Jamshidian's sum, and equity options under stochastic rates come from QuantLib.
The mixed netting set is simulated here on its own terms: an Euler scheme of the short rate on a fine grid, the bank
account by trapezia, numpy's generator.
"""
import json
import math
import sys

import numpy as np
import QuantLib as ql
from scipy.optimize import brentq
from scipy.stats import norm

TIMES, RATES = [0.6, 1, 2, 5, 10], [0.02, 0.022, 0.025, 0.03, 0.032]
A, SIGMA = 0.05, 0.012


def integral(t, times=TIMES, rates=RATES):
    """-ln P(0, t): linear between points, the first rate before, the last forward after."""
    x = [0.0] + list(times)
    y = [0.0] + [r * s for r, s in zip(rates, times)]
    if t <= x[-1]:
        return float(np.interp(t, x, y))
    return y[-1] + (y[-1] - y[-2]) / (x[-1] - x[-2]) * (t - x[-1])


def discount(t):
    return math.exp(-integral(t))


today = ql.Date(15, 6, 2026)
ql.Settings.instance().evaluationDate = today
counter = ql.Actual365Fixed()
# Points of the curve at every fifth of a year, which are whole days and hold all of its own.
days = list(range(0, 365 * 11, 73))
dates = [today + d for d in days]
curve = ql.DiscountCurve(dates, [discount(d / 365) for d in days], counter)
handle = ql.YieldTermStructureHandle(curve)
model = ql.HullWhite(handle, A, SIGMA)


def swaption(start, end, per_year, strike, payer):
    """Jamshidian (1989): an option on a coupon bond as a sum of options on zero bonds."""
    pays = [end - i / per_year for i in range(int(round((end - start) * per_year)))][::-1]
    coupons = [strike / per_year] * len(pays)
    coupons[-1] += 1
    rate = brentq(lambda r: sum(c * model.discountBond(start, s, r) for c, s in zip(coupons, pays)) - 1, -0.9, 1)
    kind = ql.Option.Put if payer else ql.Option.Call
    return sum(c * model.discountBondOption(kind, model.discountBond(start, s, rate), start, s)
               for c, s in zip(coupons, pays))


swaptions = [dict(start=s, end=e, per_year=f, strike=k, payer=p, price=swaption(s, e, f, k, p))
             for s, e, f, k, p in [(1.0, 5.0, 1, 0.03, True), (2.0, 7.0, 2, 0.035, True), (2.0, 7.0, 2, 0.035, False),
                                   (4.0, 6.0, 4, 0.02, True)]]

spot, vol, dividend, correlation = 100.0, 0.25, 0.015, 0.4
options = []
for years in (1, 2, 5):
    for strike, call in ((90.0, True), (110.0, True), (105.0, False)):
        process = ql.BlackScholesMertonProcess(
            ql.QuoteHandle(ql.SimpleQuote(spot)),
            ql.YieldTermStructureHandle(ql.FlatForward(today, dividend, counter)), handle,
            ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), vol, counter)))
        option = ql.VanillaOption(
            ql.PlainVanillaPayoff(ql.Option.Call if call else ql.Option.Put, strike),
            ql.EuropeanExercise(today + 365 * years))
        option.setPricingEngine(ql.AnalyticBSMHullWhiteEngine(correlation, process, model))
        options.append(dict(years=years, strike=strike, call=call, price=option.NPV()))

# FX forwards without moving rates: exposure of t in money of t is Black's formula on the forward.
fx_spot, fx_vol, foreign, fx_strike, fx_end = 1.1, 0.1, 0.01, 1.12, 2.0
forward = []
for t in (0.5, 1.0, 1.5, 2.0):
    level = fx_spot * math.exp(integral(fx_end) - foreign * fx_end)
    sd = fx_vol * math.sqrt(t)
    d1 = math.log(level / fx_strike) / sd + sd / 2
    grow = math.exp(-(integral(fx_end) - integral(t)))
    call = level * norm.cdf(d1) - fx_strike * norm.cdf(d1 - sd)
    put = call - level + fx_strike
    forward.append(dict(t=t, epe=call * grow, ene=put * grow,
                        pfe=max(0, (level * math.exp(-sd * sd / 2 + sd * norm.ppf(0.95)) - fx_strike) * grow)))

# The mixed set, simulated by numpy.
PATHS, FINE, END, STEPS = 200_000, 240, 4.0, 8
random = np.random.default_rng(77)
corr = np.array([[1, 0.3, -0.2], [0.3, 1, 0.5], [-0.2, 0.5, 1]])
chol = np.linalg.cholesky(corr)
fx0, fxv, fxq = 1.1, 0.1, 0.01
eq0, eqv, eqq = 100.0, 0.25, 0.015
swap = dict(notional=100.0, rate=0.031, end=4.0)
fwd = dict(quantity=-60.0, strike=1.13, end=3.0)
opt = dict(quantity=0.8, strike=105.0, end=4.0)
hc, rc, hb, rb = 0.02, 0.4, 0.012, 0.35


def variance(h):
    return SIGMA ** 2 / A ** 2 * (h + 2 / A * math.exp(-A * h) - math.exp(-2 * A * h) / (2 * A) - 3 / (2 * A))


def bond(t, s, z):
    b = (1 - math.exp(-A * (s - t))) / A
    return discount(s) / discount(t) * np.exp(0.5 * (variance(s - t) - variance(s) + variance(t)) - b * z)


def cumulative(x):
    return norm.cdf(x)


def value(t, z, fx, eq, fixing):
    """Just before what is paid at t, and just after."""
    def at(after):
        later = (lambda s: s > t + 1e-9) if after else (lambda s: s > t - 1e-9)
        total = np.zeros_like(z)
        # Receives the float, pays the fixed rate once a year; the float resets every half year.
        n, k = swap["notional"], swap["rate"]
        for s in (1.0, 2.0, 3.0, 4.0):
            if later(s):
                total -= n * k * bond(t, max(s, t), z)
        if later(4.0):
            total -= n * bond(t, 4.0, z)
            ends = [0.5 * i for i in range(1, 9)]
            for s in ends:
                begin = s - 0.5
                if later(s) and (begin < t - 1e-9 or (after and begin < t + 1e-9)):
                    growth = fixing if begin < t - 1e-9 else 1 / bond(t, s, z)
                    total += n * growth * bond(t, s, z)
        if later(fwd["end"]):
            s = fwd["end"]
            total += fwd["quantity"] * (fx * math.exp(-fxq * (s - t)) - fwd["strike"] * bond(t, s, z))
        if later(opt["end"]):
            s = opt["end"]
            h = s - t
            b = (1 - math.exp(-A * h)) / A
            var = eqv ** 2 * h + variance(h) + 2 * corr[0, 2] * eqv * SIGMA / A * (h - b) if h > 0 else 0
            held, owed = eq * math.exp(-eqq * h), opt["strike"] * bond(t, s, z)
            if var > 0:
                sd = math.sqrt(var)
                d1 = np.log(held / owed) / sd + sd / 2
                total += opt["quantity"] * (held * cumulative(d1) - owed * cumulative(d1 - sd))
            else:
                total += opt["quantity"] * np.maximum(0, held - owed)
        return total
    return at(False), at(True)


z = np.zeros(PATHS)
bank = np.zeros(PATHS)
log_fx, log_eq = np.full(PATHS, math.log(fx0)), np.full(PATHS, math.log(eq0))
fixing = 1 / bond(0.0, 0.5, z)
dt = END / STEPS / FINE
profile, cva_path, dva_path = [], np.zeros(PATHS), np.zeros(PATHS)
first = value(0.0, z, np.exp(log_fx), np.exp(log_eq), fixing)[1]
last_after = first


def alpha(t):
    h = 1e-5
    slope = (integral(t + h) - integral(max(0, t - h))) / (t + h - max(0, t - h))
    return slope + SIGMA ** 2 / (2 * A ** 2) * (1 - math.exp(-A * t)) ** 2


for step in range(1, STEPS + 1):
    start = (step - 1) * END / STEPS
    for fine in range(FINE):
        t = start + fine * dt
        noise = chol @ random.standard_normal((3, PATHS)) * math.sqrt(dt)
        new = z - A * z * dt + SIGMA * noise[0]
        # The curve's part is exact, the model's by trapezia.
        known = integral(t + dt) - integral(t) + 0.5 * (variance(t + dt) - variance(t))
        earned = known + 0.5 * (z + new) * dt
        bank += earned
        log_fx += earned - fxq * dt - 0.5 * fxv ** 2 * dt + fxv * noise[1]
        log_eq += earned - eqq * dt - 0.5 * eqv ** 2 * dt + eqv * noise[2]
        z = new
    t = step * END / STEPS
    before, after = value(t, z, np.exp(log_fx), np.exp(log_eq), fixing)
    d = np.exp(-bank)
    early, late = d * before, d * after
    lost_c = math.exp(-hc * (t - END / STEPS)) - math.exp(-hc * t)
    lost_b = math.exp(-hb * (t - END / STEPS)) - math.exp(-hb * t)
    cva_path += (1 - rc) * 0.5 * lost_c * (np.maximum(last_after, 0) + np.maximum(early, 0))
    dva_path += (1 - rb) * 0.5 * lost_b * (np.maximum(-last_after, 0) + np.maximum(-early, 0))
    profile.append(dict(
        t=t, epe=float(np.maximum(early, 0).mean() / discount(t)), ene=float(np.maximum(-early, 0).mean() / discount(t)),
        pfe=float(max(0, np.percentile(before, 95))),
        epe_error=float(np.maximum(early, 0).std() / math.sqrt(PATHS) / discount(t)),
        ene_error=float(np.maximum(-early, 0).std() / math.sqrt(PATHS) / discount(t)),
        after=float(np.maximum(late, 0).mean()), after_negative=float(np.maximum(-late, 0).mean())))
    last_after = late
    if t < END:
        fixing = 1 / bond(t, t + 0.5, z)

json.dump(dict(
    made_with=f"QuantLib {ql.__version__}, numpy {np.__version__}",
    curve=dict(times=TIMES, rates=RATES), mean_reversion=A, volatility=SIGMA,
    swaptions=swaptions,
    equity=dict(spot=spot, volatility=vol, dividend=dividend, correlation=correlation), options=options,
    fx=dict(spot=fx_spot, volatility=fx_vol, foreign=foreign, strike=fx_strike, end=fx_end), forward=forward,
    mixed=dict(profile=profile, value=float(first.mean()), cva=float(cva_path.mean()), dva=float(dva_path.mean()),
               cva_error=float(cva_path.std() / math.sqrt(PATHS)), dva_error=float(dva_path.std() / math.sqrt(PATHS)))),
    sys.stdout, separators=(",", ":"))
