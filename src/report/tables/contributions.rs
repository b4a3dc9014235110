//! Where the tail comes from, and how the book reacts to small moves.

use super::{Cell, ChartKind, Section};
use crate::outcome::{ContributionRow, GreeksRow, Outcome};
use crate::report::figures::level;

/// Contributions to ES and VaR: the rows of each grouping sum to the total.
pub(super) fn contributions(outcome: &Outcome) -> Section {
    let found = &outcome.contributions;
    let note = format!(
        "Level {}, in {}; the rows of each grouping sum to the total. {}",
        level(found.level),
        outcome.currency,
        found.estimator
    );
    let columns =
        ["by", "name", "ES", "ES standard error", "VaR", "VaR standard error", "share of ES"];
    let mut section = Section::new("Contributions", note, &columns);
    let groupings: [(&str, &[ContributionRow]); 5] = [
        ("position", &found.by_position),
        ("underlying", &found.by_underlying),
        ("account", &found.by_account),
        ("venue", &found.by_venue),
        ("tag", &found.by_tag),
    ];
    for (by, rows) in groupings {
        for row in rows {
            let share = row.expected_shortfall / found.expected_shortfall;
            section.row([
                Cell::text(by),
                Cell::text(&row.name),
                Cell::Money(row.expected_shortfall),
                Cell::Money(row.expected_shortfall_error),
                Cell::Money(row.value_at_risk),
                Cell::Money(row.value_at_risk_error),
                Cell::share(Some(share).filter(|share| share.is_finite())),
            ]);
        }
    }
    section.chart("Contributions to ES", ChartKind::Bars, 1, 2)
}

/// Sensitivities by underlying, and their sum.
pub(super) fn greeks(outcome: &Outcome) -> Section {
    let note = format!(
        "In {}: dollar delta for +100 % of spot, gamma per 1 %, vega per volatility point, theta and \
         funding per day.",
        outcome.currency
    );
    let columns =
        ["underlying", "dollar delta", "gamma 1 %", "vega 1 pt", "theta 1 d", "funding 1 d"];
    let mut section = Section::new("Greeks", note, &columns);
    let greeks = &outcome.book.greeks;
    let mut tell = |row: &GreeksRow| {
        section.row([
            Cell::text(&row.underlying),
            Cell::Money(row.dollar_delta),
            Cell::Money(row.gamma_1pct),
            Cell::Money(row.vega_1pt),
            Cell::Money(row.theta_1d),
            Cell::Money(row.funding_1d),
        ]);
    };
    greeks.by_underlying.iter().for_each(&mut tell);
    tell(&greeks.total);
    section.chart("Dollar delta", ChartKind::Bars, 0, 1)
}

/// Value, delta and gamma over moves of all spots.
pub(super) fn profile(outcome: &Outcome) -> Section {
    let profile = &outcome.book.greeks.profile;
    let note = format!("In {}; moved: {}.", outcome.currency, profile.axis);
    let columns = ["spot move", "value change", "dollar delta", "gamma 1 %"];
    let mut section = Section::new("Delta-gamma profile", note, &columns);
    for point in &profile.points {
        section.row([
            Cell::Share(point.spot_move),
            Cell::Money(point.value_change),
            Cell::Money(point.dollar_delta),
            Cell::Money(point.gamma_1pct),
        ]);
    }
    section.chart("Change in value by spot move", ChartKind::Line, 0, 1)
}
