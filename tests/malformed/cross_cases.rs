//! Damages that show between documents, in venue rules, or only when the scenario is planned.

use super::cases::{C, Case, H, M, P, POLICY, POSITIONS, S, assert_cases};

const RULES: &str = "rules.toml";

#[test]
fn faults_between_documents_show_where_they_are() {
    assert!(CROSS.len() >= 12);
    assert_cases(CROSS);
}

#[test]
fn faults_of_venue_rules_show_where_they_are() {
    assert!(VENUE.len() >= 8);
    assert_cases(VENUE);
}

#[test]
fn numbers_too_large_or_small_to_reckon_with_are_refused() {
    assert!(EXTREME.len() >= 12);
    assert_cases(EXTREME);
}

const PERPETUAL: &str =
    "type = \"perpetual\"\nunderlying = \"BTC\"\nquote = \"USDT\"\nquantity = 1\n";

const CROSS: &[Case] = &[
    (
        "strata that do not divide the paths",
        &[(S, "paths = 1000\nseed = 7", "paths = «1000»\nsampling = \"stratified\"\nstrata = 48")],
        &["1000 paths are not a multiple of 48, the strata of stratified sampling"],
    ),
    (
        "a limit on a venue that is not there",
        &[(
            POLICY,
            "window_days = 3\n",
            "window_days = 3\n[[limit]]\nname = \"l\"\nlevel = \"venue\"\nof = «\"exchagne\"»\n\
             measure = \"gross_exposure\"\nsoft = 1\n",
        )],
        &["the book has no venue 'exchagne'"],
    ),
    (
        "a stress window outside the data",
        &[(
            S,
            "drift = \"martingale\"",
            "[model.stressed]\nwindow = «{ from = 2020-03-01T00:00:00Z, to = 2020-04-01T00:00:00Z }»",
        )],
        &["the stress window from 2020-03-01T00:00:00Z to 2020-04-01T00:00:00Z lies outside the \
           data: the market's history runs from 2025-12-28T00:00:00Z to 2026-01-01T00:00:00Z"],
    ),
    (
        "the liquidation of nobody",
        &[
            (S, "portfolio = ", "kind = \"reverse\"\nportfolio = "),
            (
                S,
                "[measures]",
                "[reverse]\ntarget = \"first_liquidation\"\naccount = «\"mian\"»\n\n[measures]",
            ),
        ],
        &["the portfolio has no account mian"],
    ),
    (
        "correlations of whole dates toward one",
        &[
            (S, "process = { type = \"gbm\" }", "process = { type = \"bootstrap\" }"),
            (S, "drift = \"martingale\"", "stressed = { correlation_toward_one = «0.5» }"),
        ],
        &["a process that draws whole dates of history has no correlation matrix to move toward \
           one; choose a process with parameters, or add `fat_tails = true`"],
    ),
    (
        "a precision looked at too late",
        &[(S, "paths = 1000\nseed = 7", "paths = «1000»\nprecision = \"1%\"\npaths_max = 500")],
        &["looked at first after 1,000 paths, beyond its most of 500"],
    ),
    (
        "more paths than are kept, in pairs",
        &[(S, "paths = 1000\nseed = 7", "paths = «20000000»\nseed = 7\nsampling = \"antithetic\"")],
        &["sampling keeps every path: 20000000 paths, at most 10000000"],
    ),
    (
        "a scheme for another process",
        &[
            (S, "seed = 7", "sampling = «\"importance\"»"),
            (S, "type = \"gbm\"", "type = \"merton\""),
        ],
        &[
            "importance sampling does not support the process merton; it supports gbm, and student_t \
           within one calibration interval",
        ],
    ),
    (
        "spot in an unknown asset",
        &[(POSITIONS, "spot,ETH", "spot,«ETHH»")],
        &["the market has no price of ETHH"],
    ),
    (
        "unknown underlying",
        &[(P, "underlying = \"BTC\"\nquote", "underlying = «\"BTCC\"»\nquote")],
        &["the market has no underlying BTCC"],
    ),
    (
        "unknown quote",
        &[(P, "quote = \"USDT\"", "quote = «\"USDC\"»")],
        &["the market has no price of USDC"],
    ),
    (
        "balance in an unknown asset",
        &[(P, "asset = \"USDT\"", "asset = «\"DAI\"»")],
        &["the market has no price of DAI"],
    ),
    (
        "option without volatility",
        &[(
            P,
            PERPETUAL,
            "type = \"option\"\nunderlying = «\"BTC\"»\nquote = \"USDT\"\nquantity = 1\n\
             expiry = 2026-03-27T08:00:00Z\nstrike = 90_000\nright = \"put\"\n",
        )],
        &["the market has no implied volatility of BTC"],
    ),
    (
        "stress on an unknown factor",
        &[(POLICY, "\"BTC.spot\" = \"-39.5%\"", "\"SOL.spot\" = «\"-39.5%\"»")],
        &["a stress moves SOL.spot, which is no factor of this book"],
    ),
    (
        "drivers on series without history",
        &[(
            POLICY,
            "[[condition.driver]]\n",
            "[[condition.driver]]\ndriver = \"mean_correlation\"\nseries = [\"BTC\", «\"SOL\"»]\n\
             reference = { stated = 0.5 }\n[[condition.driver]]\n",
        )],
        &["driver 'mean correlation' watches 'SOL', of which there is no history"],
    ),
    (
        "driver on funding without history",
        &[(
            POLICY,
            "[[condition.driver]]\n",
            "[[condition.driver]]\ndriver = \"funding_stress\"\nseries = «\"BTC\"»\n\
             calm = 0\nstressed = 1\ncut = 0.5\n[[condition.driver]]\n",
        )],
        &["driver 'funding stress' watches 'BTC.funding', of which there is no history"],
    ),
    (
        "driver on a series without history",
        &[(POLICY, "series = \"BTC\"", "series = «\"SOL\"»")],
        &["driver 'drawdown' watches 'SOL', of which there is no history"],
    ),
    (
        "matrix not positive semidefinite",
        &[
            (S, "path = \"correlation.csv\"", "path = «\"correlation.csv\"»"),
            (
                C,
                "",
                "factor,BTC.spot,ETH.spot,USDT.peg\nBTC.spot,1,0.9,0.9\nETH.spot,0.9,1,-0.9\n\
                 USDT.peg,0.9,-0.9,1\n",
            ),
            (S, "\"ETH.spot\" = 0.8", "\"ETH.spot\" = 0.8\n\"USDT.peg\" = 0.1"),
        ],
        // a·(1, −1, −1)/√3 with off-diagonals ±0.9: eigenvalue 1 − 2·0.9
        &["is not positive semidefinite: smallest eigenvalue -8.000e-1"],
    ),
    (
        "no volatility and no history",
        &[
            (S, "[model.stated_volatility]", "«[model.stated_volatility]»"),
            (S, "\"ETH.spot\" = 0.8\n", ""),
            (M, ", { symbol = \"ETH\", column = \"ETH\" }", ""),
        ],
        &["ETH.spot: no volatility"],
    ),
    (
        "liquidity that nobody states",
        &[(
            POLICY,
            "[[condition.driver]]",
            "««[[term]]»»\nkind = \"liquidity\"\nname = \"l\"\ndeviations = 3\n\n[[condition.driver]]",
        )],
        &[
            "the liquidity add-on needs the liquidity of BTC",
            "the liquidity add-on needs the liquidity of ETH",
        ],
    ),
    (
        "expiry in no time",
        &[(P, "2026-03-27T08:00:00Z", "«2026-01-01T00:00:00.000001Z»")],
        &["expires within a second"],
    ),
    (
        "faults of a book and its policy at once",
        &[
            (P, "asset = \"USDT\"", "asset = «\"DAI\"»"),
            (POSITIONS, "spot,ETH", "spot,«ETHH»"),
            (POLICY, "\"10%\"", "«\"110%\"»"),
        ],
        &[
            "`appetite` is out of range",
            "the market has no price of DAI",
            "the market has no price of ETHH",
        ],
    ),
];

