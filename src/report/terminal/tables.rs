//! The evidence under the answer: measures, contributions, headroom, margin, cautions.

use comfy_table::Cell;

use super::Page;
use super::grid::{LABEL_COLUMN, render, short_row, text_row};
use crate::outcome::{
    AccountLiquidation, BookClosing, ContributionRow, EventProbability, EventTime, Headroom,
    LadderRung, Measure, PathEvents, RebalancingEvents, RungKind,
};
use crate::report::figures::{count, duration, level, percent, prose};
use crate::report::ranking::nearest_ladders;

const HEADROOM_ROWS: usize = 4;
const CONTRIBUTION_ROWS: usize = 5;
const LIQUIDATIONS: usize = 3;

/// VaR and ES with their intervals and estimators, the highest levels where there are many.
pub(super) fn measures(page: &Page<'_>) -> String {
    let measures = &page.outcome.measures;
    let title = format!("{} loss", duration(page.outcome.horizon_years));
    let header = [&title, page.outcome.currency.as_str(), "95 % interval", "estimator"];
    let mut table = page.grid.table(&header);
    for (name, estimates) in
        [("VaR", &measures.value_at_risk), ("ES", &measures.expected_shortfall)]
    {
        for measure in &estimates[estimates.len().saturating_sub(page.limits().levels)..] {
            table.add_row(text_row(estimate(page, name, measure)));
        }
    }
    format!("{}\n{}", render(table, &[1, 2]), extremes(page))
}

fn estimate(page: &Page<'_>, name: &str, measure: &Measure) -> [String; 4] {
    [
        format!("{name} {}", level(measure.level)),
        page.figures.money(measure.loss),
        page.figures.interval(measure.interval_95),
        measure.estimator.clone(),
    ]
}

fn extremes(page: &Page<'_>) -> String {
    let measures = &page.outcome.measures;
    let money = |amount| page.figures.money(amount);
    let mut figures = vec![
        format!("worst {}", money(measures.maximum_loss)),
        format!("mean {}", money(measures.mean_loss)),
        format!("deviation {}", money(measures.loss_deviation)),
    ];
    if let Some(beyond) = &measures.loss_beyond_capital {
        figures.push(format!("beyond capital {}", percent(beyond.probability, 3)));
    }
    page.grid.line(&figures.join(" · "))
}

/// Contributions and headroom, in as many lines as there is room for; proposed trades leave
/// room for the headroom alone.
pub(super) fn details(page: &Page<'_>, room: usize) -> Vec<String> {
    // An empty line and a header each.
    const OVERHEAD: usize = 2;
    let headroom_rows = HEADROOM_ROWS.min(room.saturating_sub(OVERHEAD));
    let headroom = headroom(page, headroom_rows);
    let taken = headroom.as_ref().map_or(0, |block| block.lines().count() + 1);
    let rows = CONTRIBUTION_ROWS.min(room.saturating_sub(taken + OVERHEAD));
    let contributions = page.outcome.with_trades.is_none().then(|| contributions(page, rows));
    contributions.flatten().into_iter().chain(headroom).collect()
}

/// The largest contributions by position and by underlying, side by side.
fn contributions(page: &Page<'_>, rows: usize) -> Option<String> {
    let contributions = &page.outcome.contributions;
    let title = format!("ES {} by position", level(contributions.level));
    let currency = page.outcome.currency.as_str();
    let header = [&title, currency, "share", "Underlying", currency, "share"];
    let mut table = page.grid.table(&header);
    let total = contributions.expected_shortfall;
    let positions = largest(&contributions.by_position);
    let underlyings = largest(&contributions.by_underlying);
    let rows = rows.min(positions.len().max(underlyings.len()));
    for row in 0..rows {
        let [name, amount, share] = contribution(page, positions.get(row), total);
        let [other, other_amount, other_share] = contribution(page, underlyings.get(row), total);
        table.add_row(text_row([name, amount, share, other, other_amount, other_share]));
    }
    (rows > 0).then(|| render(table, &[1, 2, 4, 5]))
}

fn largest(rows: &[ContributionRow]) -> Vec<&ContributionRow> {
    let mut rows: Vec<_> = rows.iter().collect();
    rows.sort_by(|a, b| b.expected_shortfall.abs().total_cmp(&a.expected_shortfall.abs()));
    rows
}

fn contribution(page: &Page<'_>, row: Option<&&ContributionRow>, total: f64) -> [String; 3] {
    let Some(row) = row else {
        return [String::new(), String::new(), String::new()];
    };
    let share =
        if total == 0.0 { String::new() } else { percent(row.expected_shortfall / total, 0) };
    [row.name.clone(), page.figures.money(row.expected_shortfall), share]
}

