//! The price ladder: where the thresholds of each account lie around today's price of each coin.
//!
//! A row an account and coin, those nearest to a liquidation first. Marks carry a letter, since
//! colour alone would not tell them apart; what lies beyond the axis stands at its end.

use super::canvas::{Anchor, Canvas, WIDTH, circle, line, text};
use super::scale::Scale;
use crate::outcome::{LadderRung, Outcome, PriceOf, RungKind, ThresholdLadder};
use crate::report::figures::{number, percent, plain, signed};
use crate::report::ranking::nearest_ladders;
use crate::report::text::shortened_inside;

const ROWS_MAX: usize = 10;
const ROW_HEIGHT: f64 = 58.0;
const TOP: f64 = 64.0;
const BOTTOM: f64 = 44.0;
const PLOT_X: [f64; 2] = [14.0, WIDTH - 14.0];
const NAME_LETTERS: usize = 44;
/// Letters nearer than this stand one under the other.
const LETTER_ROOM: f64 = 11.0;

/// Letter, class and word of a rung.
pub(in crate::report) fn told(kind: RungKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        RungKind::BreakEven => ("P", "even", "break-even"),
        RungKind::Rebalancing => ("R", "band", "rebalancing band"),
        RungKind::Equity => ("E", "equity", "equity threshold"),
        RungKind::MarginCall => ("C", "call", "margin call"),
        RungKind::Stop => ("S", "stop", "stop order"),
        RungKind::Liquidation => ("L", "liquidation", "liquidation"),
        RungKind::Bankruptcy => ("B", "bankruptcy", "bankruptcy"),
    }
}

const KINDS: [RungKind; 7] = [
    RungKind::BreakEven,
    RungKind::Rebalancing,
    RungKind::Equity,
    RungKind::MarginCall,
    RungKind::Stop,
    RungKind::Liquidation,
    RungKind::Bankruptcy,
];

/// The chart; `None` where no ladder has a rung with a price.
pub fn ladder(outcome: &Outcome, id: &str) -> Option<String> {
    let shown: Vec<&ThresholdLadder> = nearest_ladders(outcome)
        .into_iter()
        .filter(|ladder| priced(ladder).next().is_some())
        .take(ROWS_MAX)
        .collect();
    let end = reach(&shown)?;
    let bottom = TOP + shown.len() as f64 * ROW_HEIGHT;
    let description = description(&shown);
    let mut canvas = Canvas::new(id, bottom + BOTTOM, "Ladder of thresholds", &description);
    // No price falls by more than all of it.
    let x = Scale::linear([-end.min(1.0), end], PLOT_X);
    let decimals = if end < 0.1 { 1 } else { 0 };
    canvas.x_axis(&x, [TOP, bottom], 5, &|change| signed(percent(change, decimals)));
    canvas.add(line("zero", [x.at(0.0), TOP], [x.at(0.0), bottom]));
    legend(&mut canvas);
    for (index, ladder) in shown.iter().enumerate() {
        row(&mut canvas, ladder, &x, TOP + index as f64 * ROW_HEIGHT);
    }
    let axis = text("axis", [PLOT_X[1], bottom + 36.0], "move of the coin's price from today");
    canvas.add(axis.anchor(Anchor::End));
    Some(canvas.finish())
}

/// How far the axis goes up, and down to nothing at most: as far as the nearest liquidation of each row, or any rung where none has one.
fn reach(shown: &[&ThresholdLadder]) -> Option<f64> {
    let nearest = |ladder: &&ThresholdLadder| {
        let lines = priced(ladder).filter(|(rung, _)| rung.kind == RungKind::Liquidation);
        lines.map(|(_, change)| change.abs()).min_by(f64::total_cmp)
    };
    let liquidations = shown.iter().filter_map(nearest).fold(0.0, f64::max);
    let all = shown.iter().flat_map(|ladder| priced(ladder)).map(|(_, change)| change.abs());
    let end = if liquidations > 0.0 { liquidations } else { all.fold(0.0, f64::max) };
    (end > 0.0).then_some(1.1 * end)
}

