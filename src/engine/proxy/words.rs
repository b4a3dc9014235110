//! How a book was revalued, told to the reader.

use super::choice::Valuation;
use crate::outcome::{ProxyRevaluation, Warning};
use crate::scenario::Revaluation;
use crate::units::grouped;

/// What was chosen and what came of it.
pub(in crate::engine) struct Revalued {
    /// Why full revaluation, where the engine chose it.
    full_because: Option<String>,
    pub proxy: Option<ProxyRevaluation>,
}

impl Revalued {
    pub fn new(valuation: &Valuation, proxy: Option<ProxyRevaluation>) -> Self {
        let full_because = match valuation {
            Valuation::Full(reason) => reason.clone(),
            Valuation::Proxied(_) => None,
        };
        Self { full_because, proxy }
    }

    /// One sentence or two.
    pub fn words(&self, asked: Revaluation) -> String {
        match (&self.proxy, asked, &self.full_because) {
            (Some(proxy), _, _) => proxy_words(proxy),
            (None, Revaluation::Delta, _) => {
                "delta: first order in every factor, no time passes".to_owned()
            }
            (None, Revaluation::DeltaGamma, _) => {
                "delta-gamma: first order in every factor, second in each spot, no time passes"
                    .to_owned()
            }
            (None, _, Some(why)) => format!("full revaluation on every path (proxies: {why})"),
            (None, _, None) => "full revaluation on every path".to_owned(),
        }
    }

    /// Where the proxies failed.
    pub fn warning(&self) -> Option<Warning> {
        let proxy = self.proxy.as_ref().filter(|proxy| proxy.tail == "full")?;
        Some(Warning {
            code: "proxy_fallback".to_owned(),
            message: format!(
                "A proxy was off by USD {} where at most USD {} was expected; every path was \
                 revalued in full.",
                amount(proxy.largest_error_sample.max(proxy.largest_error_tail)),
                amount(proxy.error_bound)
            ),
        })
    }
}

fn proxy_words(proxy: &ProxyRevaluation) -> String {
    let errors = format!(
        "largest error seen USD {} on {} sampled paths, USD {} on the tail",
        amount(proxy.largest_error_sample),
        grouped(proxy.sample_paths as f64, 0),
        amount(proxy.largest_error_tail)
    );
    let bound = match proxy.tail.as_str() {
        "full" => {
            return format!(
                "full revaluation on every path, after proxies missed their error bound of USD \
                 {}: {errors}",
                amount(proxy.error_bound)
            );
        }
        "exact" => "proven",
        _ => "measured",
    };
    let why = proxy.reason.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
    format!(
        "proxy with {} tail{why}: {} polynomials with {} coefficients on every path, error bound \
         USD {} a path, {bound}; {} paths revalued in full, {} of them for leaving the proxies' \
         domain; {errors}. VaR, ES, contributions and worst paths are those of full revaluation; \
         figures over all paths are within the bound",
        proxy.tail,
        grouped(proxy.polynomials as f64, 0),
        grouped(proxy.terms as f64, 0),
        amount(proxy.error_bound),
        grouped(proxy.paths_revalued as f64, 0),
        grouped(proxy.paths_outside_domain as f64, 0),
    )
}

/// Small amounts with three digits, whatever their size.
fn amount(money: f64) -> String {
    if money >= 0.01 { grouped(money, 2) } else { format!("{money:.1e}") }
}
