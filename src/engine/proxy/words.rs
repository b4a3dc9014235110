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
        let of_losses = proxy.largest_error_sample.max(proxy.largest_error_tail);
        let (off, bound) = if of_losses > proxy.error_bound {
            (of_losses, proxy.error_bound)
        } else {
            (proxy.largest_error_decision, proxy.decision_error_bound)
        };
        Some(Warning {
            code: "proxy_fallback".to_owned(),
            message: format!(
                "A proxy was off by USD {} where at most USD {} was expected; every path was \
                 revalued in full.",
                amount(off),
                amount(bound)
            ),
        })
    }
}

fn proxy_words(proxy: &ProxyRevaluation) -> String {
    let mut errors = format!(
        "largest error seen USD {} on {} sampled paths, USD {} on the tail",
        amount(proxy.largest_error_sample),
        grouped(proxy.sample_paths as f64, 0),
        amount(proxy.largest_error_tail)
    );
    let decides = proxy.decision_error_bound > 0.0;
    if decides {
        errors.push_str(&format!(
            ", USD {} of an account's equity less maintenance margin",
            amount(proxy.largest_error_decision)
        ));
    }
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
    let number = |count: u64| grouped(count as f64, 0);
    let (inside, in_doubt, liquidations) = if decides {
        (
            format!(" and USD {} a margin decision", amount(proxy.decision_error_bound)),
            format!(" and {} for a margin decision within its bound", number(proxy.paths_in_doubt)),
            ", liquidations",
        )
    } else {
        (String::new(), String::new(), "")
    };
    format!(
        "proxy with {} tail{why}: {} polynomials with {} coefficients on every path, error bound \
         USD {} a path{inside}, {bound}; {} paths revalued in full, {} of them for leaving the \
         proxies' domain{in_doubt}; {errors}. VaR, ES, contributions{liquidations} and worst paths \
         are those of full revaluation; figures over all paths are within the bound",
        proxy.tail,
        number(proxy.polynomials),
        number(proxy.terms),
        amount(proxy.error_bound),
        number(proxy.paths_revalued),
        number(proxy.paths_outside_domain),
    )
}

/// Small amounts with three digits, whatever their size.
fn amount(money: f64) -> String {
    if money >= 0.01 { grouped(money, 2) } else { format!("{money:.1e}") }
}
