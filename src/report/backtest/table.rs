//! `dates.csv`: every date of every model.

use crate::outcome::{Backtest, BacktestDate, Status};
use crate::report::ReportError;
use crate::report::figures::level;
use crate::report::readable::readable;

/// One row a model and date, with all digits; what was not derived is empty.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn backtest_csv(backtest: &Backtest) -> Result<Vec<u8>, ReportError> {
    let backtest = &readable(backtest)?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header(backtest))?;
    for series in &backtest.series {
        for date in &series.dates {
            writer.write_record(row(&series.model, date))?;
        }
    }
    writer.into_inner().map_err(|error| ReportError::Csv(error.into_error().into()))
}

fn header(backtest: &Backtest) -> Vec<String> {
    let money = |what: &str| format!("{what}, {}", backtest.currency);
    let measures = ["VaR", "ES"].into_iter().flat_map(|what| {
        backtest.levels.iter().map(move |at| money(&format!("{what} {}", level(*at))))
    });
    let first = ["model", "date", "period ends"].map(str::to_owned);
    let last = [
        money("realised loss"),
        money("loss of positions"),
        money("loss of balances"),
        "rank of the loss".to_owned(),
        money("gross exposure"),
        money("net exposure"),
        money("potential loss"),
        money("capital"),
        "condition multiplier".to_owned(),
        money("threshold"),
        "utilisation".to_owned(),
        "status".to_owned(),
        "in place of what the model asks for".to_owned(),
    ];
    first.into_iter().chain(measures).chain(last).collect()
}

fn row(model: &str, date: &BacktestDate) -> Vec<String> {
    let mut cells = vec![cell(model), date.date.clone(), date.ends.clone()];
    let measures = date.value_at_risk.iter().chain(&date.expected_shortfall);
    cells.extend(measures.map(f64::to_string));
    let figures = [
        date.loss,
        date.positions_loss,
        date.balances_loss,
        date.transform,
        date.gross_exposure,
        date.net_exposure,
    ];
    cells.extend(figures.map(|figure| figure.to_string()));
    let optional = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let found = date.threshold.as_ref();
    cells.extend([
        optional(found.map(|one| one.potential_loss)),
        optional(found.map(|one| one.capital)),
        optional(found.map(|one| one.multiplier)),
        optional(found.map(|one| one.threshold)),
        optional(found.and_then(|one| one.utilisation)),
        found.map_or_else(String::new, |one| status(one.status).to_owned()),
        cell(&fallbacks(date)),
    ]);
    cells
}

fn fallbacks(date: &BacktestDate) -> String {
    let told = date.fallbacks.iter().map(|one| one.what.as_str());
    told.collect::<Vec<_>>().join("; ")
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Green => "green",
        Status::Amber => "amber",
        Status::Red => "red",
    }
}

/// Text that a spreadsheet would take for a formula gets a quote before it.
fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() }
}
