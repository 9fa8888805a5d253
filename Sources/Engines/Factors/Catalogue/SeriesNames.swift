import Quant

/// Names of the series that rules draw on, each provider's by itself. A name says what is wanted of a provider; which
/// of its identifiers that is, is decided where the provider is connected.
enum SeriesNames {
    static func words(_ text: String) -> [String] { text.split(whereSeparator: \.isWhitespace).map(String.init) }

    /// Columns of stored bars.
    static let bars = words("open high low close volume vwap returns")

    /// Columns made of stored facts.
    static let facts = Fundamentals.definitions.map(\.column.rawValue)
    /// What a company costs.
    static let valuation = words("""
        pe_ratio pb_ratio ps_ratio ev_to_ebitda ev_to_sales earnings_yield book_yield sales_yield cash_flow_yield
        free_cash_flow_yield dividend_yield
        """)
    /// How it grows.
    static let growth = words("revenue_growth earnings_growth asset_growth")
    /// How well it earns, and how much of that is cash.
    static let quality = words("""
        gross_margin operating_margin net_margin return_on_assets return_on_equity accruals piotroski_f
        """)
    /// How safely it is financed.
    static let solvency = words("altman_z current_ratio debt_to_equity")
    /// How large it is.
    static let size = words("market_value enterprise_value")
    /// One or two of each, for combinations with other sources.
    static let keyFacts = words("""
        earnings_yield book_yield revenue_growth earnings_growth return_on_equity accruals piotroski_f altman_z
        """)

    /// Ratios and figures of a company overview.
    static let alphaVantage = words("""
        pe_ratio peg_ratio book_value dividend_per_share dividend_yield eps revenue_per_share profit_margin
        operating_margin return_on_assets return_on_equity revenue ev_to_revenue ev_to_ebitda beta
        """)

    /// Series of the Federal Reserve Bank of St. Louis, by their identifiers.
    static let fred = words("""
        dgs10 dgs2 dgs3mo dgs30 t10y2y t10y3m fedfunds sofr dfii10 t10yie t5yie bamlh0a0hym2 bamlc0a0cm aaa baa
        cpiaucsl cpilfesl pcepi ppiaco unrate payems icsa jtsjol indpro houst permit rsafs umcsent m2sl walcl
        dcoilwtico vixcls
        """)

    /// Facts of company filings.
    static let edgar = words("""
        revenues cost_of_revenue gross_profit operating_income net_income eps_basic eps_diluted assets current_assets
        liabilities current_liabilities equity cash inventory receivables payables long_term_debt
        retained_earnings operating_cash_flow capital_expenditure depreciation research_and_development
        interest_expense income_tax shares_outstanding
        """)

    /// Subjects of public data sets.
    static let dataGov = words("""
        crude_stocks gasoline_stocks distillate_stocks natural_gas_storage crude_production refinery_utilization
        electricity_generation electricity_retail_sales coal_production gasoline_price diesel_price corn_production
        wheat_production soybean_production cattle_on_feed farm_income crop_progress export_sales grain_stocks
        building_permits housing_starts new_home_sales home_prices mortgage_delinquencies bank_failures bank_assets
        consumer_complaints small_business_loans unemployment_claims job_openings wages trade_balance imports exports
        treasury_receipts treasury_outlays public_debt federal_contracts air_passengers air_cargo freight_index
        rail_carloads truck_tonnage vehicle_sales vehicle_miles port_containers precipitation temperature
        storm_events patent_grants
        """)

    /// Figures of a stock's quote summary.
    static let yahooFinance = words("""
        trailing_pe forward_pe price_to_book price_to_sales enterprise_value market_cap short_ratio short_interest
        held_by_institutions held_by_insiders target_mean_price recommendation_mean analyst_count earnings_growth
        revenue_growth gross_margin ebitda_margin current_ratio debt_to_equity free_cash_flow
        """)

