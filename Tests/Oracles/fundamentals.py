"""fundamentals.json: features of filings by their published definitions, for each bar from the filings of its day alone."""
import json
import math
import random
from datetime import date, timedelta

FLOWS = ["revenues", "cost_of_revenue", "gross_profit", "operating_income", "net_income", "depreciation",
         "operating_cash_flow", "capital_expenditure", "dividends_paid"]
STOCKS = ["assets", "current_assets", "liabilities", "current_liabilities", "equity", "cash", "long_term_debt",
          "short_term_debt", "retained_earnings", "shares_outstanding"]
NAN = float("nan")


def days(moment):
    return (moment - date(1970, 1, 1)).days


def filings(seed, quarterly, gaps):
    """Facts of eight years: quarters and years, some filed again later with another value, some never."""
    rng, facts, assets, shares = random.Random(seed), [], 1000.0, 100.0
    for year in range(2012, 2020):
        parts = []
        for month, day in ((3, 31), (6, 30), (9, 30), (12, 31)):
            assets *= 1 + rng.uniform(-0.02, 0.05)
            shares *= 1 + rng.choice([0, 0, 0.01, -0.01])
            sales = assets * rng.uniform(0.15, 0.3)
            gross = sales * rng.uniform(0.2, 0.6)
            operating = gross - sales * rng.uniform(0.1, 0.3)
            net = operating * rng.uniform(0.5, 0.9) - sales * 0.02
            part = dict(revenues=sales, cost_of_revenue=sales - gross, gross_profit=gross, operating_income=operating,
                        net_income=net, depreciation=assets * 0.01, operating_cash_flow=net + assets * rng.uniform(-0.02, 0.03),
                        capital_expenditure=assets * rng.uniform(0, 0.03), dividends_paid=max(0, net) * 0.3)
            stock = dict(assets=assets, current_assets=assets * rng.uniform(0.3, 0.5), liabilities=assets * rng.uniform(0.4, 0.7),
                         current_liabilities=assets * rng.uniform(0.1, 0.3), equity=assets * rng.uniform(-0.05, 0.5),
                         cash=assets * rng.uniform(0.02, 0.1), long_term_debt=assets * rng.uniform(0.05, 0.3),
                         short_term_debt=assets * rng.uniform(0, 0.05), retained_earnings=assets * rng.uniform(-0.1, 0.3),
                         shares_outstanding=shares)
            parts.append(part)
            end = date(year, month, day)
            filed = end + timedelta(days=rng.randint(25, 60))
            last = month == 12
            rows = [(name, "annual", value) for name, value in stock.items()] if quarterly or last else []
            if quarterly and (not last or rng.random() < 0.5):
                rows += [(name, "quarter", value) for name, value in part.items()]
            if last:
                rows += [(name, "annual", sum(p[name] for p in parts)) for name in FLOWS]
            for name, period, value in rows:
                if rng.random() < gaps:
                    continue
                facts.append((name, period, days(end), days(filed), value))
                if rng.random() < 0.1:
                    again = days(filed) + rng.randint(1, 500)
                    facts.append((name, period, days(end), again, value * rng.uniform(0.8, 1.2)))
    return facts


class Known:
    """What is known on a day."""

    def __init__(self, facts, day):
        self.lines = {}
        for name, period, end, filed, value in sorted(facts, key=lambda fact: fact[3]):
            if filed <= day:
                kind = "quarter" if name in FLOWS and period == "quarter" else "annual"
                line = self.lines.setdefault((name, kind), {})
                for same in [other for other in line if abs(other - end) <= 20]:
                    del line[same]
                line[end] = value

    def near(self, name, kind, end):
        line = self.lines.get((name, kind), {})
        found = sorted((abs(other - end), other) for other in line)
        return line[found[0][1]] if found and found[0][0] <= 20 else None

    def quarters(self, name, end):
        parts = [self.near(name, "quarter", end - 91 * back) for back in range(4)]
        return NAN if None in parts else sum(parts)

    def at(self, name, end):
        if end is None:
            return NAN
        value = self.near(name, "annual", end)
        return value if value is not None else (self.quarters(name, end) if name in FLOWS else NAN)

    def end(self, name):
        year = max(self.lines.get((name, "annual"), {}), default=None)
        quarter = max(self.lines.get((name, "quarter"), {}), default=None)
        if quarter is not None and (year is None or quarter > year) and not math.isnan(self.quarters(name, quarter)):
            return quarter
        return year

    def together(self, *names):
        """The flows at the newest end at which all are known."""
        ends = {end for name in names for kind in ("annual", "quarter") for end in self.lines.get((name, kind), {})}
        for end in sorted(ends, reverse=True):
            values = [self.at(name, end) for name in names]
            if not any(math.isnan(value) for value in values):
                return values
        return [NAN for _ in names]

    def newest(self, name):
        return self.at(name, self.end(name))


