"""capital_sbm.json: the sensitivities-based method of MAR21 over random books, by ultibi (its own environment).

Weights of liquid currencies and pairs are not divided by the square root of two. Inputs are written beside the charges.

Its own correlations of credit buckets are not symmetric: below the diagonal rows repeat the first one, so that pairs get
a mean of two figures. The table of MAR21.57 is passed in for them; above the diagonal both are the same.
"""
import contextlib
import io
import json
import os
import random
import sys
import warnings

warnings.simplefilter("ignore")
# With more threads its columns come in pieces that it cannot read.
os.environ["POLARS_MAX_THREADS"] = "1"

import polars as pl
import ultibi as ul

TENORS = {0: "SensitivitySpot", 0.25: "Sensitivity_025Y", 0.5: "Sensitivity_05Y", 1: "Sensitivity_1Y",
          2: "Sensitivity_2Y", 3: "Sensitivity_3Y", 5: "Sensitivity_5Y", 10: "Sensitivity_10Y",
          15: "Sensitivity_15Y", 20: "Sensitivity_20Y", 30: "Sensitivity_30Y"}
TEXTS = ["COB", "TradeId", "RiskCategory", "RiskClass", "RiskFactor", "RiskFactorType", "Tranche", "CommodityLocation",
         "GirrVegaUnderlyingMaturity", "BucketBCBS", "BucketCRR2", "CreditQuality", "CsrSector", "CsrCreditQuality",
         "MaturityDate", "CoveredBondReducedWeight", "FxCurvDivEligibility", "SensitivityCcy", "EXOTIC_RRAO",
         "OTHER_RRAO"]
NUMBERS = list(TENORS.values()) + ["PnL_Up", "PnL_Down", "GrossJTD", "Notional"]
CLASSES = {"girr": ("GIRR", "GIRR"), "csr": ("CSR_nonSec", "CSR nonSec"), "equity": ("Equity", "EQ"),
           "commodity": ("Commodity", "Commodity"), "fx": ("FX", "FX")}
BASES = {"rate": "Yield", "inflation": "Inflation", "cross_currency": "XCCY", "bond": "Bond", "cds": "CDS",
         "spot": "EqSpot", "repo": "EqRepo"}
VEGA = [0.5, 1, 3, 5, 10]
# MAR21.57(2): sectors 1/9 to 7/15, 8, 16, 17, 18, above the diagonal.
SECTORS = [[.75, .10, .20, .25, .20, .15, .10, 0, .45, .45], [.05, .15, .20, .15, .10, .10, 0, .45, .45],
           [.05, .15, .20, .05, .20, 0, .45, .45], [.20, .25, .05, .05, 0, .45, .45], [.25, .05, .15, 0, .45, .45],
           [.05, .20, 0, .45, .45], [.05, 0, .45, .45], [0, .45, .45], [0, 0], [.75]]


def credit_buckets():
    """The matrices of delta, vega and curvature by scenario, as the library reads them; 0 on the diagonal."""
    def sector(bucket):
        return bucket - 1 if bucket <= 8 else bucket - 9 if bucket <= 15 else bucket - 8

    def gamma(a, b):
        low, high = sorted((sector(a), sector(b)))
        rating = .5 if a <= 15 and b <= 15 and (a <= 8) != (b <= 8) else 1
        return rating * (1 if low == high else SECTORS[low][high - low - 1])

    out = {}
    for kind, power in (("delta", 1), ("vega", 1), ("curv", 2)):
        for scenario, scale in (("low", lambda x: max(2 * x - 1, .75 * x)), ("medium", lambda x: x),
                                ("high", lambda x: min(1.25 * x, 1))):
            data = [0.0 if a == b else scale(gamma(a, b) ** power) for a in range(1, 19) for b in range(1, 19)]
            out[f"csr_nonsec_{kind}_gamma_{scenario}"] = json.dumps(dict(v=1, dim=[18, 18], data=data))
    return out


def row(item):
    kind = item["risk_class"]
    bucket = item.get("currency") or str(item["bucket"])
    out = dict(COB="22/07/2022", TradeId="1", RiskClass=CLASSES[kind][0], BucketBCBS=bucket, SensitivityCcy="USD",
               RiskFactor=item.get("name") or bucket, RiskCategory=item.get("measure", "delta").capitalize())
    if kind == "fx":
        out["RiskFactor"] = bucket + "USD"
        out["BucketBCBS"] = None
    if "up" in item:
        # A shock: changes of value with the delta that they contain.
        out.update(PnL_Up=item["up"], PnL_Down=item["down"], RiskFactorType={"girr": "Yield", "csr": "Bond",
                                                                            "equity": "EqSpot"}.get(kind))
        out[TENORS[1 if kind in ("girr", "csr") else 0]] = item["delta"]
        return out
    out[TENORS[item.get("tenor", 0)]] = item["amount"]
    if item.get("measure") == "vega":
        if kind == "girr":
            out["RiskFactorType"] = "Yield"
            out["GirrVegaUnderlyingMaturity"] = f"{item['residual_maturity']:g}Y"
        return out
    if item.get("basis"):
        out["RiskFactorType"] = BASES[item["basis"]]
    if kind == "commodity":
        out["CommodityLocation"] = item["location"]
    return out


