//! The table of damages to text.

use super::files::{Files, check, difference};

/// A file, what is good in it, and what takes its place, with marks.
pub type Damage = (&'static str, &'static str, &'static str);
/// Name, damages, titles.
pub type Case = (&'static str, &'static [Damage], &'static [&'static str]);

pub const S: &str = "scenario.toml";
pub const P: &str = "portfolio.toml";
pub const POSITIONS: &str = "positions.csv";
pub const C: &str = "correlation.csv";
pub const M: &str = "market.toml";
pub const H: &str = "history.csv";
pub const POLICY: &str = "policy.toml";

#[test]
fn the_good_scenario_has_no_violation() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Files::good().write(folder.path()), []);
    check(folder.path()).unwrap();
}

#[test]
fn every_damage_is_shown_where_it_is() {
    let count = CASES.len();
    assert!(count >= 40, "{count} cases");
    assert_cases(CASES);
}

/// Damages the good scenario case by case, and compares what the library and the program say.
pub fn assert_cases(cases: &[Case]) {
    let mut differences = Vec::new();
    for (name, damages, titles) in cases {
        let mut files = Files::good();
        for (file, good, bad) in *damages {
            files.damage(file, good, bad);
        }
        let folder = tempfile::tempdir().unwrap();
        let mut expected = files.write(folder.path());
        assert_eq!(expected.len(), titles.len(), "{name}: one title a mark");
        for (expected, title) in expected.iter_mut().zip(*titles) {
            (*title).clone_into(&mut expected.title);
        }
        differences.extend(difference(name, folder.path(), &expected));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

const CASES: &[Case] = &[
    // The scenario document.
    ("unfinished text", &[(S, "seed = 7", "seed = \"7«»")], &["syntax: invalid basic string"]),
    ("repeated key", &[(S, "seed = 7", "seed = 7\n«seed» = 8")], &["duplicate key"]),
    ("repeated table", &[(S, "[measures]", "[«simulation»]")], &["duplicate key"]),
    (
        "two syntax errors",
        &[(S, "paths = 1000\nseed = 7", "paths = «abc»\nseed = «xyz»")],
        &["string values must be quoted", "string values must be quoted"],
    ),
    ("unknown key", &[(S, "seed = 7", "«sede» = 7")], &["unknown key `sede` in `simulation`"]),
    ("unknown table", &[(S, "[measures]", "[«measurs»]")], &["unknown key `measurs`"]),
    ("text for a number", &[(S, "1000", "«\"1000\"»")], &["`paths` has the wrong type"]),
    ("number for text", &[(S, "\"1d\"", "«1»")], &["`horizon` has the wrong type"]),
    ("decimal for a count", &[(S, "1000", "«1000.0»")], &["`paths` has the wrong type"]),
    ("array for text", &[(S, "\"martingale\"", "«[1]»")], &["`drift` has the wrong type"]),
    (
        "value for a table",
        &[(S, "{ type = \"gbm\" }", "«\"gbm\"»")],
        &["`process` has the wrong type"],
    ),
    (
        "missing key",
        &[(S, "[simulation]\nhorizon = \"1d\"", "«[simulation]»")],
        &["missing key `horizon`"],
    ),
    (
        "missing table and file",
        &[(S, "", "«»«»«»name = \"x\"\n")],
        &["missing key `portfolio`", "missing key `market`", "missing key `simulation`"],
    ),
    ("count of zero", &[(S, "1000", "«0»")], &["`paths` is out of range"]),
    ("negative count", &[(S, "seed = 7", "seed = «-7»")], &["`seed` is out of range"]),
    (
        "integer beyond 64 bits",
        &[(S, "seed = 7", "seed = «99999999999999999999»")],
        &["`seed` is out of range"],
    ),
    ("not a number", &[(S, "0.8", "«nan»")], &["`ETH.spot` is not a finite number"]),
    ("infinity", &[(S, "0.8", "«-inf»")], &["`ETH.spot` is not a finite number"]),
    ("overflowing number", &[(S, "0.8", "«1e400»")], &["`ETH.spot` is not a finite number"]),
    ("overflowing percentage", &[(S, "\"60%\"", "«\"1e400%\"»")], &["`BTC.spot` is not valid"]),
    ("negative volatility", &[(S, "\"60%\"", "«\"-60%\"»")], &["`BTC.spot` is out of range"]),
    ("duration without unit", &[(S, "\"1d\"", "«\"1\"»")], &["`horizon` is not valid"]),
    ("endless duration", &[(S, "\"1d\"", "«\"1e9d\"»")], &["`horizon` is not valid"]),
    (
        "unknown choice",
        &[(S, "\"martingale\"", "«\"martingal\"»")],
        &["unknown `drift` `martingal`"],
    ),
    (
        "unknown sampling",
        &[(S, "seed = 7", "sampling = «\"sobl\"»")],
        &["unknown `sampling` `sobl`"],
    ),
    ("one stratum", &[(S, "seed = 7", "strata = «1»")], &["`strata` is out of range"]),
    (
        "failures on more paths than may be",
        &[(S, "seed = 7", "failures = «\"most\"»\nfailure_share = «\"95%\"»")],
        &["unknown `failures` `most`", "`failure_share` is out of range"],
    ),
    ("few replicates", &[(S, "seed = 7", "replicates = «4»")], &["`replicates` is out of range"]),
    ("unknown process", &[(S, "\"gbm\"", "«\"gmb\"»")], &["unknown `type` `gmb`"]),
    (
        "process without type",
        &[(S, "{ type = \"gbm\" }", "«{}»")],
        &["missing key `type` in `process`"],
    ),
    (
        "parameter of another process",
        &[(S, "type = \"gbm\"", "type = \"gbm\", «block_length» = 3")],
        &["unknown key `block_length` in `process`"],
    ),
    (
        "too few degrees of freedom",
        &[(S, "type = \"gbm\"", "type = \"student_t\", degrees_of_freedom = «2»")],
        &["`degrees_of_freedom` is out of range"],
    ),
    (
        "unknown kind of factor",
        &[(S, "\"BTC.spot\" = \"60%\"", "«\"BTC.price\"» = \"60%\"")],
        &["`BTC.price` is not a valid key here"],
    ),
    (
        "correlations beyond one",
        &[(S, "drift = \"martingale\"", "stressed = { correlation_toward_one = «1.5» }")],
        &["`correlation_toward_one` is out of range"],
    ),
    (
        "a reverse table in a simulation",
        &[(S, "[measures]", "[«reverse»]\ntarget = \"capital\"\n\n[measures]")],
        &["a table `reverse` in a scenario of another kind"],
    ),
    (
        "an account that loses",
        &[
            (S, "portfolio = ", "kind = \"reverse\"\nportfolio = "),
            (
                S,
                "[measures]",
                "[reverse]\ntarget = { loss = 1e5 }\naccount = «\"main\"»\n\n[measures]",
            ),
        ],
        &["`account` acts with `target = \"first_liquidation\"` alone"],
    ),
    (
        "a loss of nothing",
        &[
            (S, "portfolio = ", "kind = \"reverse\"\nportfolio = "),
            (S, "[measures]", "[reverse]\ntarget = { loss = «0» }\n\n[measures]"),
        ],
        &["`loss` is out of range"],
    ),
    (
        "a stress of nothing",
        &[(S, "drift = \"martingale\"", "stressed = «{ volatility_multiplier = 1 }»")],
        &["`stressed` states nothing that is worse than the history"],
    ),
    (
        "a stress window backwards, and tails that are not fat",
        &[(
            S,
            "drift = \"martingale\"",
            "[model.stressed]\ndegrees_of_freedom = «4»\n\
             window = { from = 2025-12-30T00:00:00Z, to = «2025-12-28T00:00:00Z» }",
        )],
        &[
            "`degrees_of_freedom` acts under `fat_tails` alone",
            "the stress window ends before it begins",
        ],
    ),
    ("levels that fall", &[(S, "[0.95, 0.99]", "[0.95, «0.9»]")], &["levels must increase"]),
    ("level of a half", &[(S, "[0.95, 0.99]", "[«0.5», 0.99]")], &["`levels[0]` is out of range"]),
    ("empty file", &[(S, "", "«»")], &["the file is empty"]),
    ("spaces alone", &[(S, "", "«» \n\t\n")], &["the file is empty"]),
    (
        "hostile name",
        &[(S, "\"good\"", "«\"<script>alert(1)</script>\\u001b[2J\"»")],
        &["`name` is not valid"],
    ),
    ("name that climbs", &[(S, "\"good\"", "«\"../good\"»")], &["`name` is not valid"]),
    ("raw control character", &[(S, "\"good\"", "\"go«\u{1b}»od\"")], &["syntax"]),
    (
        "extends itself",
        &[(S, "policy =", "extends = «\"scenario.toml\"»\npolicy =")],
        &["goes in a circle"],
    ),
    (
        "extends in a circle",
        &[
            (S, "policy =", "extends = \"a.toml\"\npolicy ="),
            ("a.toml", "", "extends = \"b.toml\"\n"),
            ("b.toml", "", "extends = «\"a.toml\"»\n"),
        ],
        &["goes in a circle: scenario.toml → a.toml → b.toml → a.toml"],
    ),
    (
        "fault in a base",
        &[
            (S, "policy =", "extends = \"a.toml\"\npolicy ="),
            ("a.toml", "", "[simulation]\nsteps = «0»\n"),
        ],
        &["`steps` is out of range"],
    ),
    // Files that documents name.
    (
        "missing file",
        &[(S, "\"policy.toml\"", "«\"polcy.toml\"»")],
        &["there is no file `polcy.toml`"],
    ),
    (
        "path that climbs",
        &[(S, "\"policy.toml\"", "«\"../policy.toml\"»")],
        &["leaves the scenario's folder"],
    ),
    (
        "absolute path",
        &[(S, "\"policy.toml\"", "«\"/etc/passwd\"»")],
        &["leaves the scenario's folder"],
    ),
    ("folder for a file", &[(S, "\"policy.toml\"", "«\".\"»")], &["it is a folder"]),
    (
        "path with a control character",
        &[(S, "\"policy.toml\"", "«\"policy\\u0000.toml\"»")],
        &["`policy` is not valid"],
    ),
    // The correlation file.
    (
        "ragged matrix",
        &[(C, "BTC.spot,1,0.8", "«BTC.spot,1»")],
        &["the row has 2 cells, the header 3"],
    ),
    (
        "missing row",
        &[(C, "", "«factor,BTC.spot,ETH.spot»\nBTC.spot,1,0.8\n")],
        &["1 rows for 2 factors"],
    ),
    ("matrix not symmetric", &[(C, "ETH.spot,0.8,1", "ETH.spot,«0.7»,1")], &["not symmetric"]),
    (
        "diagonal not one",
        &[(C, "ETH.spot,0.8,1", "ETH.spot,0.8,«0.9»")],
        &["the diagonal must be 1"],
    ),
    (
        "correlation beyond one",
        &[(C, "BTC.spot,1,0.8", "BTC.spot,1,«1.8»")],
        &["`ETH.spot` is out of range"],
    ),
    (
        "correlation that is no number",
        &[(C, "BTC.spot,1,0.8", "BTC.spot,1,«nan»")],
        &["is not a finite number"],
    ),
    (
        "rows in another order",
        &[(C, "", "factor,BTC.spot,ETH.spot\n«ETH.spot»,1,0.8\n«BTC.spot»,0.8,1\n")],
        &["the row is for `ETH.spot`", "the row is for `BTC.spot`"],
    ),
    ("empty matrix", &[(C, "", "«»")], &["the file is empty"]),
    // The portfolio document.
    (
        "dangling venue",
        &[(P, "venue = \"exchange\"", "venue = «\"exchnge\"»")],
        &["there is no venue `exchnge`"],
    ),
    (
        "dangling account",
        &[(P, "account = \"main\"", "account = «\"mian\"»")],
        &["there is no account `mian`"],
    ),
    (
        "dangling position",
        &[(P, "position = \"perp\"", "position = «\"prep\"»")],
        &["there is no position `prep`"],
    ),
    (
        "repeated id",
        &[(P, "id = \"future\"", "id = «\"perp\"»")],
        &["position `perp` appears twice"],
    ),
    (
        "repeated balance",
        &[(P, "haircut = 0.05", "[[account.balance]]\nasset = «\"USDT\"»\nquantity = 1")],
        &["balance of `USDT` appears twice"],
    ),
    ("haircut above one", &[(P, "0.05", "«1.05»")], &["`haircut` is out of range"]),
    ("infinite quantity", &[(P, "100_000", "«inf»")], &["`quantity` is not a finite number"]),
    ("price of zero", &[(P, "price = 90_000", "price = «0»")], &["`price` is out of range"]),
    (
        "position without type",
        &[(
            P,
            "[[position]]\nid = \"perp\"\naccount = \"main\"\ntype = \"perpetual\"",
            "«[[position]]»\nid = \"perp\"\naccount = \"main\"",
        )],
        &["missing key `type` in `position[0]`"],
    ),
    (
        "key of another type",
        &[(P, "quantity = 1\n", "quantity = 1\n«strike» = 5\n")],
        &["unknown key `strike` in `position[0]`"],
    ),
    (
        "linear contract without quote",
        &[
            (P, "[[position]]\nid = \"perp\"", "«[[position]]»\nid = \"perp\""),
            (P, "quote = \"USDT\"\n", ""),
        ],
        &["a linear contract needs `quote`"],
    ),
    (
        "inverse contract in a stablecoin",
        &[(P, "settlement = \"inverse\"", "settlement = \"inverse\"\nquote = «\"USDT\"»")],
        &["an inverse contract is quoted in USD"],
    ),
    (
        "expired future",
        &[(P, "2026-03-27T08:00:00Z", "«2025-03-27T08:00:00Z»")],
        &["the contract has expired"],
    ),
    (
        "expiry without offset",
        &[(P, "2026-03-27T08:00:00Z", "«2026-03-27T08:00:00»")],
        &["`expiry` is not valid"],
    ),
    (
        "hidden text in an id",
        &[(P, "id = \"future\"", "id = «\"fu\u{202e}ture\"»")],
        &["`id` is not valid"],
    ),
    // The positions file.
    (
        "ragged position",
        &[(POSITIONS, "coins,main,spot,ETH,,,10", "«coins,main,spot,ETH,,10»")],
        &["the row has 6 cells, the header 7"],
    ),
    ("stray quote", &[(POSITIONS, "coins,main", "co«\"»ins,main")], &["stray quote in a cell"]),
    (
        "unfinished quote",
        &[(POSITIONS, "coins,main", "«\"»coins,main")],
        &["the quote is never closed"],
    ),
    (
        "unknown and missing column",
        &[(
            POSITIONS,
            "id,account,type,asset,underlying,quote,quantity",
            "«id,account,type,asset,underlying,quote,«zzz»»",
        )],
        &["missing column `quantity`", "unknown column `zzz`"],
    ),
    (
        "misspelt and capitalised columns",
        &[(
            POSITIONS,
            "id,account,type,asset,underlying,quote,quantity",
            "id,account,«Type»,asset,underlying,quote,«quantty»",
        )],
        &["unknown column `Type`", "unknown column `quantty`"],
    ),
    (
        "semicolons between cells",
        &[(
            POSITIONS,
            "id,account,type,asset,underlying,quote,quantity",
            "«id;account;type;asset;underlying;quote;quantity»",
        )],
        &["the cells are separated by `;`"],
    ),
    (
        "semicolons in the history",
        &[(H, "date,BTC,ETH", "«date;BTC;ETH»")],
        &["the cells are separated by `;`"],
    ),
    (
        "tabs in a matrix",
        &[(C, "factor,BTC.spot,ETH.spot", "«factor\tBTC.spot\tETH.spot»")],
        &["the cells are separated by a tab"],
    ),
    (
        "cell that is no number",
        &[(POSITIONS, "ETH,,,10", "ETH,,,«NaN»")],
        &["`quantity` is not a finite number"],
    ),
    (
        "cell that overflows",
        &[(POSITIONS, "ETH,,,10", "ETH,,,«1e400»")],
        &["`quantity` is not a finite number"],
    ),
    (
        "words for a number",
        &[(POSITIONS, "ETH,,,10", "ETH,,,«ten»")],
        &["`quantity` has the wrong type"],
    ),
    ("unknown type", &[(POSITIONS, "spot", "«spt»")], &["unknown `type` `spt`"]),
    (
        "id used in both files",
        &[(POSITIONS, "coins", "«perp»")],
        &["position `perp` appears twice"],
    ),
    ("hostile id", &[(POSITIONS, "coins", "«<img src=x>\u{1b}[31m»")], &["`id` is not valid"]),
    (
        "conflict markers",
        &[(
            POSITIONS,
            "coins,main,spot,ETH,,,10\n",
            "«<<<<<<< HEAD»\ncoins,main,spot,ETH,,,10\n«=======»\n«>>>>>>> other»\n",
        )],
        &["conflict marker", "conflict marker", "conflict marker"],
    ),
    (
        "header alone",
        &[(POSITIONS, "", "«id,account,type,asset,quantity»\n")],
        &["the table has no rows"],
    ),
    // The policy document.
    ("appetite above one", &[(POLICY, "\"10%\"", "«\"110%\"»")], &["`appetite` is out of range"]),
    (
        "unknown capital",
        &[(POLICY, "\"collateral\"", "«\"colateral\"»")],
        &["unknown `base` `colateral`"],
    ),
    (
        "unknown term",
        &[(POLICY, "\"simulated_shortfall\"", "«\"shortfall\"»")],
        &["unknown `kind` `shortfall`"],
    ),
    (
        "nothing to measure",
        &[(POLICY, "", "«»name = \"x\"\nappetite = 0.1\ncapital = { base = \"collateral\" }\n")],
        &["missing key `term`"],
    ),
    // The market document.
    ("price of nothing", &[(M, "price = 3_000", "price = «0»")], &["`price` is out of range"]),
    (
        "price that overflows",
        &[(M, "price = 3_000", "price = «1e999»")],
        &["`price` is not a finite number"],
    ),
    (
        "asset listed twice",
        &[
            (M, "symbol = \"ETH\"", "symbol = «\"BTC\"»"),
            (M, "symbol = \"ETH\"", "symbol = «\"ETH\"»"),
            (M, "{ symbol = \"ETH\"", "{ symbol = «\"ETH\"»"),
        ],
        &[
            "asset `BTC` appears twice",
            "`ETH` is no coin among the assets",
            "`ETH` is not among the assets",
        ],
    ),
    ("symbol with a tag", &[(M, "\"USDT\"", "«\"<b>USDT\"»")], &["`symbol` is not valid"]),
    (
        "market without instant",
        &[(M, "2026-01-01T00:00:00Z", "«\"yesterday\"»")],
        &["`as_of` is not valid"],
    ),
    (
        "forward that has expired",
        &[(M, "2026-03-27T08:00:00Z", "«2025-03-27T08:00:00Z»")],
        &["the expiry is not after `as_of`"],
    ),
    (
        "funding that is no number",
        &[(M, "\"0.01%\"", "«nan»")],
        &["`funding_rate_8h` is not a finite number"],
    ),
    (
        "unknown key of the market",
        &[(M, "kind = \"stablecoin\"", "«knid» = \"stablecoin\"")],
        &["unknown key `knid` in `asset[2]`"],
    ),
    // The price history.
    (
        "missing history file",
        &[(M, "\"history.csv\"", "«\"histroy.csv\"»")],
        &["there is no file `histroy.csv`"],
    ),
    (
        "missing column",
        &[(M, "column = \"ETH\"", "column = «\"ETHH\"»")],
        &["has no column `ETHH`"],
    ),
    (
        "zero in the history",
        &[(H, "2025-12-29,99500,2980", "«2025-12-29,99500,0»")],
        &["ETH: 1 value of zero, first 2025-12-29"],
    ),
    ("word in the history", &[(H, "2980", "«n/a»")], &["`ETH` is not a finite number"]),
    // The repeated date leaves the 29th without a row.
    (
        "date twice",
        &[
            (H, "2025-12-29,99500,2980", "«2025-12-28,99500,2980»"),
            (H, "2025-12-30,101000,3050", "«2025-12-30,101000,3050»"),
        ],
        &[
            "BTC, ETH: 1 row repeats an earlier time with other values, first 2025-12-28",
            "BTC, ETH: 1 time without a row, first 2025-12-29",
        ],
    ),
    (
        "gap",
        &[(H, "2025-12-28,98000,2900\n2025-12-29,99500,2980", "«2025-12-29,99500,2980»")],
        &["BTC, ETH: 1 time without a row, first 2025-12-28"],
    ),
    ("no date", &[(H, "2025-12-29", "«2025-13-29»")], &["`date`"]),
    (
        "ragged history",
        &[(H, "2025-12-29,99500,2980", "«2025-12-29,99500»")],
        &["the row has 2 cells, the header 3"],
    ),
    ("empty history", &[(H, "", "«»")], &["the file is empty"]),
    // All at once.
    (
        "a fault in every file",
        &[
            (S, "1000", "«-1»"),
            (P, "0.05", "«5»"),
            (POSITIONS, "ETH,,,10", "ETH,,,«ten»"),
            (POLICY, "\"10%\"", "«\"ten\"»"),
            (M, "price = 101_000", "price = «0»"),
            (H, "2980", "«n/a»"),
        ],
        &[
            "`ETH` is not a finite number",
            "`price` is out of range",
            "`appetite` is not valid",
            "`haircut` is out of range",
            "`quantity` has the wrong type",
            "`paths` is out of range",
        ],
    ),
];
