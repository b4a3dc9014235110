//! Settings of what happens on a path: liquidity, open interest, failing venues.

use super::cases::{Case, M, P, S, assert_cases};

const R: &str = "rules.toml";

/// A sound liquidity table for the last underlying, up to its impact.
macro_rules! liquidity {
    ($tail:literal) => {
        concat!(
            "[underlying.liquidity]\naverage_daily_volume_usd = 1e9\nhalf_spread = \"1bp\"\n",
            $tail,
            "\n[history]\ninterval"
        )
    };
}

/// A lender that acts inside paths.
const LOAN: &str = "[loan]\nclose_factor = \"50%\"\nfull_close_below = \"95%\"\n[loan.inside_paths]\n\
    [loan.assets.BTC]\nloan_to_value = \"70%\"\nliquidation_threshold = \"75%\"\nbonus = \"6%\"\n\
    [options]";

const HISTORY: &str = "[history]\ninterval";

#[test]
fn every_fault_in_the_settings_of_path_events_is_shown_where_it_is() {
    assert_cases(CASES);
}

const CASES: &[Case] = &[
    (
        "no depth, and a negative volume of open interest",
        &[(
            M,
            HISTORY,
            liquidity!(
                "depth_1pct_usd = «0»\n[underlying.liquidity.open_interest]\n\
                 long = [{ distance = \"5%\", notional_usd = «-1» }]\n"
            ),
        )],
        &["`depth_1pct_usd` is out of range", "`notional_usd` is out of range"],
    ),
    (
        "a law without its coefficient, all depth gone, an unknown driver",
        &[(
            M,
            HISTORY,
            liquidity!(
                "depth_1pct_usd = 1e7\n[underlying.liquidity.impact]\n\
                 law = «{ type = \"square_root\" }»\n\
                 stress = { driver = «\"moves\"», begins = \"2%\", full = \"9%\", largest = «1» }\n"
            ),
        )],
        &[
            "missing key `coefficient` in `law`",
            "unknown `driver` `moves`",
            "`largest` is out of range",
        ],
    ),
    (
        "stress that ends before it begins, distances that do not rise",
        &[(
            M,
            HISTORY,
            liquidity!(
                "depth_1pct_usd = 1e7\n[underlying.liquidity.impact]\nlaw = { type = \"linear\" }\n\
                 stress = { driver = \"move\", begins = \"9%\", full = «\"2%\"», largest = 0.9 }\n\
                 [underlying.liquidity.open_interest]\n\
                 long = [{ distance = 0.1, notional_usd = 1 }, { distance = «0.1», notional_usd = 1 }, \
                 { distance = «1.5», notional_usd = 1 }]\n\
                 short = [{ distance = 2, notional_usd = 1 }, { distance = «0.5», notional_usd = 1 }]\n"
            ),
        )],
        &[
            "depth is gone before it begins to go",
            "distance does not rise",
            "a long position is liquidated before the price is gone",
            "distance does not rise",
        ],
    ),
    (
        "a venue whose failure follows nothing, and a share that no law has",
        &[(
            P,
            "rules = \"rules.toml\"",
            "rules = \"rules.toml\"\n[venue.failure]\nwrong_way_slope = «5»\n\
             claim_marks = { BTC = { mean = 0.5, deviation = «0.5» }, ETH = { mean = 0.2 } }",
        )],
        &[
            "a slope without main coins whose drawdown it could follow",
            "the mark of `BTC` deviates too far for a share of mean 0.5",
        ],
    ),
    (
        "a failure with numbers out of range",
        &[(
            P,
            "rules = \"rules.toml\"",
            "rules = \"rules.toml\"\n[venue.failure]\nwrong_way_slope = «201»\n\
             main_coins = { BTC = «-1» }\nclaim_marks = { BTC = { mean = «\"120%\"», «dev» = 1 } }",
        )],
        &[
            "`wrong_way_slope` is out of range",
            "`BTC` is out of range",
            "`mean` is out of range",
            "unknown key `dev` in `BTC`",
        ],
    ),
    (
        "calls met from the collateral of a loan, by a lender that may fail",
        &[
            (R, "[options]", LOAN),
            (
                P,
                "rules = \"rules.toml\"",
                "rules = «\"rules.toml\"»\n[venue.failure]\nmain_coins = { BTC = 1 }\n\
                 wrong_way_slope = 5",
            ),
            (
                P,
                "[[position]]\nid = \"perp\"",
                "[[account]]\nname = \"borrower\"\nvenue = \"exchange\"\n\
                 balance = [{ asset = \"BTC\", quantity = 1 }, { asset = \"USDT\", quantity = -1 }]\n\
                 [margin_calls]\ndelay = \"2h\"\nsources = [«\"borrower\"»]\nassets = [\"USDT\"]\n\
                 [[position]]\nid = \"perp\"",
            ),
        ],
        &[
            "`exchange` liquidates loans inside paths, and may fail there",
            "what `borrower` holds is the collateral of a loan",
        ],
    ),
    (
        "a band around another target, without a target, of numbers that are none",
        &[(
            P,
            "[[position]]\nid = \"perp\"",
            "«[account.rebalancing]»\nupper_leverage = «0»\nlower_leverage = «-1»\n\
             trading_cost = «\"150%\"»\nminimum = «nan»\ncooldown = «\"soon\"»\n«band» = 1\n\
             [[position]]\nid = \"perp\"",
        )],
        &[
            "missing key `target_leverage`",
            "`upper_leverage` is out of range",
            "`lower_leverage` is out of range",
            "`trading_cost` is out of range",
            "`minimum` is not a finite number",
            "`cooldown` is not valid",
            "unknown key `band` in `rebalancing`",
        ],
    ),
    (
        "a target outside of its band, above the desk's own limit, that costs all it frees",
        &[
            (
                P,
                "name = \"main\"\n",
                "name = \"main\"\nleverage_max = 3\nrebalancing_band = «0.2»\n",
            ),
            (
                P,
                "[[position]]\nid = \"perp\"",
                "[account.rebalancing]\ntarget_leverage = «4»\nupper_leverage = «3.5»\n\
                 lower_leverage = «4.5»\ntrading_cost = «\"25%\"»\n[[position]]\nid = \"perp\"",
            ),
        ],
        &[
            "the account's band is stated twice",
            "the target is above the account's own `leverage_max`",
            "the band does not contain its target",
            "the band does not contain its target",
            "a trade at this cost would raise the leverage that it is to lower",
        ],
    ),
    (
        "a band that ends beyond the liquidation line",
        &[(
            P,
            "[[position]]\nid = \"perp\"",
            "[account.rebalancing]\ntarget_leverage = 5\nupper_leverage = «150»\n\
             [[position]]\nid = \"perp\"",
        )],
        &["the band ends beyond the liquidation line: at 150 times its equity"],
    ),
    (
        "a target that nobody could buy up to",
        &[(
            P,
            "[[position]]\nid = \"perp\"",
            "[account.rebalancing]\ntarget_leverage = «12»\nupper_leverage = 13\nlower_leverage = 5\n\
             [[position]]\nid = \"perp\"",
        )],
        &["at 12 times its equity the account would not meet its initial margin"],
    ),
    (
        "a leverage of an account that no venue margins",
        &[(
            P,
            "[[position]]\nid = \"perp\"",
            "[[account]]\nname = \"own\"\n[account.rebalancing]\ntarget_leverage = «2»\n\
             upper_leverage = 3\n[[position]]\nid = \"perp\"",
        )],
        &["an account without a venue has no leverage"],
    ),
    (
        "calls met at some time, in numbers out of range, by a key that is none",
        &[(
            P,
            "[[position]]\nid = \"perp\"",
            "[margin_calls]\ndelay = «\"soon\"»\nsources = [\"main\"]\nassets = [\"USDT\"]\n\
             target_ratio = «0.9»\nkeep_ratio = «0.5»\nminimum = «-1»\n«target» = 2\n\
             [[position]]\nid = \"perp\"",
        )],
        &[
            "`delay` is not valid",
            "`target_ratio` is out of range",
            "`keep_ratio` is out of range",
            "`minimum` is out of range",
            "unknown key `target` in `margin_calls`",
        ],
    ),
    (
        "calls met by one that is not there, and by one twice",
        &[(
            P,
            "[[position]]\nid = \"perp\"",
            "[margin_calls]\ndelay = \"3d\"\nsources = [«\"mian\"», \"main\", «\"main\"»]\n\
             assets = [\"USDT\", «\"USDT\"»]\n[[position]]\nid = \"perp\"",
        )],
        &[
            "there is no account `mian`",
            "source `main` appears twice",
            "asset `USDT` appears twice",
        ],
    ),
    (
        "calls met by nobody, in nothing",
        &[(
            P,
            "[[position]]\nid = \"perp\"",
            "[margin_calls]\ndelay = \"3d\"\nsources = «[]»\nassets = «[]»\n\
             [[position]]\nid = \"perp\"",
        )],
        &["`sources` has 0 items", "`assets` has 0 items"],
    ),
    (
        "the only account that can be called is the only source",
        &[(
            P,
            "[[position]]\nid = \"perp\"",
            "[margin_calls]\ndelay = \"2h\"\nsources = «[\"main\"]»\nassets = [\"USDT\"]\n\
             [[position]]\nid = \"perp\"",
        )],
        &["no account can be called that another one could send to"],
    ),
    (
        "an asset without a price, a source whose margin no path follows",
        &[(
            P,
            "[[position]]\nid = \"perp\"",
            "[[account]]\nname = \"more\"\nvenue = \"exchange\"\n[margin_calls]\ndelay = \"2h\"\n\
             sources = [«\"main\"»]\nassets = [«\"USDC\"»]\n[[position]]\nid = \"perp\"",
        )],
        &["what `main` can spare is not known on paths", "the market has no price of USDC"],
    ),
    (
        "a waterfall that nobody knows, with a fund below nothing",
        &[(
            R,
            "[options]",
            "[waterfall]\nthen = «\"adl\"»\nfee_to_fund = «1.5»\n\
             insurance_fund = { USDT = «-3», «\"U SD\"» = 1 }\n\n[options]",
        )],
        &[
            "unknown `then` `adl`",
            "`fee_to_fund` is out of range",
            "`USDT` is out of range",
            "`U SD` is not a valid key here",
        ],
    ),
    (
        "events out of range",
        &[(
            S,
            "[measures]",
            "[events.cascade]\nrounds_max = «0»\npropagation = «2»\n[events.closing]\n\
             participation = «0»\nhorizon = \"1d\"\n[[events.peg_break]]\nasset = \"USDT\"\n\
             probability_1y = 0.1\nfall = «\"100%\"»\n[measures]",
        )],
        &[
            "`rounds_max` is out of range",
            "`propagation` is out of range",
            "`participation` is out of range",
            "`fall` is out of range",
        ],
    ),
    (
        "a breach ladder out of range",
        &[(S, "[measures]", "[events.breach_ladder]\npaths = «99»\n«path» = 1_000\n[measures]")],
        &["`paths` is out of range", "unknown key `path` in `breach_ladder`"],
    ),
    (
        "events that contradict themselves",
        &[(
            S,
            "[measures]",
            "[events.closing]\nparticipation = 0.1\nhorizon = «\"3h\"»\n\
             [[events.peg_break]]\nasset = \"USDT\"\nprobability_1y = 0.1\nfall = 0.1\n\
             wrong_way_slope = «3»\nfall_deviation = «0.5»\n\
             [[events.peg_break]]\nasset = «\"USDT\"»\nprobability_1y = 0.1\nfall = 0.1\n[measures]",
        )],
        &[
            "the book cannot be closed in 3h",
            "a slope without main coins whose drawdown it could follow",
            "the fall of `USDT` deviates too far for a share of mean 0.1",
            "the peg of `USDT` breaks by two rules",
        ],
    ),
    (
        "names that the market does not know, and nothing to move prices",
        &[
            (
                S,
                "[measures]",
                "«[events.cascade]»\n[[events.peg_break]]\nasset = «\"BTC\"»\nprobability_1y = 0.1\n\
                 fall = 0.1\nmain_coins = { BTC = 1, ETHH = «1» }\n[measures]",
            ),
            (
                P,
                "rules = \"rules.toml\"",
                "rules = \"rules.toml\"\n[venue.failure]\nwrong_way_slope = 5\n\
                 main_coins = { USDT = «1» }\nclaim_marks = { DAI = «{ mean = 0.2 }» }",
            ),
        ],
        &[
            "USDT is not a coin of the market",
            "DAI is not an asset of the market",
            "a cascade in a market where orders move no price",
            "BTC is not a stablecoin of the market",
            "ETHH is not a coin of the market",
        ],
    ),
];
