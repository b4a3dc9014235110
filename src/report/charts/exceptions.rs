//! Realised losses over time against VaR and ES of their dates, exceptions marked.

use super::along_dates::{HEIGHT, PLOT_X, PLOT_Y, day, stems, years};
use super::canvas::{Canvas, circle, line, polyline, text};
use super::scale::Scale;
use crate::outcome::{Backtest, BacktestDate, BacktestSeries};
use crate::report::figures::{Figures, compact, level};

/// One model at one level; `None` without dates.
pub fn exceptions(
    backtest: &Backtest,
    series: &BacktestSeries,
    at: usize,
    id: &str,
) -> Option<String> {
    let dates = &series.dates;
    let (first, last) = (dates.first()?, dates.last()?);
    let x = Scale::linear([0.0, dates.len().saturating_sub(1) as f64], PLOT_X);
    let y = Scale::linear(range(dates, at), [PLOT_Y[1], PLOT_Y[0]]);
    let beyond: Vec<(usize, &BacktestDate)> =
        dates.iter().enumerate().filter(|(_, one)| one.loss > one.value_at_risk[at]).collect();
    let name = format!("{}, {}", series.model, level(backtest.levels[at]));
    let description = format!(
        "{} of {} losses exceed VaR, from {} to {}.",
        beyond.len(),
        dates.len(),
        day(&first.date),
        day(&last.date)
    );
    let mut canvas = Canvas::new(id, HEIGHT, &name, &description);
    canvas.y_axis(&y, PLOT_X, &compact);
    canvas.add(text("axis", [4.0, 14.0], &format!("{name}: loss, {}", backtest.currency)));
    years(&mut canvas, dates, &x);
    canvas.add(stems(dates.iter().map(|one| one.loss), &x, &y));
    let curve = |of: &dyn Fn(&BacktestDate) -> f64| -> Vec<[f64; 2]> {
        let points = dates.iter().enumerate();
        points.map(|(index, one)| [x.at(index as f64), y.at(of(one))]).collect()
    };
    canvas.add(polyline("whisker var", &curve(&|one| one.value_at_risk[at])).series("VaR"));
    canvas.add(polyline("whisker es", &curve(&|one| one.expected_shortfall[at])).series("ES"));
    for (index, one) in beyond {
        let mark = circle("event liquidation", [x.at(index as f64), y.at(one.loss)], 3.0);
        let mark = mark.series("exception").named(&one.date).data("loss", one.loss);
        canvas.add(mark.tip(&format!(
            "{}: loss {}, VaR {}",
            day(&one.date),
            Figures::up_to(one.loss).money(one.loss),
            Figures::up_to(one.loss).money(one.value_at_risk[at])
        )));
    }
    legend(&mut canvas);
    Some(canvas.finish())
}

fn range(dates: &[BacktestDate], at: usize) -> [f64; 2] {
    let values = dates.iter().flat_map(|one| [one.loss, one.expected_shortfall[at]]);
    values.fold([0.0, 0.0], |[low, high], value| [low.min(value), high.max(value)])
}

fn legend(canvas: &mut Canvas) {
    for (left, class, words) in
        [(PLOT_X[0], "whisker var", "VaR"), (PLOT_X[0] + 60.0, "whisker es", "ES")]
    {
        canvas.add(line(class, [left, 27.0], [left + 14.0, 27.0]));
        canvas.add(text("tick", [left + 19.0, 31.0], words));
    }
    let left = PLOT_X[0] + 112.0;
    canvas.add(circle("event liquidation", [left, 27.0], 3.0));
    canvas.add(text("tick", [left + 8.0, 31.0], "loss beyond VaR"));
}
