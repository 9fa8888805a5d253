"""capital.json: counterparty exposure, CVA and default risk capital.

Published figures: the five examples of BCBS 279 (SA-CCR; amounts in thousands, rounded), and the SA-CCR and BA-CVA
outputs that ORE ships with its examples (Examples/CreditRisk/ExpectedOutput/SA-CCR and
Examples/XvaRisk/ExpectedOutput/bacva). Beside them random netting sets, counterparties and obligors, computed here
from the paragraphs of CRE52, MAR50 and MAR22, trade by trade and pair by pair with numpy.
"""
import json
import random
import sys

import numpy as np
from scipy.stats import norm

FACTORS = {"interest_rate": (.005, 1, .5), "foreign_exchange": (.04, 1, .15), "AAA": (.0038, .5, 1),
           "AA": (.0038, .5, 1), "A": (.0042, .5, 1), "BBB": (.0054, .5, 1), "BB": (.0106, .5, 1), "B": (.016, .5, 1),
           "CCC": (.06, .5, 1), "IG": (.0038, .8, .8), "SG": (.0106, .8, .8), "single_name": (.32, .5, 1.2),
           "index": (.20, .8, .75), "electricity": (.4, .4, 1.5), "oil_gas": (.18, .4, .7), "metals": (.18, .4, .7),
           "agricultural": (.18, .4, .7), "other": (.18, .4, .7)}
CREDIT = ["AAA", "AA", "A", "BBB", "BB", "B", "CCC", "IG", "SG"]
SETS = {"electricity": "energy", "oil_gas": "energy", "metals": "metals", "agricultural": "agricultural",
        "other": "other"}


def asset(kind):
    if kind in CREDIT:
        return "credit"
    if kind in ("single_name", "index"):
        return "equity"
    return "commodity" if kind in SETS else kind


def effective(trade, margin_days):
    kind = trade["subclass"]
    sd = 1.0
    if asset(kind) in ("interest_rate", "credit"):
        sd = max(10 / 250, (np.exp(-.05 * trade["start"]) - np.exp(-.05 * trade["end"])) / .05)
    sign = 1 if trade["long"] else -1
    delta = float(sign)
    if "option" in trade:
        o = trade["option"]
        s = FACTORS[kind][2] * np.sqrt(o["exercise"])
        d = (np.log(o["price"] / o["strike"]) + .5 * s * s) / s
        delta = sign * (norm.cdf(d) if o["call"] else -norm.cdf(-d))
    if "tranche" in trade:
        a, b = trade["tranche"]
        delta = sign * 15 / ((1 + 14 * a) * (1 + 14 * b))
    mf = np.sqrt(min(1, max(trade["maturity"], 10 / 250)))
    if margin_days is not None:
        mf = 1.5 * np.sqrt(margin_days / 250)
    return trade["notional"] * sd * delta * mf


def add_on(trades, margin_days):
    total = 0.0
    keys = {(asset(t["subclass"]), t["kind"],
             t["underlying"] if t["kind"] == "basis" or asset(t["subclass"]) in ("interest_rate", "foreign_exchange")
             else SETS.get(t["subclass"], "")) for t in trades}
    for name, kind, place in sorted(keys):
        own = [t for t in trades if asset(t["subclass"]) == name and t["kind"] == kind and (
            t["underlying"] if kind == "basis" or name in ("interest_rate", "foreign_exchange")
            else SETS.get(t["subclass"], "")) == place]
        scale = {"outright": 1, "basis": .5, "volatility": 5}[kind]
        if name == "interest_rate":
            buckets = np.zeros(3)
            for t in own:
                buckets[0 if t["end"] < 1 else 1 if t["end"] <= 5 else 2] += effective(t, margin_days)
            rho = np.array([[1, .7, .3], [.7, 1, .7], [.3, .7, 1]])
            total += .005 * scale * np.sqrt(max(0, buckets @ rho @ buckets))
        elif name == "foreign_exchange":
            total += .04 * scale * abs(sum(effective(t, margin_days) for t in own))
        else:
            names = sorted({t["underlying"] for t in own})
            parts = np.array([sum(effective(t, margin_days) * FACTORS[t["subclass"]][0] * scale for t in own
                                  if t["underlying"] == n) for n in names])
            rho = np.array([FACTORS[next(t for t in own if t["underlying"] == n)["subclass"]][1] for n in names])
            matrix = np.outer(rho, rho)
            np.fill_diagonal(matrix, 1)
            total += np.sqrt(parts @ matrix @ parts)
    return total


def exposure(case):
    v, c = case["value"], case["collateral"]

    def ead(margin):
        days = None
        rc = max(v - c, 0)
        if margin:
            floor = 9 + margin["every_days"]
            if margin["illiquid"] or len(case["trades"]) > 5000:
                floor = max(20, floor)
            days = max(floor * (2 if margin["disputed"] else 1), margin["estimated_days"])
            rc = max(rc, margin["threshold"] + margin["minimum_transfer"] - margin["independent"])
        a = add_on(case["trades"], days)
        m = min(1, .05 + .95 * np.exp((v - c) / (1.9 * a)))
        return dict(replacement_cost=rc, add_on=a, multiplier=m, ead=1.4 * (rc + m * a))

    plain = ead(None)
    margined = ead(case["margin"]) if case.get("margin") else plain
    return min((margined, plain), key=lambda x: x["ead"])