/// OKX's portfolio margin without what is not published.
const OKX: &str = "[portfolio]\nkind = \"okx\"\ninitial_multiple = 1.3\n\
    depeg_tiers = [{ amount_max = 1000, rate = 0.01 }]\n\
    others = { price_moves = [0.08, 0.16, 0.25], extreme_move = 0.5, annual_basis_move = 0.3 }\n\n\
    [options]";

/// A scan of ETH alone.
const SPAN: &str = "[portfolio]\nkind = \"span\"\nlook_ahead_days = 1\nextreme_multiple = 2\n\
    extreme_cover = 0.35\ninitial_multiple = 1.1\n\
    coins = { ETH = { price_range = 0.2, volatility_range = 0.3 } }\n\n[options]";

const VENUE: &[Case] = &[
    (
        "unknown rules",
        &[(P, "rules = \"rules.toml\"", "rules = «\"deribt\"»")],
        &["no margin rules are called `deribt`"],
    ),
    (
        "rules that are not there",
        &[(P, "rules = \"rules.toml\"", "rules = «\"ruels.toml\"»")],
        &["there is no file `ruels.toml`"],
    ),
    ("empty rules", &[(RULES, "", "«»")], &["the file is empty"]),
    (
        "unknown key of rules",
        &[(
            RULES,
            "liquidation_fee = \"1%\"\n",
            "liquidation_fee = \"1%\"\n«liquidation_fe» = 1\n",
        )],
        &["unknown key `liquidation_fe`"],
    ),
    (
        "rate above all",
        &[(RULES, "\"10%\"\nmaintenance", "«\"200000%\"»\nmaintenance")],
        &["`initial` is out of range"],
    ),
    ("rate of NaN", &[(RULES, "\"7.5%\"", "«nan»")], &["`maintenance` is not a finite number"]),
    ("fee below zero", &[(RULES, "\"1%\"", "«\"-1%\"»")], &["`liquidation_fee` is out of range"]),
    ("unknown kind of margin", &[(RULES, "\"flat\"", "«\"flta\"»")], &["unknown `kind` `flta`"]),
    (
        "unknown amount to close",
        &[(RULES, "[options]", "[liquidation]\nclose = «\"half\"»\n\n[options]")],
        &["unknown `close` `half`"],
    ),
    (
        "liquidation that does not say how much",
        &[(RULES, "[options]", "«[liquidation]»\n\n[options]")],
        &["missing key `close`"],
    ),
    (
        "sub-steps that halving does not reach",
        &[(
            RULES,
            "[options]",
            "[liquidation]\nclose = \"full\"\nmonitoring = \"continuous\"\nsubsteps = «12»\n\n\
             [options]",
        )],
        &["12 sub-steps are not reached by halving a step"],
    ),
    (
        "sub-steps that nothing looks at",
        &[(RULES, "[options]", "[liquidation]\nclose = \"full\"\nsubsteps = «16»\n\n[options]")],
        &["`substeps` says nothing where accounts are looked at at every step"],
    ),
    (
        "portfolio margin at a venue that has none",
        &[(P, "venue = \"exchange\"", "venue = \"exchange\"\nmargin_mode = «\"portfolio\"»")],
        &["account 'main': the rules 'rules@2026-01-01' have no portfolio margin"],
    ),
    (
        "steps of no size",
        &[(RULES, "[options]", "[liquidation]\nclose = «\"steps\"»\n\n[options]")],
        &["closing in steps needs `close_fraction`"],
    ),
    (
        "steps that close nothing",
        &[(
            RULES,
            "[options]",
            "[liquidation]\nclose = \"steps\"\nclose_fraction = «0»\n\n[options]",
        )],
        &["closing in steps needs `close_fraction`"],
    ),
    (
        "steps of everything at once",
        &[(
            RULES,
            "[options]",
            "[liquidation]\nclose = \"full\"\nclose_fraction = «\"10%\"»\n\n[options]",
        )],
        &["`close_fraction` says nothing where everything is closed at once"],
    ),
    (
        "a venue that stops below the line",
        &[(
            RULES,
            "[options]",
            "[liquidation]\nclose = \"steps\"\nclose_fraction = 0.5\ntarget_ratio = «0.9»\n\n\
             [options]",
        )],
        &["a venue that stops below its maintenance margin never does"],
    ),
    (
        "slippage of more than the price",
        &[(
            RULES,
            "[options]",
            "[liquidation]\nclose = \"full\"\nslippage = «\"101%\"»\n\n[options]",
        )],
        &["`slippage` is out of range"],
    ),
    (
        "hedge mode without rules for it",
        &[(P, "venue = \"exchange\"", "venue = \"exchange\"\nposition_mode = «\"hedge\"»")],
        &["account 'main': the rules 'rules@2026-01-01' have no `hedge_mode`"],
    ),
    (
        "isolated collateral in a cross account",
        &[
            (P, "quantity = 1\n", "quantity = 1\nisolated_margin = «5000»\n"),
            (P, "quantity = -50_000", "quantity = -50_000\nisolated_margin = «0»"),
        ],
        &["account `main` does not isolate positions", "account `main` does not isolate positions"],
    ),
    (
        "isolated collateral below zero",
        &[(P, "quantity = 1\n", "quantity = 1\nisolated_margin = «-1»\n")],
        &["`isolated_margin` is out of range"],
    ),
    (
        "more isolated collateral than there is",
        &[
            (P, "venue = \"exchange\"", "venue = \"exchange\"\nmargin_mode = \"isolated\""),
            (P, "quantity = 1\n", "quantity = 1\nisolated_margin = «100_001»\n"),
            (P, "quantity = -50_000", "quantity = -50_000\nisolated_margin = «0.1»"),
        ],
        &["account `main` has too little USDT", "account `main` has too little BTC"],
    ),
    (
        "haircut above one",
        &[(RULES, "[options]", "[haircuts]\nBTC = [{ haircut = «\"101%\"» }]\n\n[options]")],
        &["`haircut` is out of range"],
    ),
    (
        "rules of a date to come",
        &[
            (
                P,
                "positions = \"positions.csv\"",
                "positions = \"positions.csv\"\nrule_files = [\"rules.toml\"]",
            ),
            (P, "rules = \"rules.toml\"", "rules = «\"rules\"»"),
            (RULES, "effective = \"2026-01-01", "effective = \"2026-01-02"),
        ],
        &["no margin rules `rules` are in force on 2026-01-01"],
    ),
    (
        "portfolio margin that the venue does not have",
        &[(P, "venue = \"exchange\"", "venue = \"exchange\"\nmargin_mode = «\"portfolio\"»")],
        &["the rules 'rules@2026-01-01' have no portfolio margin"],
    ),
    (
        "everything that a venue's portfolio margin lacks for a book",
        &[
            (P, "venue = \"exchange\"", "venue = \"exchange\"\nmargin_mode = «««\"portfolio\"»»»"),
            (P, "quantity = 100_000", "quantity = -100_000"),
            (RULES, "[options]", OKX),
        ],
        &[
            "lack `portfolio.extreme_share`, which the venue does not publish",
            "lack `portfolio.minimum_charge`",
            "the account has borrowed USDT",
        ],
    ),
    (
        "coins and futures that the rules do not name",
        &[
            (P, "venue = \"exchange\"", "venue = \"exchange\"\nmargin_mode = \"portfolio\""),
            (P, "underlying = \"BTC\"", "underlying = «\"BTC\"»"),
            (RULES, "[options]", SPAN),
        ],
        &["perp: the rules 'rules@2026-01-01' have no portfolio margin parameters of BTC"],
    ),
    (
        "futures at a lender",
        &[
            (P, "id = \"perp\"", "id = «\"perp\"»"),
            (P, "id = \"future\"", "id = «\"future\"»"),
            (POSITIONS, "hedge,main", "«hedge»,main"),
            (
                RULES,
                "[futures]\nkind = \"flat\"\ninitial = \"10%\"\nmaintenance = \"5%\"\n",
                "[loan]\nclose_factor = 0.5\nfull_close_below = 0.95\nassets = {}\n",
            ),
        ],
        &[
            "perp: the rules 'rules@2026-01-01' of venue 'exchange' say nothing of futures",
            "future: the rules 'rules@2026-01-01' of venue 'exchange' say nothing of futures",
            "hedge: the rules 'rules@2026-01-01' of venue 'exchange' say nothing of futures",
        ],
    ),
    (
        "rules that margin nothing",
        &[(
            RULES,
            "",
            "name = «\"rules\"»\neffective = \"2026-01-01T00:00:00Z\"\nsource = \"none\"\nliquidation_fee = 0\n",
        )],
        &["rules that margin nothing"],
    ),
    (
        "fee above all",
        &[(RULES, "liquidation_fee = \"1%\"", "liquidation_fee = «\"101%\"»")],
        &["`liquidation_fee` is out of range"],
    ),
    (
        "tiers below zero and crossing",
        &[(
            RULES,
            "[futures]\nkind = \"flat\"\ninitial = \"10%\"\nmaintenance = \"5%\"\n",
            "[futures]\nkind = \"tiered\"\ntiers = [\n\
             { notional_max = «-5», leverage_max = 10, maintenance = «\"-1%\"», deduction = 0 },\n]\n",
        )],
        &["`notional_max` is out of range", "`maintenance` is out of range"],
    ),
    (
        "scans and loans that make no sense",
        &[(
            RULES,
            "[options]",
            "[loan]\nclose_factor = «0»\nfull_close_below = 1\n[loan.assets.BTC]\n\
             loan_to_value = 0.8\nliquidation_threshold = «0.7»\nbonus = 0\n\
             [portfolio]\nkind = \"span\"\nlook_ahead_days = 1\nextreme_multiple = 3\n\
             extreme_cover = 0.3\ninitial_multiple = «0.5»\n\
             coins = { ETH = { price_range = «\"40%\"», volatility_range = 0.3 } }\n\n[options]",
        )],
        &[
            "a liquidation that repays nothing",
            "loans would be liquidated at once",
            "maintenance margin above initial margin",
            "the price would fall to zero or below",
        ],
    ),
    (
        "a date of rules twice",
        &[
            (
                P,
                "positions = \"positions.csv\"",
                "positions = \"positions.csv\"\nrule_files = [\"rules.toml\", \"rules.toml\"]",
            ),
            (
                RULES,
                "effective = \"2026-01-01T00:00:00Z\"",
                "effective = «\"2026-01-01T00:00:00Z\"»",
            ),
        ],
        &["there are margin rules `rules@2026-01-01` already"],
    ),
    (
        "hostile name of rules",
        &[(RULES, "\"rules\"", "«\"<script>\\u0007\"»")],
        &["`name` is not valid"],
    ),
];