/// Rungs with a price, and their moves.
fn priced(ladder: &ThresholdLadder) -> impl Iterator<Item = (&LadderRung, f64)> {
    ladder.rungs.iter().filter_map(|rung| Some((rung, rung.change?)))
}

fn legend(canvas: &mut Canvas) {
    let columns = [14.0, 116.0, 266.0];
    for (index, kind) in KINDS.into_iter().enumerate() {
        let (letter, class, word) = told(kind);
        let at = [columns[index % 3], 16.0 + 18.0 * (index / 3) as f64];
        canvas.add(circle(&format!("rung {class}"), [at[0], at[1] - 4.0], 4.5));
        canvas.add(text("axis", [at[0] + 9.0, at[1]], &format!("{letter} {word}")));
    }
}

fn row(canvas: &mut Canvas, ladder: &ThresholdLadder, x: &Scale, top: f64) {
    let name = name_of(ladder);
    let label = format!("{}, {} today", shortened_inside(&name, NAME_LETTERS), plain(ladder.price));
    canvas.add(text("label", [PLOT_X[0], top + 15.0], &label));
    let middle = top + 27.0;
    canvas.add(line("rail", [PLOT_X[0], middle], [PLOT_X[1], middle]));
    let mut taken: Vec<(f64, usize)> = Vec::new();
    for (rung, change) in priced(ladder) {
        let (letter, class, _) = told(rung.kind);
        let at = x.at(change);
        let mark = circle(&format!("rung {class}"), [at, middle], 4.5).series("rung").named(&name);
        let mark = mark.data("change", change).data("price", price(rung));
        canvas.add(mark.tip(&tip(&name, rung, change)));
        let free = |row: &usize| {
            !taken.iter().any(|(x, other)| other == row && (x - at).abs() < LETTER_ROOM)
        };
        let level = (0..3).find(free).unwrap_or(2);
        taken.push((at, level));
        let letter = text("tick", [at, middle + 15.0 + 9.5 * level as f64], letter);
        canvas.add(letter.anchor(Anchor::Middle));
    }
}

fn price(rung: &LadderRung) -> f64 {
    match rung.price {
        PriceOf::At(price) => price,
        PriceOf::Never | PriceOf::Passed => 0.0,
    }
}

/// Account, contract where it is isolated, and coin.
pub(in crate::report) fn name_of(ladder: &ThresholdLadder) -> String {
    let contract = ladder.position.iter().map(|position| format!(", {position}"));
    format!("{}{}: {}", ladder.account, contract.collect::<String>(), ladder.underlying)
}

fn tip(name: &str, rung: &LadderRung, change: f64) -> String {
    let (_, _, word) = told(rung.kind);
    let order = rung.order.iter().map(|order| format!(" {order}")).collect::<String>();
    let touch = rung.touch.iter().map(|touch| {
        format!(", touched at a step with probability {}", percent(touch.probability, 2))
    });
    let deviations = rung.deviations.iter().map(|found| format!(", {} σ", number(*found, 2)));
    let more: String = deviations.chain(touch).collect();
    format!(
        "{name}: {word}{order} at {} ({}){more}",
        plain(price(rung)),
        signed(percent(change, 2))
    )
}

fn description(ladders: &[&ThresholdLadder]) -> String {
    let nearest = ladders.iter().take(3).map(|ladder| {
        let lines = priced(ladder).filter(|(rung, _)| rung.kind == RungKind::Liquidation);
        let moves: Vec<String> = lines.map(|(_, change)| signed(percent(change, 1))).collect();
        let moves = if moves.is_empty() { "never".to_owned() } else { moves.join(" and ") };
        format!("{} is liquidated at {moves}", name_of(ladder))
    });
    format!(
        "Thresholds of accounts by the move of a coin from today's price. {}.",
        nearest.collect::<Vec<_>>().join("; ")
    )
}
