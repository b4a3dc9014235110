//! Cases of `reference/2_var_es/single_asset_options_exact.json` through the engine. OP10 is left
//! out: digital options are no instrument of the book.

use serde_json::Value;

use crate::common;
use crate::world::{NORMAL_95, TREASURY, World, assert_close, assert_within, plan, run};

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn position(index: usize, stated: &Value) -> String {
    let head = format!(
        "[[position]]\nid = \"p{index}\"\naccount = \"desk\"\nunderlying = \"BTC\"\nquantity = {:?}\n",
        number(&stated["qty"])
    );
    let kind = stated["type"].as_str().expect("a type");
    if kind == "inverse_perp" {
        let entry = number(&stated["entry"]);
        return format!(
            "{head}type = \"perpetual\"\nsettlement = \"inverse\"\nentry_price = {entry}\n"
        );
    }
    let days = stated["days"].as_u64().expect("days");
    format!(
        "{head}type = \"option\"\nsettlement = \"linear\"\nquote = \"USD\"\nright = \"{kind}\"\n\
         strike = {}\nexpiry = 2026-01-{:02}T00:00:00Z\n",
        number(&stated["strike"]),
        days + 1
    )
}

fn world(case: &Value) -> World {
    let positions = case["positions"].as_array().expect("positions").iter().enumerate();
    let positions: String = positions.map(|(index, one)| position(index, one)).collect();
    let volatility = number(&case["real_vol"]);
    let process = if case["dist"] == "normal" {
        r#"{ type = "gbm" }"#
    } else {
        r#"{ type = "student_t", degrees_of_freedom = 4 }"#
    };
    World {
        // ES at 99.9 % needs more.
        paths: 1_000_000,
        process: process.to_owned(),
        // The cases have a median return of zero, so the mean price grows by half the variance.
        drift: format!("{{ annual = {{ BTC = {} }} }}", 0.5 * volatility * volatility),
        volatility,
        implied_volatility: number(&case["implied_vol"]),
        book: format!("{TREASURY}{positions}"),
        ..World::default()
    }
}

#[test]
fn single_asset_option_books() {
    let Some(path) = common::shared("reference/2_var_es/single_asset_options_exact.json") else {
        return;
    };
    let text = std::fs::read_to_string(path).expect("readable");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let cases = document["cases"].as_array().expect("cases").iter();
    let cases: Vec<&Value> = cases.filter(|case| case["id"] != "OP10").collect();
    assert_eq!(cases.len(), 5);
    for case in cases {
        let id = case["id"].as_str().expect("an id");
        assert_eq!(number(&case["S0"]), crate::world::SPOT);
        let found = outcome(case);
        if number(&case["V0"]) != 0.0 {
            assert_close(id, found.book.positions_value, number(&case["V0"]), 1e-10);
        }
        for (index, result) in case["results"].as_array().expect("results").iter().enumerate() {
            let alpha = number(&result["alpha"]);
            let row = &found.measures.value_at_risk[index];
            assert!((row.level - (1.0 - alpha)).abs() < 1e-12);
            let error = (row.interval_95[1] - row.interval_95[0]) / (2.0 * NORMAL_95);
            let exact = number(&result["var"]);
            // A truncated Student-t with ν = 4 is noisier far out.
            assert_within(&format!("{id} VaR {alpha}"), row.loss, exact, error, 0.02);
            let row = &found.measures.expected_shortfall[index];
            let error = row.standard_error.expect("it has one");
            let exact = number(&result["es"]);
            assert_within(&format!("{id} ES {alpha}"), row.loss, exact, error, 0.03);
        }
    }
}

fn outcome(case: &Value) -> plimsoll::outcome::Outcome {
    let (folder, scenario) = world(case).write();
    let text = std::fs::read_to_string(&scenario).expect("readable");
    let text = text.replace("levels = [0.95, 0.975, 0.99]", "levels = [0.95, 0.99, 0.999]");
    let text = text.replace("contribution_level = 0.975", "contribution_level = 0.99");
    std::fs::write(&scenario, text).expect("writable");
    let found = run(&plan(&scenario, None)).outcome;
    drop(folder);
    found
}