    /// Ticks of a broker's market data.
    static let interactiveBrokers = words("""
        implied_volatility historical_volatility option_volume option_open_interest put_call_ratio shortable_shares
        borrow_fee bid_size ask_size trade_count
        """)

    /// Countries by ISO 3166-1 alpha-2: the members of the United Nations, the Holy See, Palestine and Taiwan.
    static let countries = words("""
        af al dz ad ao ag ar am au at az bs bh bd bb by be bz bj bt bo ba bw br bn bg bf bi cv kh cm ca cf td cl cn co
        km cg cd cr ci hr cu cy cz dk dj dm do ec eg sv gq er ee sz et fj fi fr ga gm ge de gh gr gd gt gn gw gy ht
        hn hu is in id ir iq ie il it jm jp jo kz ke ki kp kr kw kg la lv lb ls lr ly li lt lu mg mw my mv ml mt mh
        mr mu mx fm md mc mn me ma mz mm na nr np nl nz ni ne ng mk no om pk pw pa pg py pe ph pl pt qa ro ru rw kn
        lc vc ws sm st sa sn rs sc sl sg sk si sb so za ss es lk sd sr se ch sy tj tz th tl tg to tt tn tr tm tv ug ua
        ae gb us uy uz vu ve vn ye zm zw va ps tw
        """)

    /// The largest economies, for combinations with other sources.
    static let largeEconomies = words("us cn jp de in gb fr it br ca kr au mx es id sa nl tr ch tw")

    /// Indicators of a country.
    static let indicators = words("""
        gdp gdp_growth gdp_annual_growth gdp_per_capita unemployment employment_rate youth_unemployment participation
        wages wage_growth productivity inflation core_inflation food_inflation producer_prices import_prices
        export_prices interest_rate interbank_rate lending_rate deposit_rate bond_yield_10y money_supply_m1
        money_supply_m2 central_bank_balance_sheet bank_lending private_debt foreign_reserves gold_reserves
        balance_of_trade exports imports current_account capital_flows foreign_direct_investment terms_of_trade
        external_debt tourist_arrivals government_debt government_budget government_spending government_revenue
        corporate_tax sales_tax business_confidence manufacturing_pmi services_pmi industrial_production
        capacity_utilization new_orders inventories vehicle_sales consumer_confidence retail_sales consumer_spending
        consumer_credit housing_index building_permits stock_market currency
        """)
    static let keyIndicators = words("gdp_growth inflation unemployment interest_rate bond_yield_10y manufacturing_pmi")

    /// Publishers of statistics whose data sets DBnomics gathers.
    static let publishers = words("""
        acoss afdb ameco aimf bcb bceao bcl bcrp bct bdf bde bea bdi bis bls boc boe boe_gr boi boj bok bot bubaweb
        buba cbo cbr cepii cepremap cnb cso dares destatis drees ec ecb eia elstat entsog esri eurostat fao fed fhfa
        ggdc iea ilo imf indec ine_es ine_pt inegi insee ism istat jst kof lbma mnb nar nbb nbp nbs oecd onb ons
        opec rba rbi rbnz sarb scb seco snb ssb statcan statfin statjp unctad wb wto
        """)
    static let keyPublishers = words("imf ecb oecd eurostat bis wb bea bls boj boe")

    /// Subjects of a publisher's data sets.
    static let subjects = words("""
        output output_growth consumption investment government_consumption exports imports inventories employment
        unemployment hours wages unit_labour_cost productivity consumer_prices core_prices producer_prices
        import_prices house_prices energy_prices policy_rate short_rate long_rate credit money deposits
        exchange_rate effective_exchange_rate reserves current_account budget_balance public_debt
        household_debt corporate_debt industrial_production construction retail_trade business_survey
        consumer_survey stock_prices
        """)
    static let keySubjects = words("output_growth unemployment consumer_prices policy_rate long_rate credit")
}