def trade(index):
    kind = random.choice(list(FACTORS))
    cls = asset(kind)
    start = random.choice([0, 0, 0.5, 2])
    end = start + random.choice([0.02, 0.3, 0.9, 3, 5, 8])
    out = dict(id=f"t{index}", subclass=kind, notional=round(random.uniform(1e3, 1e6), 2), long=random.random() < .6,
               maturity=end, start=start, end=end, kind=random.choice(["outright"] * 6 + ["basis", "volatility"]))
    out["underlying"] = {"interest_rate": random.choice(["USD", "EUR"]),
                         "foreign_exchange": random.choice(["EUR/USD", "USD/JPY"])}.get(
                             cls, f"{kind}{random.randint(1, 3)}")
    if out["kind"] == "basis":
        out["kind"] = "outright" if cls == "foreign_exchange" else "basis"
    if random.random() < .25:
        out["option"] = dict(call=random.random() < .5, price=round(random.uniform(50, 150), 2), strike=100.0,
                             exercise=random.choice([0.1, 1, 4]))
    elif cls == "credit" and random.random() < .2:
        out["tranche"] = [0.03, 0.07]
    return out


def random_exposures():
    random.seed(7)
    cases = []
    for index in range(40):
        case = dict(trades=[trade(i) for i in range(random.randint(1, 25))], value=round(random.uniform(-5e4, 5e4), 2),
                    collateral=random.choice([0, round(random.uniform(-2e4, 6e4), 2)]))
        if index % 2:
            case["margin"] = dict(threshold=random.choice([0, 1e4, 1e6]), minimum_transfer=random.choice([0, 500.0]),
                                  independent=random.choice([0, 2e3]), every_days=random.choice([1, 5]),
                                  estimated_days=random.choice([0, 12, 30]), illiquid=random.random() < .2,
                                  disputed=random.random() < .2)
        case["expected"] = exposure(case)
        cases.append(case)
    return cases


# MAR50.16.
WEIGHTS = {"sovereign": (.005, .02), "local_government": (.01, .04), "financial": (.05, .12), "industrial": (.03, .07),
           "consumer": (.03, .085), "technology": (.02, .055), "health_care": (.015, .05), "other": (.05, .12)}
RELATIONS = {"direct": 1, "legal": .8, "sector_and_region": .5}


def weight(item):
    return WEIGHTS[item["sector"]][0 if item["investment_grade"] else 1]


def discounted(maturity):
    return (1 - np.exp(-.05 * maturity)) / .05


def credit_valuation(case):
    scva = np.array([weight(c) / 1.4 * sum(s["ead"] * discounted(s["maturity"]) for s in c["netting_sets"])
                     for c in case["counterparties"]])
    rho = .5

    def factor(x, index, mismatch):
        matrix = np.full((len(x), len(x)), rho * rho) + np.eye(len(x)) * (1 - rho * rho)
        return np.sqrt(x @ matrix @ x - 2 * rho * x.sum() * index + index ** 2 + mismatch)

    reduced = factor(scva, 0, 0)
    snh, hma = [], 0.0
    for c in case["counterparties"]:
        hedges = [(RELATIONS[h["relation"]], weight(h) * h["notional"] * discounted(h["maturity"])) for h in c["hedges"]]
        snh.append(sum(r * w for r, w in hedges))
        hma += sum((1 - r * r) * w * w for r, w in hedges)
    index = sum(.7 * np.average([weight(p) for p in h["parts"]], weights=[p["weight"] for p in h["parts"]])
                * h["notional"] * discounted(h["maturity"]) for h in case["index_hedges"])
    hedged = factor(scva - np.array(snh), index, hma)
    return dict(reduced=reduced, hedged=hedged, index=index, capital=.65 * (.25 * reduced + .75 * hedged))


def random_valuations():
    random.seed(8)
    cases = []

    def name():
        return dict(sector=random.choice(list(WEIGHTS)), investment_grade=random.random() < .6)

    for _ in range(20):
        case = dict(counterparties=[], index_hedges=[])
        for index in range(random.randint(1, 12)):
            case["counterparties"].append(dict(
                id=f"c{index}", **name(),
                netting_sets=[dict(ead=round(random.uniform(0, 1e6), 2), maturity=random.choice([.1, 1, 4, 12]))
                              for _ in range(random.randint(1, 3))],
                hedges=[dict(notional=round(random.uniform(0, 5e5), 2), maturity=random.choice([1, 5]), **name(),
                             relation=random.choice(list(RELATIONS))) for _ in range(random.randint(0, 2))]))
        for _ in range(random.randint(1, 2)):
            case["index_hedges"].append(dict(
                notional=round(random.uniform(0, 1e6), 2), maturity=5,
                parts=[dict(weight=random.randint(1, 50), **name()) for _ in range(random.randint(1, 3))]))
        case["expected"] = credit_valuation(case)
        cases.append(case)
    return cases


