//! Figures that may be meant, but are more likely a percentage written as a decimal.

use super::VolatilityDocument;
use super::underlying_document::UnderlyingDocument;
use crate::document::Places;
use crate::market::Finding;

/// Implied volatility above which the unit is likely to be wrong: 500 % a year.
const VOLATILITY_MAX: f64 = 5.0;
/// The same of funding: 1 % a day, by periods of 8 hours.
const FUNDING_8H_MAX: f64 = 0.01 / 3.0;

/// What is out of proportion in underlying `index` of the document with these places.
pub(super) fn implausible(
    underlying: &UnderlyingDocument,
    index: usize,
    places: &Places,
) -> Vec<Finding> {
    let symbol = underlying.symbol.as_str();
    let finding = |key: &str, what: String| {
        let place = places.at(&format!("underlying[{index}].{key}"));
        let (file, line) = (place.file.name().to_owned(), Some(place.line()));
        Finding { file, line, what, repair: None }
    };
    let volatility = |(key, value): (String, f64)| {
        (value > VOLATILITY_MAX).then(|| {
            let percent = shown(100.0 * value);
            finding(&key, format!("{symbol}: an implied volatility of {percent} % a year; if {value} % is meant, write \"{value}%\""))
        })
    };
    let rate = underlying.funding_rate_8h.get();
    let funding = (rate.abs() > FUNDING_8H_MAX).then(|| {
        let [period, day] = [100.0 * rate, 300.0 * rate].map(shown);
        let what = format!(
            "{symbol}: funding of {period} % each 8 hours, {day} % a day; if {rate} % is meant, write \"{rate}%\""
        );
        finding("funding_rate_8h", what)
    });
    volatilities(underlying).into_iter().filter_map(volatility).chain(funding).collect()
}

/// At most six decimals.
fn shown(percent: f64) -> String {
    let text = format!("{percent:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The volatilities that the document states, each with its key.
fn volatilities(underlying: &UnderlyingDocument) -> Vec<(String, f64)> {
    match &underlying.volatility {
        Some(VolatilityDocument::Flat { volatility }) => {
            vec![("volatility.volatility".to_owned(), volatility.get())]
        }
        Some(VolatilityDocument::AtTheMoney { pillar }) => {
            let key = |index: usize| format!("volatility.pillar[{index}].volatility");
            let pillars = pillar.iter().enumerate();
            pillars.map(|(index, pillar)| (key(index), pillar.volatility.get())).collect()
        }
        Some(VolatilityDocument::Chain { .. }) | None => vec![],
    }
}
