/// The formulas of Kakushadze's "101 Formulaic Alphas" in the expression language.
///
/// Where the paper has a fraction of days it is rounded down; `adv20` is `adv(20)`, the mean of close·volume; ranks run
/// over the instruments of a date, `IndNeutralize` is `group_neutralize`. Each line is the number, what it needs
/// (price, volume, or neutral: volume and groups), and the formula.
enum Alpha101 {
    static let all: [Alpha] = text.split(separator: "\n").map { line in
        let parts = line.split(separator: " ", maxSplits: 2)
        return Alpha(
            id: "alpha101.\(parts[0])", expression: String(parts[2]), category: String(parts[1]),
            source: "Kakushadze, Z. (2016), 101 Formulaic Alphas, arXiv:1601.00991, Alpha#\(Int(parts[0]) ?? 0)")
    }

    private static let text = """
        001 price rank(ts_argmax(sign_power(where(returns < 0, ts_stddev(returns, 20), close), 2), 5)) - 0.5
        002 volume -1 * ts_corr(rank(delta(log(volume), 2)), rank((close - open) / open), 6)
        003 volume -1 * ts_corr(rank(open), rank(volume), 10)
        004 price -1 * ts_rank(rank(low), 9)
        005 price rank(open - ts_sum(vwap, 10) / 10) * (-1 * abs(rank(close - vwap)))
        006 volume -1 * ts_corr(open, volume, 10)
        007 volume where(adv(20) < volume, -1 * ts_rank(abs(delta(close, 7)), 60) * sign(delta(close, 7)), -1 * 1)
        008 price -1 * rank(ts_sum(open, 5) * ts_sum(returns, 5) - delay(ts_sum(open, 5) * ts_sum(returns, 5), 10))
        009 price where(0 < ts_min(delta(close, 1), 5), delta(close, 1), where(ts_max(delta(close, 1), 5) < 0, \
        delta(close, 1), -1 * delta(close, 1)))
        010 price rank(where(0 < ts_min(delta(close, 1), 4), delta(close, 1), where(ts_max(delta(close, 1), 4) < 0, \
        delta(close, 1), -1 * delta(close, 1))))
        011 volume (rank(ts_max(vwap - close, 3)) + rank(ts_min(vwap - close, 3))) * rank(delta(volume, 3))
        012 volume sign(delta(volume, 1)) * (-1 * delta(close, 1))
        013 volume -1 * rank(ts_cov(rank(close), rank(volume), 5))
        014 volume -1 * rank(delta(returns, 3)) * ts_corr(open, volume, 10)
        015 volume -1 * ts_sum(rank(ts_corr(rank(high), rank(volume), 3)), 3)
        016 volume -1 * rank(ts_cov(rank(high), rank(volume), 5))
        017 volume -1 * rank(ts_rank(close, 10)) * rank(delta(delta(close, 1), 1)) * rank(ts_rank(volume / adv(20), \
        5))
        018 price -1 * rank(ts_stddev(abs(close - open), 5) + (close - open) + ts_corr(close, open, 10))
        019 price -1 * sign(close - delay(close, 7) + delta(close, 7)) * (1 + rank(1 + ts_sum(returns, 250)))
        020 price -1 * rank(open - delay(high, 1)) * rank(open - delay(close, 1)) * rank(open - delay(low, 1))
        021 volume where(ts_sum(close, 8) / 8 + ts_stddev(close, 8) < ts_sum(close, 2) / 2, -1 * 1, \
        where(ts_sum(close, 2) / 2 < ts_sum(close, 8) / 8 - ts_stddev(close, 8), 1, where(1 < volume / adv(20) or \
        volume / adv(20) == 1, 1, -1 * 1)))
        022 volume -1 * (delta(ts_corr(high, volume, 5), 5) * rank(ts_stddev(close, 20)))
        023 price where(ts_sum(high, 20) / 20 < high, -1 * delta(high, 2), 0)
        024 price where(delta(ts_sum(close, 100) / 100, 100) / delay(close, 100) < 0.05 or delta(ts_sum(close, 100) / \
        100, 100) / delay(close, 100) == 0.05, -1 * (close - ts_min(close, 100)), -1 * delta(close, 3))
        025 volume rank(-1 * returns * adv(20) * vwap * (high - close))
        026 volume -1 * ts_max(ts_corr(ts_rank(volume, 5), ts_rank(high, 5), 5), 3)
        027 volume where(0.5 < rank(ts_sum(ts_corr(rank(volume), rank(vwap), 6), 2) / 2), -1 * 1, 1)
        028 volume scale(ts_corr(adv(20), low, 5) + (high + low) / 2 - close)
        029 price ts_min(product(rank(rank(scale(log(ts_sum(ts_min(rank(rank(-1 * rank(delta(close - 1, 5)))), 2), \
        1))))), 1), 5) + ts_rank(delay(-1 * returns, 6), 5)
        030 volume (1 - rank(sign(close - delay(close, 1)) + sign(delay(close, 1) - delay(close, 2)) + \
        sign(delay(close, 2) - delay(close, 3)))) * ts_sum(volume, 5) / ts_sum(volume, 20)
        031 volume rank(rank(rank(decay_linear(-1 * rank(rank(delta(close, 10))), 10)))) + rank(-1 * delta(close, 3)) \
        + sign(scale(ts_corr(adv(20), low, 12)))
        032 price scale(ts_sum(close, 7) / 7 - close) + 20 * scale(ts_corr(vwap, delay(close, 5), 230))
        033 price rank(-1 * (1 - open / close)^1)
        034 price rank(1 - rank(ts_stddev(returns, 2) / ts_stddev(returns, 5)) + (1 - rank(delta(close, 1))))
        035 volume ts_rank(volume, 32) * (1 - ts_rank(close + high - low, 16)) * (1 - ts_rank(returns, 32))
        036 volume 2.21 * rank(ts_corr(close - open, delay(volume, 1), 15)) + 0.7 * rank(open - close) + 0.73 * \
        rank(ts_rank(delay(-1 * returns, 6), 5)) + rank(abs(ts_corr(vwap, adv(20), 6))) + 0.6 * rank((ts_sum(close, \
        200) / 200 - open) * (close - open))
        037 price rank(ts_corr(delay(open - close, 1), close, 200)) + rank(open - close)
        038 price -1 * rank(ts_rank(close, 10)) * rank(close / open)
        039 volume -1 * rank(delta(close, 7) * (1 - rank(decay_linear(volume / adv(20), 9)))) * (1 + \
        rank(ts_sum(returns, 250)))
        040 volume -1 * rank(ts_stddev(high, 10)) * ts_corr(high, volume, 10)
        041 price (high * low)^0.5 - vwap
        042 price rank(vwap - close) / rank(vwap + close)
        043 volume ts_rank(volume / adv(20), 20) * ts_rank(-1 * delta(close, 7), 8)
        044 volume -1 * ts_corr(high, rank(volume), 5)
        045 volume -1 * (rank(ts_sum(delay(close, 5), 20) / 20) * ts_corr(close, volume, 2) * \
        rank(ts_corr(ts_sum(close, 5), ts_sum(close, 20), 2)))
        046 price where(0.25 < (delay(close, 20) - delay(close, 10)) / 10 - (delay(close, 10) - close) / 10, -1 * 1, \
        where((delay(close, 20) - delay(close, 10)) / 10 - (delay(close, 10) - close) / 10 < 0, 1, -1 * 1 * (close - \
        delay(close, 1))))
        047 volume rank(1 / close) * volume / adv(20) * (high * rank(high - close) / (ts_sum(high, 5) / 5)) - \
        rank(vwap - delay(vwap, 5))
        048 neutral group_neutralize(ts_corr(delta(close, 1), delta(delay(close, 1), 1), 250) * delta(close, 1) / \
        close, subindustry) / ts_sum((delta(close, 1) / delay(close, 1))^2, 250)
        049 price where((delay(close, 20) - delay(close, 10)) / 10 - (delay(close, 10) - close) / 10 < -1 * 0.1, 1, -1 \
        * 1 * (close - delay(close, 1)))
        050 volume -1 * ts_max(rank(ts_corr(rank(volume), rank(vwap), 5)), 5)
        051 price where((delay(close, 20) - delay(close, 10)) / 10 - (delay(close, 10) - close) / 10 < -1 * 0.05, 1, \
        -1 * 1 * (close - delay(close, 1)))
        052 volume (-1 * ts_min(low, 5) + delay(ts_min(low, 5), 5)) * rank((ts_sum(returns, 240) - ts_sum(returns, \
        20)) / 220) * ts_rank(volume, 5)
        053 price -1 * delta((close - low - (high - close)) / (close - low), 9)
        054 price -1 * ((low - close) * open^5) / ((low - high) * close^5)
        055 volume -1 * ts_corr(rank((close - ts_min(low, 12)) / (ts_max(high, 12) - ts_min(low, 12))), rank(volume), \
        6)
        056 price 0 - 1 * (rank(ts_sum(returns, 10) / ts_sum(ts_sum(returns, 2), 3)) * rank(returns * cap))
        057 price 0 - 1 * ((close - vwap) / decay_linear(rank(ts_argmax(close, 30)), 2))
        058 neutral -1 * ts_rank(decay_linear(ts_corr(group_neutralize(vwap, sector), volume, 3.92795), 7.89291), \
        5.50322)
        059 neutral -1 * ts_rank(decay_linear(ts_corr(group_neutralize(vwap * 0.728317 + vwap * (1 - 0.728317), \
        industry), volume, 4.25197), 16.2289), 8.19648)
        060 volume 0 - 1 * (2 * scale(rank((close - low - (high - close)) / (high - low) * volume)) - \
        scale(rank(ts_argmax(close, 10))))
        061 volume rank(vwap - ts_min(vwap, 16.1219)) < rank(ts_corr(vwap, adv(180), 17.9282))
        062 volume (rank(ts_corr(vwap, ts_sum(adv(20), 22.4101), 9.91009)) < rank(rank(open) + rank(open) < rank((high \
        + low) / 2) + rank(high))) * -1
        063 neutral (rank(decay_linear(delta(group_neutralize(close, industry), 2.25164), 8.22237)) - \
        rank(decay_linear(ts_corr(vwap * 0.318108 + open * (1 - 0.318108), ts_sum(adv(180), 37.2467), 13.557), \
        12.2883))) * -1
        064 volume (rank(ts_corr(ts_sum(open * 0.178404 + low * (1 - 0.178404), 12.7054), ts_sum(adv(120), 12.7054), \
        16.6208)) < rank(delta((high + low) / 2 * 0.178404 + vwap * (1 - 0.178404), 3.69741))) * -1
        065 volume (rank(ts_corr(open * 0.00817205 + vwap * (1 - 0.00817205), ts_sum(adv(60), 8.6911), 6.40374)) < \
        rank(open - ts_min(open, 13.635))) * -1
        066 price (rank(decay_linear(delta(vwap, 3.51013), 7.23052)) + ts_rank(decay_linear((low * 0.96633 + low * (1 \
        - 0.96633) - vwap) / (open - (high + low) / 2), 11.4157), 6.72611)) * -1
        067 neutral rank(high - ts_min(high, 2.14593))^rank(ts_corr(group_neutralize(vwap, sector), \
        group_neutralize(adv(20), subindustry), 6.02936)) * -1
        068 volume (ts_rank(ts_corr(rank(high), rank(adv(15)), 8.91644), 13.9333) < rank(delta(close * 0.518371 + low \
        * (1 - 0.518371), 1.06157))) * -1
        069 neutral rank(ts_max(delta(group_neutralize(vwap, industry), 2.72412), 4.79344))^ts_rank(ts_corr(close * \
        0.490655 + vwap * (1 - 0.490655), adv(20), 4.92416), 9.0615) * -1
        070 neutral rank(delta(vwap, 1.29456))^ts_rank(ts_corr(group_neutralize(close, industry), adv(50), 17.8256), \
        17.9171) * -1
        071 volume max(ts_rank(decay_linear(ts_corr(ts_rank(close, 3.43976), ts_rank(adv(180), 12.0647), 18.0175), \
        4.20501), 15.6948), ts_rank(decay_linear(rank(low + open - (vwap + vwap))^2, 16.4662), 4.4388))
        072 volume rank(decay_linear(ts_corr((high + low) / 2, adv(40), 8.93345), 10.1519)) / \
        rank(decay_linear(ts_corr(ts_rank(vwap, 3.72469), ts_rank(volume, 18.5188), 6.86671), 2.95011))
        073 price max(rank(decay_linear(delta(vwap, 4.72775), 2.91864)), ts_rank(decay_linear(delta(open * 0.147155 + \
        low * (1 - 0.147155), 2.03608) / (open * 0.147155 + low * (1 - 0.147155)) * -1, 3.33829), 16.7411)) * -1
        074 volume (rank(ts_corr(close, ts_sum(adv(30), 37.4843), 15.1365)) < rank(ts_corr(rank(high * 0.0261661 + \
        vwap * (1 - 0.0261661)), rank(volume), 11.4791))) * -1
        075 volume rank(ts_corr(vwap, volume, 4.24304)) < rank(ts_corr(rank(low), rank(adv(50)), 12.4413))
        076 neutral max(rank(decay_linear(delta(vwap, 1.24383), 11.8259)), \
        ts_rank(decay_linear(ts_rank(ts_corr(group_neutralize(low, sector), adv(81), 8.14941), 19.569), 17.1543), \
        19.383)) * -1
        077 volume min(rank(decay_linear((high + low) / 2 + high - (vwap + high), 20.0451)), \
        rank(decay_linear(ts_corr((high + low) / 2, adv(40), 3.1614), 5.64125)))
        078 volume rank(ts_corr(ts_sum(low * 0.352233 + vwap * (1 - 0.352233), 19.7428), ts_sum(adv(40), 19.7428), \
        6.83313))^rank(ts_corr(rank(vwap), rank(volume), 5.77492))
        079 neutral rank(delta(group_neutralize(close * 0.60733 + open * (1 - 0.60733), sector), 1.23438)) < \
        rank(ts_corr(ts_rank(vwap, 3.60973), ts_rank(adv(150), 9.18637), 14.6644))
        080 neutral rank(sign(delta(group_neutralize(open * 0.868128 + high * (1 - 0.868128), industry), \
        4.04545)))^ts_rank(ts_corr(high, adv(10), 5.11456), 5.53756) * -1
        081 volume (rank(log(product(rank(rank(ts_corr(vwap, ts_sum(adv(10), 49.6054), 8.47743))^4), 14.9655))) < \
        rank(ts_corr(rank(vwap), rank(volume), 5.07914))) * -1
        082 neutral min(rank(decay_linear(delta(open, 1.46063), 14.8717)), \
        ts_rank(decay_linear(ts_corr(group_neutralize(volume, sector), open * 0.634196 + open * (1 - 0.634196), \
        17.4842), 6.92131), 13.4283)) * -1
        083 volume rank(delay((high - low) / (ts_sum(close, 5) / 5), 2)) * rank(rank(volume)) / ((high - low) / \
        (ts_sum(close, 5) / 5) / (vwap - close))
        084 price sign_power(ts_rank(vwap - ts_max(vwap, 15.3217), 20.7127), delta(close, 4.96796))
        085 volume rank(ts_corr(high * 0.876703 + close * (1 - 0.876703), adv(30), \
        9.61331))^rank(ts_corr(ts_rank((high + low) / 2, 3.70596), ts_rank(volume, 10.1595), 7.11408))
        086 volume (ts_rank(ts_corr(close, ts_sum(adv(20), 14.7444), 6.00049), 20.4195) < rank(open + close - (vwap + \
        open))) * -1
        087 neutral max(rank(decay_linear(delta(close * 0.369701 + vwap * (1 - 0.369701), 1.91233), 2.65461)), \
        ts_rank(decay_linear(abs(ts_corr(group_neutralize(adv(81), industry), close, 13.4132)), 4.89768), 14.4535)) * \
        -1
        088 volume min(rank(decay_linear(rank(open) + rank(low) - (rank(high) + rank(close)), 8.06882)), \
        ts_rank(decay_linear(ts_corr(ts_rank(close, 8.44728), ts_rank(adv(60), 20.6966), 8.01266), 6.65053), 2.61957))
        089 neutral ts_rank(decay_linear(ts_corr(low * 0.967285 + low * (1 - 0.967285), adv(10), 6.94279), 5.51607), \
        3.79744) - ts_rank(decay_linear(delta(group_neutralize(vwap, industry), 3.48158), 10.1466), 15.3012)
        090 neutral rank(close - ts_max(close, 4.66719))^ts_rank(ts_corr(group_neutralize(adv(40), subindustry), low, \
        5.38375), 3.21856) * -1
        091 neutral (ts_rank(decay_linear(decay_linear(ts_corr(group_neutralize(close, industry), volume, 9.74928), \
        16.398), 3.83219), 4.8667) - rank(decay_linear(ts_corr(vwap, adv(30), 4.01303), 2.6809))) * -1
        092 volume min(ts_rank(decay_linear((high + low) / 2 + close < low + open, 14.7221), 18.8683), \
        ts_rank(decay_linear(ts_corr(rank(low), rank(adv(30)), 7.58555), 6.94024), 6.80584))
        093 neutral ts_rank(decay_linear(ts_corr(group_neutralize(vwap, industry), adv(81), 17.4193), 19.848), \
        7.54455) / rank(decay_linear(delta(close * 0.524434 + vwap * (1 - 0.524434), 2.77377), 16.2664))
        094 volume rank(vwap - ts_min(vwap, 11.5783))^ts_rank(ts_corr(ts_rank(vwap, 19.6462), ts_rank(adv(60), \
        4.02992), 18.0926), 2.70756) * -1
        095 volume rank(open - ts_min(open, 12.4105)) < ts_rank(rank(ts_corr(ts_sum((high + low) / 2, 19.1351), \
        ts_sum(adv(40), 19.1351), 12.8742))^5, 11.7584)
        096 volume max(ts_rank(decay_linear(ts_corr(rank(vwap), rank(volume), 3.83878), 4.16783), 8.38151), \
        ts_rank(decay_linear(ts_argmax(ts_corr(ts_rank(close, 7.45404), ts_rank(adv(60), 4.13242), 3.65459), 12.6556), \
        14.0365), 13.4143)) * -1
        097 neutral (rank(decay_linear(delta(group_neutralize(low * 0.721001 + vwap * (1 - 0.721001), industry), \
        3.3705), 20.4523)) - ts_rank(decay_linear(ts_rank(ts_corr(ts_rank(low, 7.87871), ts_rank(adv(60), 17.255), \
        4.97547), 18.5925), 15.7152), 6.71659)) * -1
        098 volume rank(decay_linear(ts_corr(vwap, ts_sum(adv(5), 26.4719), 4.58418), 7.18088)) - \
        rank(decay_linear(ts_rank(ts_argmin(ts_corr(rank(open), rank(adv(15)), 20.8187), 8.62571), 6.95668), 8.07206))
        099 volume (rank(ts_corr(ts_sum((high + low) / 2, 19.8975), ts_sum(adv(60), 19.8975), 8.8136)) < \
        rank(ts_corr(low, volume, 6.28259))) * -1
        100 neutral 0 - 1 * ((1.5 * scale(group_neutralize(group_neutralize(rank((close - low - (high - close)) / \
        (high - low) * volume), subindustry), subindustry)) - scale(group_neutralize(ts_corr(close, rank(adv(20)), 5) \
        - rank(ts_argmin(close, 30)), subindustry))) * (volume / adv(20)))
        101 price (close - open) / (high - low + 0.001)
        """
}