def over(a, b):
    return a / b if b > 0 else NAN


def growth(known, name):
    end = known.end(name)
    if end is None:
        return NAN
    before = known.at(name, end - 365)
    return over(known.at(name, end) - before, abs(before))


def piotroski(known):
    end = known.end("net_income")
    if end is None:
        return NAN
    x = {name: [known.at(name, end - 365 * back) for back in range(3)] for name in FLOWS + STOCKS}
    # The cash flow of the year before enters no sign.
    needed = [v for n in ("net_income", "revenues", "gross_profit", "long_term_debt", "current_assets",
                          "current_liabilities", "shares_outstanding", "assets") for v in x[n][:2]]
    needed += [x["operating_cash_flow"][0], x["assets"][2]]
    if any(math.isnan(v) for v in needed):
        return NAN
    a = x["assets"]
    roa, roa_before = x["net_income"][0] / a[1], x["net_income"][1] / a[2]
    cfo = x["operating_cash_flow"][0] / a[1]
    lever = x["long_term_debt"][0] / ((a[0] + a[1]) / 2)
    lever_before = x["long_term_debt"][1] / ((a[1] + a[2]) / 2)
    liquid = [x["current_assets"][k] / x["current_liabilities"][k] for k in (0, 1)]
    margin = [x["gross_profit"][k] / x["revenues"][k] for k in (0, 1)]
    turn, turn_before = x["revenues"][0] / a[1], x["revenues"][1] / a[2]
    return float(sum([roa > 0, cfo > 0, roa > roa_before, cfo > roa, lever < lever_before, liquid[0] > liquid[1],
                      x["shares_outstanding"][0] <= x["shares_outstanding"][1], margin[0] > margin[1],
                      turn > turn_before]))


def features(facts, day, close):
    known = Known(facts, day)
    n = known.newest
    cap = close * n("shares_outstanding")
    short = n("short_term_debt")
    debt = n("long_term_debt") + (0 if math.isnan(short) else short)
    value = cap + debt - n("cash")
    ebitda = sum(known.together("operating_income", "depreciation"))
    cash, spent = known.together("operating_cash_flow", "capital_expenditure")
    operating, sales = known.together("operating_income", "revenues")
    end = known.end("net_income")
    mean = (known.at("assets", end) + known.at("assets", end - 365)) / 2 if end is not None else NAN
    altman = (1.2 * over(n("current_assets") - n("current_liabilities"), n("assets"))
              + 1.4 * over(n("retained_earnings"), n("assets")) + 3.3 * over(operating, n("assets"))
              + 0.6 * over(cap, n("liabilities")) + over(sales, n("assets")))
    return {
        "market_value": cap, "enterprise_value": value, "pe_ratio": over(cap, n("net_income")),
        "pb_ratio": over(cap, n("equity")), "ps_ratio": over(cap, n("revenues")), "ev_to_ebitda": over(value, ebitda),
        "ev_to_sales": over(value, n("revenues")), "earnings_yield": over(n("net_income"), cap),
        "book_yield": over(n("equity"), cap), "sales_yield": over(n("revenues"), cap),
        "cash_flow_yield": over(n("operating_cash_flow"), cap),
        "free_cash_flow_yield": over(cash - spent, cap),
        "dividend_yield": over(n("dividends_paid"), cap), "revenue_growth": growth(known, "revenues"),
        "earnings_growth": growth(known, "net_income"), "asset_growth": growth(known, "assets"),
        "accruals": over(known.at("net_income", end) - known.at("operating_cash_flow", end), mean),
        "gross_margin": over(*known.together("gross_profit", "revenues")), "operating_margin": over(operating, sales),
        "net_margin": over(*known.together("net_income", "revenues")), "return_on_assets": over(n("net_income"), n("assets")),
        "return_on_equity": over(n("net_income"), n("equity")), "debt_to_equity": over(debt, n("equity")),
        "current_ratio": over(n("current_assets"), n("current_liabilities")), "piotroski_f": piotroski(known),
        "altman_z": altman,
    }


def case(seed, quarterly, gaps):
    facts, rng = filings(seed, quarterly, gaps), random.Random(seed + 100)
    ts, close, columns, price = [], [], {}, 20.0
    for day in range(days(date(2012, 1, 2)), days(date(2020, 12, 1)), 19):
        price *= 1 + rng.gauss(0, 0.03)
        ts.append(day)
        close.append(price)
        for name, value in features(facts, day, price).items():
            columns.setdefault(name, []).append(value if math.isfinite(value) else None)
    rng.shuffle(facts)
    return {"facts": facts, "days": ts, "close": close, "columns": columns}


cases = {"annual": case(1, False, 0.0), "quarterly": case(2, True, 0.0), "gaps": case(3, True, 0.06)}
print(json.dumps({"cases": cases}, separators=(",", ":")))