# MAR22.
LGD = {"covered": .25, "senior": .75, "junior": 1, "equity": 1}
QUALITY = {"AAA": .005, "AA": .02, "A": .03, "BBB": .06, "BB": .15, "B": .3, "CCC": .5, "unrated": .15, "defaulted": 1}


def default_risk(items):
    ranks = list(LGD)
    total = 0.0
    for bucket in ("corporate", "sovereign", "local_government"):
        long = short = weighted_long = weighted_short = 0.0
        for obligor in sorted({i["obligor"] for i in items if i["bucket"] == bucket}):
            own = [i for i in items if i["obligor"] == obligor]
            jumps = []
            for i in own:
                gross = LGD[i["seniority"]] * i["notional"] + i["profit"]
                gross = max(gross, 0) if i["notional"] >= 0 else min(gross, 0)
                jumps.append([ranks.index(i["seniority"]), gross * min(1, max(.25, i["maturity"]))])
            # Each short against every long that is as senior or more so, the most senior short first.
            for s in sorted((j for j in jumps if j[1] < 0), key=lambda j: j[0]):
                for l in sorted((j for j in jumps if j[1] > 0 and j[0] <= s[0]), key=lambda j: -j[0]):
                    part = min(-s[1], l[1])
                    s[1] += part
                    l[1] -= part
            rw = QUALITY[own[0]["quality"]]
            up, down = sum(max(0, j[1]) for j in jumps), sum(max(0, -j[1]) for j in jumps)
            long, short = long + up, short + down
            weighted_long, weighted_short = weighted_long + rw * up, weighted_short + rw * down
        benefit = long / (long + short) if long + short else 1
        total += max(0, weighted_long - benefit * weighted_short)
    return total


def random_defaults():
    random.seed(9)
    cases = []
    for _ in range(15):
        kinds = {f"o{i}": (random.choice(["corporate", "sovereign", "local_government"]), random.choice(list(QUALITY)))
                 for i in range(8)}
        items = []
        for _ in range(random.randint(1, 40)):
            obligor = random.choice(list(kinds))
            items.append(dict(obligor=obligor, bucket=kinds[obligor][0], quality=kinds[obligor][1],
                              seniority=random.choice(list(LGD)), notional=round(random.uniform(-1e6, 1e6), 2),
                              profit=round(random.uniform(-2e5, 2e5), 2), maturity=random.choice([.1, .5, 1, 4])))
        cases.append(dict(exposures=items, capital=default_risk(items)))
    return cases


def swap(id, notional, long, end, **more):
    return dict(id=id, subclass="interest_rate", underlying="USD", notional=notional, long=long, maturity=end, start=0,
                end=end, kind="outright", **more)


def cds(id, kind, notional, long, end):
    return dict(id=id, subclass=kind, underlying=id, notional=notional, long=long, maturity=end, start=0, end=end,
                kind="outright")


def forward(id, kind, underlying, notional, long, end):
    return dict(id=id, subclass=kind, underlying=underlying, notional=notional, long=long, maturity=end, start=0, end=end,
                kind="outright")


# In thousands of dollars, as the paper states them.
RATES = [swap("swap of 10 years", 10_000, True, 10), swap("swap of 4 years", 10_000, False, 4),
         dict(id="swaption", subclass="interest_rate", underlying="EUR", notional=5_000, long=True, maturity=1, start=1,
              end=11, kind="outright", option=dict(call=False, price=.06, strike=.05, exercise=1))]
CREDITS = [cds("firm A", "AA", 10_000, True, 3), cds("firm B", "BBB", 10_000, False, 6), cds("index", "IG", 10_000, True, 5)]
GOODS = [forward("WTI", "oil_gas", "crude oil", 10_000, True, .75), forward("Brent", "oil_gas", "crude oil", 20_000, False, 2),
         forward("silver", "metals", "silver", 10_000, True, 5)]
MARGIN = dict(threshold=0, minimum_transfer=5, independent=150, every_days=5, estimated_days=0, illiquid=False,
              disputed=False)
BCBS279 = [dict(trades=RATES, value=60, collateral=0, ead=569), dict(trades=CREDITS, value=-20, collateral=0, ead=381),
           dict(trades=GOODS, value=20, collateral=0, ead=5406), dict(trades=RATES + CREDITS, value=40, collateral=0, ead=936),
           dict(trades=RATES + GOODS, value=80, collateral=200, margin=MARGIN, ead=1879)]

ORE = dict(
    saccr=dict(adjusted_notionals=[121065366.6480, 109087390.9712], notional=10_000_000, starts=[0.5710, 0.3197],
               end=20.0738, add_ons=[605326.833240, 545436.954856], value=87995.163517, add_on=1150763.788096,
               ead=1734262.532258),
    bacva=dict(ead=1734262.532258, maturity=10.907723, discount=0.770797, risk_weight=0.05, scva=520752.051334,
               capital=338488.833367))

json.dump(dict(made_with=f"numpy {np.__version__}", bcbs279=BCBS279, ore=ORE, exposures=random_exposures(),
               valuations=random_valuations(), defaults=random_defaults()), sys.stdout, separators=(",", ":"))