/// Room for more exposure, the tightest underlyings first; nothing without a policy.
fn headroom(page: &Page<'_>, shown: usize) -> Option<String> {
    let threshold = page.outcome.threshold.as_ref()?;
    if threshold.headroom.is_empty() || shown == 0 {
        return None;
    }
    let all = threshold.headroom.len();
    let tightest_of =
        if all > shown { format!(", tightest {shown} of {all}") } else { String::new() };
    let title = format!("Headroom in {}{tightest_of}", page.outcome.currency);
    let mut table = page.grid.table(&[&title, "more long", "more short"]);
    let mut rows: Vec<&Headroom> = threshold.headroom.iter().collect();
    rows.sort_by(|a, b| tightest(a).total_cmp(&tightest(b)));
    for row in rows.iter().take(shown) {
        let shown =
            |amount: Option<f64>| amount.map_or("none".to_owned(), |a| page.figures.money(a));
        table.add_row(text_row([row.underlying.clone(), shown(row.long), shown(row.short)]));
    }
    Some(render(table, &[1, 2]))
}

fn tightest(row: &Headroom) -> f64 {
    row.long.into_iter().chain(row.short).fold(f64::INFINITY, f64::min)
}

/// Margin, distance to breach, how options were priced, data and warnings, labelled; what happened
/// inside paths in at most `room` lines.
pub(super) fn margin_and_cautions(page: &Page<'_>, room: usize) -> String {
    let mut table = page.grid.table(&[]);
    let mut add = |label: &str, text: &str, lines: usize| {
        table.add_row(short_row([page.grid.heading(label), Cell::new(text)], lines));
    };
    add("Margin", &margin(page), 1);
    if let Some(liquidations) = liquidations(page) {
        add("", &liquidations, 2);
    }
    let of_venues = [
        super::failures::failures(page),
        super::failures::sampling(page),
        super::failures::calls(page),
    ];
    for line in of_venues.into_iter().flatten() {
        add("", &line, 2);
    }
    let mut room = room;
    for (label, text, lines) in happened(page) {
        if lines > room {
            break;
        }
        add(label, &text, lines);
        room -= lines;
    }
    if let Some(breach) = breach(page) {
        add("U = 100\u{a0}%", &breach, 1);
    }
    add("Pricing", &pricing(page), 1);
    add("Data", &data(page), 1);
    let warnings = &page.outcome.warnings;
    let shown = page.limits().warnings;
    for warning in warnings.iter().take(shown) {
        add("Warning", &prose(&warning.message), 2);
    }
    if warnings.len() > shown {
        add("", &format!("and {}", count(warnings.len() - shown, "more warning")), 1);
    }
    table.set_constraints([LABEL_COLUMN]);
    render(table, &[])
}

fn margin(page: &Page<'_>) -> String {
    let margin = &page.outcome.margin;
    let met =
        margin.iter().filter(|account| account.margin_call <= 0.0 && !account.liquidated_at_once);
    let call: f64 = margin.iter().map(|account| account.margin_call).sum();
    let mut text =
        format!("{} of {} meet initial margin", met.count(), count(margin.len(), "account"));
    if call > 0.0 {
        let call = page.figures.money(call);
        text.push_str(&format!("; short by {}\u{a0}{call}", page.outcome.currency));
    }
    text
}

/// How likely liquidations inside paths are, the likeliest first, and what they cost.
fn liquidations(page: &Page<'_>) -> Option<String> {
    let mut rows: Vec<_> = page.outcome.liquidations.iter().collect();
    if rows.is_empty() {
        return None;
    }
    rows.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    let chance = |row: &&AccountLiquidation| {
        let half_width = 0.5 * (row.interval_95[1] - row.interval_95[0]);
        let half_width = crate::report::figures::number(half_width * 100.0, 2);
        format!("{} {} ± {half_width}", row.account, percent(row.probability, 2))
    };
    let cost: f64 = rows.iter().map(|row| row.mean_cost).sum();
    let mut shown: Vec<String> = rows.iter().take(LIQUIDATIONS).map(chance).collect();
    if rows.len() > LIQUIDATIONS {
        shown.push(count(rows.len() - LIQUIDATIONS, "more account"));
    }
    let (currency, cost) = (&page.outcome.currency, page.figures.money(cost));
    Some(format!("liquidated: {}; mean cost {currency}\u{a0}{cost}", shown.join(", ")))
}

/// What else happened inside paths, to any account.
fn inside_paths(page: &Page<'_>, events: &PathEvents) -> String {
    let money = |amount: f64| page.figures.money(amount);
    let call = |call: &EventProbability| format!("called {}", percent(call.probability, 2));
    let after = |time: &EventTime| {
        let hours = crate::report::figures::number(time.mean_years * 24.0 * 365.0, 1);
        format!("liquidated after {hours} h")
    };
    let call = events.margin_call.as_ref().map(call);
    let after = events.time_to_liquidation.as_ref().map(after);
    let mut text = call.into_iter().chain(after).collect::<Vec<_>>().join(", ");
    if !text.is_empty() {
        text.push_str("; ");
    }
    if let Some(alone) = &events.liquidation_at_steps_alone {
        let [found, alone] = [&events.liquidation, alone].map(|one| percent(one.probability, 2));
        text.push_str(&format!("liquidated {found} ({alone} if looked at at the steps alone); "));
    }
    let (notional, debt) = (&events.liquidated_notional, &events.bad_debt);
    let level = percent(notional.level, 1);
    format!(
        "{text}notional closed {} (ES {level} {}), bad debt {} (ES {})",
        money(notional.mean),
        money(notional.expected_shortfall),
        money(debt.mean),
        money(debt.expected_shortfall)
    )
}

