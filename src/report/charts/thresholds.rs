//! Threshold and potential loss date by date, against the losses of the periods that follow.

use super::along_dates::{HEIGHT, PLOT_X, PLOT_Y, day, stems, years};
use super::canvas::{Canvas, circle, line, polyline, text};
use super::scale::Scale;
use crate::outcome::{BacktestDate, BacktestSeries, BacktestThreshold};
use crate::report::figures::{Figures, compact};

/// One model; `None` where no date has a threshold. Gains stand at zero.
pub fn thresholds(series: &BacktestSeries, currency: &str, id: &str) -> Option<String> {
    let history = series.thresholds.as_ref()?;
    let dates = &series.dates;
    let (first, last) = (dates.first()?, dates.last()?);
    let found: Vec<(usize, &BacktestDate, &BacktestThreshold)> = (0..)
        .zip(dates)
        .filter_map(|(index, one)| Some((index, one, one.threshold.as_ref()?)))
        .collect();
    let values =
        found.iter().flat_map(|(_, date, one)| [date.loss, one.potential_loss, one.threshold]);
    let x = Scale::linear([0.0, dates.len().saturating_sub(1) as f64], PLOT_X);
    let y = Scale::linear([0.0, values.fold(0.0, f64::max)], [PLOT_Y[1], PLOT_Y[0]]);
    let description = format!(
        "From {} to {} the status is red on {} of {} dates; {} periods lose more than the \
         threshold.",
        day(&first.date),
        day(&last.date),
        history.red,
        history.dates,
        history.losses_beyond
    );
    let title = format!("{}, threshold", series.model);
    let mut canvas = Canvas::new(id, HEIGHT, &title, &description);
    canvas.y_axis(&y, PLOT_X, &compact);
    canvas.add(text("axis", [4.0, 14.0], &format!("{}: {currency}", series.model)));
    years(&mut canvas, dates, &x);
    canvas.add(stems(dates.iter().map(|one| one.loss.max(0.0)), &x, &y));
    let curve = |of: fn(&BacktestThreshold) -> f64| -> Vec<[f64; 2]> {
        found.iter().map(|(index, _, one)| [x.at(*index as f64), y.at(of(one))]).collect()
    };
    canvas.add(polyline("curve", &curve(|one| one.potential_loss)).series("potential loss"));
    canvas.add(polyline("whisker", &curve(|one| one.threshold)).series("threshold"));
    for (index, date, one) in found.iter().filter(|(_, date, one)| date.loss > one.threshold) {
        let mark = circle("event liquidation", [x.at(*index as f64), y.at(date.loss)], 3.0);
        let mark = mark.series("beyond").named(&date.date).data("loss", date.loss);
        let money = |value: f64| Figures::up_to(date.loss).money(value);
        canvas.add(mark.tip(&format!(
            "{}: loss {}, threshold {}, potential loss {}",
            day(&date.date),
            money(date.loss),
            money(one.threshold),
            money(one.potential_loss)
        )));
    }
    legend(&mut canvas);
    Some(canvas.finish())
}

fn legend(canvas: &mut Canvas) {
    let mut left = 4.0;
    for (class, words) in [("whisker", "threshold"), ("curve", "potential loss")] {
        canvas.add(line(class, [left, 27.0], [left + 14.0, 27.0]));
        canvas.add(text("tick", [left + 19.0, 31.0], words));
        left += 36.0 + 6.4 * words.len() as f64;
    }
    canvas.add(circle("event liquidation", [left, 27.0], 3.0));
    canvas.add(text("tick", [left + 8.0, 31.0], "loss beyond threshold"));
}