const EXTREME: &[Case] = &[
    (
        "quantity of 1e300",
        &[(P, "quantity = 1\n", "quantity = «1e300»\n")],
        &["`quantity` is out of range"],
    ),
    (
        "quantity of 1e308 in a file",
        &[(POSITIONS, "ETH,,,10", "ETH,,,«1e308»")],
        &["`quantity` is out of range"],
    ),
    ("balance of 1e308", &[(P, "100_000", "«1e308»")], &["`quantity` is out of range"]),
    ("price of 1e-300", &[(M, "price = 3_000", "price = «1e-300»")], &["`price` is out of range"]),
    ("price of 1e300", &[(M, "price = 3_000", "price = «1e300»")], &["`price` is out of range"]),
    (
        "basis that leaves nothing",
        &[(M, "funding_rate_8h = \"0.01%\"", "perpetual_basis = «-1»")],
        &["`perpetual_basis` is out of range"],
    ),
    ("funding of 1e300", &[(M, "\"0.01%\"", "«1e300»")], &["`funding_rate_8h` is out of range"]),
    ("volatility of 1e300", &[(S, "0.8", "«1e300»")], &["`ETH.spot` is out of range"]),
    (
        "volatility that leaves the range of numbers",
        &[(S, "\"60%\"", "«\"90000%\"»")],
        &["BTC.spot may move by a factor of e^"],
    ),
    ("horizon of a century", &[(S, "\"1d\"", "«\"100y\"»")], &["calibration intervals, at most"]),
    (
        "drift of 1e300",
        &[(S, "\"martingale\"", "{ annual = { BTC = «1e300» } }")],
        &["`BTC` is out of range"],
    ),
    (
        "truncation of 1e300",
        &[(S, "type = \"gbm\"", "type = \"student_t\", truncation = «1e300»")],
        &["`truncation` is out of range"],
    ),
    (
        "weight of 1e308",
        &[(POLICY, "weight = 0.5", "weight = «1e308»")],
        &["`weight` is out of range"],
    ),
    ("shock of 1e300", &[(POLICY, "\"-40%\"", "«1e300»")], &["`all_spots` is out of range"]),
    (
        "integer beyond all",
        &[(POLICY, "window_days = 3", "window_days = «99999999999»")],
        &["`window_days` is out of range"],
    ),
    ("history of 1e400", &[(H, "2980", "«1e400»")], &["`ETH` is not a finite number"]),
];
