//! The templates, compiled in, and the engine that renders them.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use sha2::{Digest, Sha256};

use super::filters;
use crate::report::figures::Figures;
use crate::report::look::{Look, Theme};

/// Templates by name.
const TEMPLATES: [(&str, &str); 37] = [
    ("head.html", include_str!("templates/head.html")),
    ("brand.html", include_str!("templates/brand.html")),
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
    ("policy.html", include_str!("templates/policy.html")),
    ("backtested.html", include_str!("templates/backtested.html")),
    ("backtest_parts.html", include_str!("templates/backtest_parts.html")),
    ("backtest_thresholds.html", include_str!("templates/backtest_thresholds.html")),
    ("appendix.html", include_str!("templates/appendix.html")),
    ("backtest.html", include_str!("templates/backtest.html")),
    ("batch.html", include_str!("templates/batch.html")),
    ("explanation.html", include_str!("templates/explanation.html")),
    ("explained.html", include_str!("templates/explained.html")),
    ("calibration.html", include_str!("templates/calibration.html")),
    ("market_model.html", include_str!("templates/market_model.html")),
    ("policy_calibration.html", include_str!("templates/policy_calibration.html")),
];

/// What is put into pages beside templates of markup.
const PARTS: [(&str, &str); 2] = [
    ("style.css", include_str!("templates/style.css")),
    ("sort.js", include_str!("templates/sort.js")),
];

/// The script of every page.
const SCRIPT: &str = "sort.js";

/// An engine that refuses unknown names, writes money as `figures` does, and looks as `look` says.
pub(in crate::report) fn environment(
    figures: Figures,
    look: &Look,
) -> Result<Environment<'static>, minijinja::Error> {
    static READ: OnceLock<Environment<'static>> = OnceLock::new();
    let mut environment = match READ.get() {
        Some(read) => read.clone(),
        None => {
            let read = read()?;
            READ.get_or_init(|| read).clone()
        }
    };
    for (name, source) in look.templates() {
        environment.add_template_owned(name.clone(), source.clone())?;
    }
    filters::add(&mut environment, figures);
    let policy = content_policy(&environment, look)?;
    environment.add_global("content_policy", Value::from_safe_string(policy));
    environment.add_global("house", look.theme().map(Theme::value));
    Ok(environment)
}

/// Names of all templates.
pub(in crate::report) fn names() -> impl Iterator<Item = &'static str> {
    shipped().map(|(name, _)| name)
}

/// All templates as they ship: their names and texts.
pub fn shipped() -> impl Iterator<Item = (&'static str, &'static str)> {
    PARTS.into_iter().chain(TEMPLATES)
}

/// Whether a template is one.
///
/// # Errors
/// What does not parse, with its line.
pub(in crate::report) fn parses(name: &str, source: &str) -> Result<(), minijinja::Error> {
    empty()?.template_from_named_str(name, source).map(|_| ())
}

/// Every template, parsed.
fn read() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = empty()?;
    for (name, source) in shipped() {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

/// The engine's settings. Every value is escaped, whatever the template's name, and no template can
/// say that one is safe.
fn empty() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.remove_filter("safe");
    Ok(environment)
}

/// What a page may do: its own style, its own script by its hash, and its logo.
fn content_policy(environment: &Environment<'_>, look: &Look) -> Result<String, minijinja::Error> {
    let script = environment.get_template(SCRIPT)?.render(())?;
    let hash = STANDARD.encode(Sha256::digest(script));
    let logo = look.theme().and_then(|theme| theme.logo.as_ref());
    let pictures = if logo.is_some() { "; img-src data:" } else { "" };
    Ok(format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'{pictures}"
    ))
}
