//! An estimated market model as one self-contained page.

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::figures::{Figures, NORMAL_95, count, instant, number, percent};
use super::html::templates;
use super::look::Look;
use super::readable::readable;
use super::{ReportError, charts};
use crate::outcome::{EstimatedParameter, EstimatedVolatility, MarketModel};

/// How the page begins: a file that begins otherwise is someone else's.
pub const MARKET_MODEL_MARK: &str = "<!-- Market model, written by plimsoll calibrate market -->";

/// The estimates as one HTML page: volatilities, tails, correlations, with their errors.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite, [`ReportError::Template`] where
/// the template does not fit it.
pub fn market_model_html(model: &MarketModel) -> Result<String, ReportError> {
    let model = &readable(model)?;
    let environment = templates::environment(Figures::up_to(1.0), &Look::default())?;
    let safe = |chart: Option<String>| chart.map(Value::from_safe_string);
    let page = environment.get_template("market_model.html")?.render(context! {
        chart_style => Value::from_safe_string(charts::STYLE.to_owned()),
        version => env!("CARGO_PKG_VERSION"),
        mark => Value::from_safe_string(MARKET_MODEL_MARK.to_owned()),
        volatility_chart => safe(charts::volatilities(model, "chart-volatilities")),
        correlation_chart => safe(charts::correlations(model, "chart-correlations")),
        headline => headline(model),
        sample => sample(model),
        volatilities => model.volatilities.iter().map(volatility).collect::<Vec<Value>>(),
        parameters => model.parameters.iter().map(parameter).collect::<Vec<Value>>(),
        pairs => pairs(model),
        model => Value::from(Serde(model)),
    })?;
    Ok(page)
}

fn headline(model: &MarketModel) -> String {
    let moving: Vec<_> = model.volatilities.iter().filter(|one| one.volatility > 0.0).collect();
    let most = moving.iter().max_by(|a, b| a.volatility.total_cmp(&b.volatility));
    let most = most.map_or("nothing moves".to_owned(), |one| {
        format!("{} moves most, {} a year", one.factor, percent(one.volatility, 1))
    });
    let still = match model.volatilities.len() - moving.len() {
        0 => String::new(),
        still => format!(", {} held still", number(still as f64, 0)),
    };
    format!("Process {}, {}{still}: {most}.", model.process, count(moving.len(), "moving factor"))
}

/// What the estimates rest on.
fn sample(model: &MarketModel) -> String {
    match &model.window {
        Some([from, to]) => format!(
            "The history holds {} between {} and {}; sources tell how many an estimate uses.",
            count(model.returns, "return"),
            instant(from),
            instant(to)
        ),
        None => "There is no history: every figure is stated.".to_owned(),
    }
}

fn interval(value: f64, error: Option<f64>, shown: &dyn Fn(f64) -> String) -> String {
    let ends = error.map(|error| [-NORMAL_95, NORMAL_95].map(|reach| value + reach * error));
    ends.map_or("–".to_owned(), |[low, high]| format!("{} to {}", shown(low), shown(high)))
}

fn volatility(one: &EstimatedVolatility) -> Value {
    let shown = |value: f64| percent(value.max(0.0), 1);
    context! {
        name => one.factor.clone(),
        value => percent(one.volatility, 1),
        interval => interval(one.volatility, one.standard_error, &shown),
        source => one.source.clone(),
    }
}

fn parameter(one: &EstimatedParameter) -> Value {
    let shown = |value: f64| number(value, 4);
    context! {
        name => one.name.clone(),
        value => shown(one.value),
        interval => interval(one.value, one.standard_error, &shown),
        observations => number(one.observations as f64, 0),
    }
}

/// Pairs with a correlation, strongest first.
fn pairs(model: &MarketModel) -> Vec<Value> {
    let factors = &model.volatilities;
    let all = (1..factors.len()).flat_map(|row| (0..row).map(move |column| (row, column)));
    let mut all: Vec<_> =
        all.filter(|&(row, column)| model.correlation[row][column] != 0.0).collect();
    let strength = |&(row, column): &(usize, usize)| model.correlation[row][column].abs();
    all.sort_by(|a, b| strength(b).total_cmp(&strength(a)));
    let shown = |value: f64| number(value.clamp(-1.0, 1.0), 3).replace('-', "−");
    let pair = |(row, column): (usize, usize)| {
        let value = model.correlation[row][column];
        let error = model.correlation_errors.get(row).and_then(|row| row.get(column)).copied();
        context! {
            first => factors[column].factor.clone(),
            second => factors[row].factor.clone(),
            value => shown(value),
            interval => interval(value, error, &shown),
        }
    };
    all.into_iter().map(pair).collect()
}