/// How often accounts were traded back to the leverage that they are kept at.
fn rebalanced(page: &Page<'_>, found: &RebalancingEvents) -> String {
    let money = |amount: f64| page.figures.money(amount);
    format!(
        "rebalanced {}, {} trades a path; notional {}, cost {}",
        percent(found.probability.probability, 2),
        crate::report::figures::number(found.mean_trades, 2),
        money(found.notional.mean),
        money(found.cost.mean)
    )
}

/// Labels, texts and lines about what happens inside paths and what closing costs; none beside
/// proposed trades, where lines are few.
fn happened(page: &Page<'_>) -> Vec<(&'static str, String, usize)> {
    if page.outcome.with_trades.is_some() {
        return Vec::new();
    }
    let events = page.outcome.path_events.as_ref().map(|one| ("", inside_paths(page, one), 2));
    let kept = page.outcome.path_events.as_ref().and_then(|one| one.rebalancing.as_ref());
    let kept = kept.map(|one| ("", rebalanced(page, one), 1));
    let nearest = nearest(page).map(|text| ("", text, 1));
    let closing = page.outcome.liquidation_exposure.closing.as_ref();
    let closing = closing.map(|closing| ("Closing", closing_told(page, closing), 1));
    let moved = page.outcome.moved_prices.as_ref();
    let moved = moved.map(|moved| ("Impact", super::moved::moved(page, moved), 3));
    let breach = page.outcome.breach_ladder.as_ref();
    let breach = breach.map(|one| ("Ladder", super::breach::breach(page, one), 3));
    [events, kept, moved, breach, nearest, closing].into_iter().flatten().collect()
}

/// The liquidation price that is nearest in deviations, where venues act inside paths.
fn nearest(page: &Page<'_>) -> Option<String> {
    page.outcome.path_events.as_ref()?;
    let ladder = *nearest_ladders(page.outcome).first()?;
    let lines = ladder.rungs.iter().filter(|rung| rung.kind == RungKind::Liquidation);
    let distance = |rung: &LadderRung| rung.deviations.map(f64::abs);
    let lines = lines.filter_map(|rung| Some((distance(rung)?, rung)));
    let (_, rung) = lines.min_by(|a, b| a.0.total_cmp(&b.0))?;
    let touch = rung.touch.map(|touch| format!(", touched {}", percent(touch.probability, 2)));
    Some(format!(
        "nearest line: {}, {} {}, {} σ{}",
        ladder.account,
        ladder.underlying,
        crate::report::figures::signed(percent(rung.change?, 1)),
        crate::report::figures::number(rung.deviations?, 1),
        touch.unwrap_or_default()
    ))
}

/// What closing the book over the liquidation horizon costs.
fn closing_told(page: &Page<'_>, closing: &BookClosing) -> String {
    let money = |amount: f64| page.figures.money(amount);
    let within = duration(closing.horizon_years);
    let left = if closing.left > 0.0 {
        format!("; {} not closed in time", money(closing.left))
    } else {
        String::new()
    };
    format!("within {within} costs {}\u{a0}{}{left}", page.outcome.currency, money(closing.cost))
}

fn breach(page: &Page<'_>) -> Option<String> {
    let distance = &page.outcome.threshold.as_ref()?.distance_to_breach;
    let moves = [
        ("spot", distance.spot_down),
        ("spot", distance.spot_up),
        ("volatility", distance.volatility_up),
    ];
    let found: Vec<String> = moves
        .into_iter()
        .filter_map(|(name, change)| {
            Some(format!("{name} {}", crate::report::figures::signed(percent(change?, 1))))
        })
        .collect();
    (!found.is_empty()).then(|| found.join(" or "))
}

/// Which revaluation the figures rest on.
fn pricing(page: &Page<'_>) -> String {
    let model = &page.outcome.model;
    let Some(proxy) = model.proxy.as_ref().filter(|proxy| proxy.tail != "full") else {
        let words = model.revaluation.split([':', '(', ',']).next().unwrap_or_default();
        return words.trim_end().to_owned();
    };
    let paths = |number: u64| crate::report::figures::number(number as f64, 0);
    let mut text =
        format!("proxy, {} tail; {} paths in full", proxy.tail, paths(proxy.paths_revalued));
    if proxy.decision_error_bound > 0.0 {
        text.push_str(&format!(", {} for a margin decision", paths(proxy.paths_in_doubt)));
    }
    text
}

fn data(page: &Page<'_>) -> String {
    let findings = &page.outcome.data_quality;
    let repaired = findings.iter().filter(|finding| finding.repair.is_some()).count();
    match findings.len() {
        0 => "nothing found in the data files".to_owned(),
        found => {
            let findings = count(found, "finding");
            format!("{findings} in the data files, {repaired} repaired as opted in")
        }
    }
}
