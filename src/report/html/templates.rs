//! The templates, compiled in, and the engine that renders them.

use std::sync::OnceLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior};

use super::filters;
use crate::report::figures::Figures;

/// Templates by name; the `.html` ending turns escaping on.
const TEMPLATES: [(&str, &str); 30] = [
    ("head.html", include_str!("templates/head.html")),
    ("report.html", include_str!("templates/report.html")),
    ("historical.html", include_str!("templates/historical.html")),
    ("grid.html", include_str!("templates/grid.html")),
    ("answer.html", include_str!("templates/answer.html")),
    ("comparison.html", include_str!("templates/comparison.html")),
    ("since.html", include_str!("templates/since.html")),
    ("threshold.html", include_str!("templates/threshold.html")),
    ("todo.html", include_str!("templates/todo.html")),
    ("room.html", include_str!("templates/room.html")),
    ("reverse.html", include_str!("templates/reverse.html")),
    ("horizons.html", include_str!("templates/horizons.html")),
    ("losses.html", include_str!("templates/losses.html")),
    ("contributions.html", include_str!("templates/contributions.html")),
    ("margin.html", include_str!("templates/margin.html")),
    ("failures.html", include_str!("templates/failures.html")),
    ("moved.html", include_str!("templates/moved.html")),
    ("breach.html", include_str!("templates/breach.html")),
    ("liquidation.html", include_str!("templates/liquidation.html")),
    ("liquidity.html", include_str!("templates/liquidity.html")),
    ("greeks.html", include_str!("templates/greeks.html")),
    ("paths.html", include_str!("templates/paths.html")),
    ("model.html", include_str!("templates/model.html")),
    ("data.html", include_str!("templates/data.html")),
    ("backtest.html", include_str!("templates/backtest.html")),
    ("batch.html", include_str!("templates/batch.html")),
    ("explanation.html", include_str!("templates/explanation.html")),
    ("explained.html", include_str!("templates/explained.html")),
    ("calibration.html", include_str!("templates/calibration.html")),
    ("policy_calibration.html", include_str!("templates/policy_calibration.html")),
];

/// An engine that refuses unknown names and writes money as `figures` does.
pub(in crate::report) fn environment(
    figures: Figures,
) -> Result<Environment<'static>, minijinja::Error> {
    static READ: OnceLock<Environment<'static>> = OnceLock::new();
    let mut environment = match READ.get() {
        Some(read) => read.clone(),
        None => {
            let read = read()?;
            READ.get_or_init(|| read).clone()
        }
    };
    filters::add(&mut environment, figures);
    Ok(environment)
}

/// Every template, parsed.
fn read() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.add_template("style.css", include_str!("templates/style.css"))?;
    environment.add_template("sort.js", include_str!("templates/sort.js"))?;
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}