def charge(items, name):
    rows = [row(item) for item in items]
    columns = {c: pl.Series(c, [r.get(c) for r in rows], dtype=pl.Utf8) for c in TEXTS}
    columns.update({c: pl.Series(c, [float(r[c]) if r.get(c) is not None else None for r in rows], dtype=pl.Float64)
                    for c in NUMBERS})
    data = ul.FRTBDataSet.from_frame(pl.DataFrame(columns), build_params={
        "girr_sqrt2_div": "false", "fx_sqrt2_div": "false"})
    with contextlib.redirect_stderr(io.StringIO()):
        data.prepare()
        found = data.compute(dict(measures=[[f"{name} {s}", "scalar"] for s in ("Low", "Medium", "High")],
                                  groupby=["RiskClass"], type="AggregationRequest", hide_zeros=False,
                                  calc_params={"jurisdiction": "BCBS", "reporting_ccy": "USD",
                                               "apply_fx_curv_div": "false", **credit_buckets()}))
    return [found[f"{name} {s}"][0] for s in ("Low", "Medium", "High")]


def amount():
    return round(random.uniform(-1e6, 1e6), 2)


def deltas(kind, one_sided=False):
    items = []
    for _ in range(120):
        item = dict(risk_class=kind, amount=amount())
        if kind == "girr":
            item["currency"] = random.choice(["USD", "EUR", "GBP", "THB"])
            item["basis"] = random.choice(["rate"] * 6 + ["inflation", "cross_currency"])
            item["name"] = item["currency"] + ("_" + random.choice(["ois", "3m"]) if item["basis"] == "rate"
                                               else "_" + item["basis"])
            if item["basis"] == "rate":
                item["tenor"] = random.choice([0.25, 0.5, 1, 2, 3, 5, 10, 15, 20, 30])
        elif kind == "csr":
            item.update(bucket=random.randint(1, 18), name=f"issuer{random.randint(1, 4)}",
                        basis=random.choice(["bond", "cds"]), tenor=random.choice(VEGA))
        elif kind == "equity":
            item.update(bucket=random.randint(1, 13), name=f"share{random.randint(1, 4)}",
                        basis=random.choice(["spot", "spot", "repo"]))
        elif kind == "commodity":
            item.update(bucket=random.randint(1, 11), name=f"good{random.randint(1, 3)}",
                        location=random.choice(["here", "there"]),
                        tenor=random.choice([0, 0.25, 0.5, 1, 2, 3, 5, 10, 15, 20, 30]))
        else:
            item["currency"] = random.choice(["EUR", "GBP", "JPY", "THB", "BRL"])
        if one_sided:
            item["amount"] = abs(item["amount"])
        items.append(item)
    return items


def vegas(kind):
    items = []
    for _ in range(80):
        item = dict(risk_class=kind, measure="vega", amount=amount(), tenor=random.choice(VEGA))
        if kind == "girr":
            item.update(currency=random.choice(["USD", "EUR"]), residual_maturity=random.choice(VEGA))
        elif kind == "fx":
            item["currency"] = random.choice(["EUR", "JPY", "THB"])
        else:
            item.update(bucket=random.randint(1, {"csr": 18, "equity": 13, "commodity": 11}[kind]),
                        name=f"name{random.randint(1, 4)}")
        items.append(item)
    return items


def shocks(kind):
    items, seen = [], set()
    for _ in range(60):
        item = dict(risk_class=kind, up=amount(), down=amount(), delta=amount())
        if kind in ("girr", "fx"):
            item["currency"] = random.choice(["EUR", "GBP", "JPY", "THB", "BRL"])
            key = item["currency"]
        else:
            item.update(bucket=random.randint(1, {"csr": 18, "equity": 13, "commodity": 11}[kind]),
                        name=f"name{random.randint(1, 4)}")
            key = (item["bucket"], item["name"])
        if key not in seen:
            seen.add(key)
            items.append(item)
    return items


def main():
    cases = []
    for kind, (_, name) in CLASSES.items():
        for seed in range(3):
            random.seed(1000 + seed)
            for component, items in (("delta", deltas(kind, one_sided=seed == 2)), ("vega", vegas(kind)),
                                     ("curvature", shocks(kind))):
                label = f"{name} {component.capitalize()}Charge"
                cases.append(dict(risk_class=kind, component=component, items=items, charges=charge(items, label)))
    # The fewest: one curve with two tenors of opposite sign.
    items = [dict(risk_class="girr", currency="USD", name="USD_ois", basis="rate", tenor=1, amount=1e6),
             dict(risk_class="girr", currency="USD", name="USD_ois", basis="rate", tenor=10, amount=-5e5)]
    cases.append(dict(risk_class="girr", component="delta", items=items, charges=charge(items, "GIRR DeltaCharge")))
    return dict(made_with="ultibi 0.7.0", cases=cases)


if __name__ == "__main__":
    # The library writes warnings of its own to the process's outputs.
    keep = os.dup(1)
    os.dup2(2, 1)
    result = main()
    os.dup2(keep, 1)
    json.dump(result, sys.stdout, separators=(",", ":"))
