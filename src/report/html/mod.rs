//! The HTML report: one self-contained page for the people who decide.
//!
//! Templates lay out, filters format, and all words about the answer come from
//! [`verdict`](super::verdict). The page loads nothing (no script, no font, no picture from
//! elsewhere), follows the reader's light or dark preference, and prints. Every value goes through
//! the engine's HTML escaping; only the charts, whose writer escapes by itself, are put in as they
//! are.

mod filters;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};

use super::figures::Figures;
use super::readable::readable;
use super::{ReportError, verdict};
use crate::outcome::Outcome;

/// The report as one HTML page.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite, [`ReportError::Template`] where a
/// template does not fit the outcome.
pub fn html(outcome: &Outcome) -> Result<String, ReportError> {
    let outcome = readable(outcome)?;
    let environment = environment(Figures::of(&outcome))?;
    let page = environment.get_template("report.html")?.render(context! {
        verdict => Value::from(Serde(verdict(&outcome))),
        outcome => Value::from(Serde(&outcome)),
    })?;
    Ok(page)
}

/// Templates by name; the `.html` ending turns escaping on.
const TEMPLATES: [(&str, &str); 2] = [
    ("report.html", include_str!("templates/report.html")),
    ("style.css", include_str!("templates/style.css")),
];

fn environment(figures: Figures) -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    filters::add(&mut environment, figures);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}
