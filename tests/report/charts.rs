//! Each chart read back from its SVG and compared with the outcome: the figures it carries, and
//! the positions it draws them at, through the ticks of its own axes.

use plimsoll::outcome::{GreeksProfilePoint, Outcome, PriceOf};
use plimsoll::report::charts;

use super::sample;
use super::svg_reader::{Axis, Mark, marks, series};

fn read(chart: fn(&Outcome, &str) -> Option<String>, outcome: &Outcome) -> Vec<Mark> {
    marks(&chart(outcome, "chart").expect("the sample has data for every chart"))
}

#[test]
fn distribution_shows_every_even_bin() {
    let outcome = sample::outcome();
    let marks = read(charts::distribution, &outcome);
    let bars = series(&marks, "bin");
    let bins = &outcome.measures.histogram.bins;
    let even = &bins[1..bins.len() - 1];
    assert_eq!(bars.len(), even.len(), "the two wide outer bins are told in words");
    let (x, y) = (Axis::of(&marks, "tick-x", false), Axis::of(&marks, "tick-y", false));
    for (bar, bin) in bars.iter().zip(even) {
        assert_eq!([bar.data("lower"), bar.data("upper")], [bin.lower, bin.upper]);
        assert_eq!(bar.data("count"), bin.count as f64);
        x.assert_shows(bar.number("x"), bin.lower);
        x.assert_shows(bar.number("x") + bar.number("width"), bin.upper);
        y.assert_shows(bar.number("y"), bin.count as f64 / sample::PATHS as f64);
        y.assert_shows(bar.number("y") + bar.number("height"), 0.0);
    }
}

#[test]
fn distribution_marks_var_and_es_with_their_intervals() {
    let outcome = sample::outcome();
    let marks = read(charts::distribution, &outcome);
    let x = Axis::of(&marks, "tick-x", false);
    let measures = &outcome.measures;
    for (name, measure) in
        [("var", &measures.value_at_risk[1]), ("es", &measures.expected_shortfall[1])]
    {
        let rule = &series(&marks, name)[0];
        assert_eq!([rule.data("level"), rule.data("loss")], [measure.level, measure.loss]);
        x.assert_shows(rule.number("x1"), measure.loss);
        let band = &series(&marks, &format!("{name}-interval"))[0];
        assert_eq!([band.data("low"), band.data("high")], measure.interval_95);
        x.assert_shows(band.number("x"), measure.interval_95[0]);
        x.assert_shows(band.number("x") + band.number("width"), measure.interval_95[1]);
    }
}

/// The expected chances are counted from the losses themselves, not from the bins.
#[test]
fn tail_shows_the_share_of_paths_beyond_each_loss() {
    let outcome = sample::outcome();
    let marks = read(charts::tail, &outcome);
    let losses = sample::losses();
    let points = series(&marks, "exceedance");
    assert!(points.len() > 20);
    let (x, y) = (Axis::of(&marks, "tick-x", false), Axis::of(&marks, "tick-y", true));
    for point in &points {
        let loss = point.data("loss");
        let share =
            losses.iter().filter(|other| **other >= loss).count() as f64 / losses.len() as f64;
        assert!((point.data("probability") - share).abs() < 1e-12);
        x.assert_shows(point.number("cx"), loss);
        y.assert_shows(point.number("cy"), share);
    }
    assert_eq!(points.last().unwrap().data("loss"), outcome.measures.maximum_loss);
}

#[test]
fn tail_marks_every_level() {
    let outcome = sample::outcome();
    let marks = read(charts::tail, &outcome);
    let (x, y) = (Axis::of(&marks, "tick-x", false), Axis::of(&marks, "tick-y", true));
    let levels = |name: &str| -> Vec<[f64; 2]> {
        series(&marks, name).iter().map(|mark| [mark.data("level"), mark.data("loss")]).collect()
    };
    let expected = |measures: &[plimsoll::outcome::Measure]| -> Vec<[f64; 2]> {
        measures.iter().map(|measure| [measure.level, measure.loss]).collect()
    };
    assert_eq!(levels("var"), expected(&outcome.measures.value_at_risk));
    assert_eq!(levels("es"), expected(&outcome.measures.expected_shortfall));
    for mark in series(&marks, "var") {
        x.assert_shows(mark.number("cx"), mark.data("loss"));
        y.assert_shows(mark.number("cy"), 1.0 - mark.data("level"));
    }
    let whiskers = series(&marks, "es-interval");
    for (whisker, measure) in whiskers.iter().zip(&outcome.measures.expected_shortfall) {
        x.assert_shows(whisker.number("x1"), measure.interval_95[0]);
        x.assert_shows(whisker.number("x2"), measure.interval_95[1]);
    }
}

#[test]
fn contributions_sum_to_es_and_start_with_the_largest() {
    let outcome = sample::outcome();
    let marks = read(charts::contributions, &outcome);
    let bars = series(&marks, "contribution");
    assert_eq!(bars.len(), 16, "fifteen and the rest");
    let sum: f64 = bars.iter().map(|bar| bar.data("to")).sum();
    let total = outcome.contributions.expected_shortfall;
    assert!((sum / total - 1.0).abs() < 1e-12, "{sum} is not {total}");

    let x = Axis::of(&marks, "tick-x", false);
    let mut rows = outcome.contributions.by_position.clone();
    rows.sort_by(|a, b| b.expected_shortfall.abs().total_cmp(&a.expected_shortfall.abs()));
    for (bar, row) in bars[..15].iter().zip(&rows) {
        assert_eq!(
            (bar.text("data-name"), bar.data("to")),
            (row.name.as_str(), row.expected_shortfall)
        );
        x.assert_shows(bar.number("x"), row.expected_shortfall.min(0.0));
        x.assert_shows(bar.number("x") + bar.number("width"), row.expected_shortfall.max(0.0));
    }
    let whiskers = series(&marks, "interval");
    assert_eq!(whiskers.len(), 15, "the sum of the rest has no error of its own");
    for (whisker, row) in whiskers.iter().zip(&rows) {
        x.assert_shows(
            whisker.number("x1"),
            row.expected_shortfall - 1.96 * row.expected_shortfall_error,
        );
        x.assert_shows(
            whisker.number("x2"),
            row.expected_shortfall + 1.96 * row.expected_shortfall_error,
        );
    }
}

#[test]
fn waterfall_climbs_to_the_potential_loss() {
    let outcome = sample::outcome();
    let threshold = outcome.threshold.as_ref().unwrap();
    let marks = read(charts::waterfall, &outcome);
    let x = Axis::of(&marks, "tick-x", false);
    let terms = series(&marks, "term");
    let mut reached = 0.0;
    for (bar, term) in terms.iter().zip(&threshold.terms) {
        assert_eq!(
            [bar.data("from"), bar.data("to")],
            [reached, reached + term.amount * term.weight]
        );
        x.assert_shows(bar.number("x"), reached);
        reached = bar.data("to");
        x.assert_shows(bar.number("x") + bar.number("width"), reached);
    }
    assert_eq!(terms.len(), threshold.terms.len());
    assert_eq!(reached, threshold.potential_loss);
    assert_eq!(series(&marks, "total")[0].data("to"), threshold.potential_loss);
    assert_eq!(series(&marks, "threshold")[0].data("to"), threshold.threshold);
    x.assert_shows(series(&marks, "limit")[0].number("x1"), threshold.threshold);
}

#[test]
fn waterfall_of_a_maximum_starts_every_term_at_zero() {
    let mut outcome = sample::outcome();
    outcome.threshold.as_mut().unwrap().combination = "maximum".into();
    let terms = series(&read(charts::waterfall, &outcome), "term");
    assert!(terms.iter().all(|term| term.data("from") == 0.0));
}

#[test]
fn gauge_points_at_the_utilisation_between_its_boundaries() {
    let outcome = sample::outcome();
    let threshold = outcome.threshold.as_ref().unwrap();
    let marks = read(charts::gauge, &outcome);
    let x = Axis::of(&marks, "tick-x", false);
    let needle = &series(&marks, "utilisation")[0];
    assert_eq!(Some(needle.data("value")), threshold.utilisation);
    x.assert_shows(needle.number("x1"), threshold.utilisation.unwrap());
    let zones = series(&marks, "zone");
    let [amber, red] = threshold.boundaries;
    assert_eq!(
        zones.iter().map(|zone| zone.text("data-name")).collect::<Vec<_>>(),
        ["green", "amber", "red"]
    );
    assert_eq!(zones.iter().map(|zone| zone.data("from")).collect::<Vec<_>>(), [0.0, amber, red]);
    let band = &series(&marks, "interval")[0];
    assert_eq!(Some([band.data("low"), band.data("high")]), threshold.utilisation_interval_95);
    x.assert_shows(band.number("x"), band.data("low"));
    let plain = &series(&marks, "unconditioned")[0];
    assert_eq!(Some(plain.data("value")), threshold.utilisation_unconditioned);
}

#[test]
fn gauge_of_an_infinite_utilisation_points_at_its_end_and_says_so() {
    let mut outcome = sample::outcome();
    let threshold = outcome.threshold.as_mut().unwrap();
    (threshold.utilisation, threshold.utilisation_interval_95) = (None, None);
    let svg = charts::gauge(&outcome, "chart").unwrap();
    let marks = marks(&svg);
    let needle = &series(&marks, "utilisation")[0];
    assert!(!needle.attributes.contains_key("data-value"));
    let end = series(&marks, "zone")[2].clone();
    assert!((needle.number("x1") - end.number("x") - end.number("width")).abs() < 0.05);
    assert!(svg.contains("utilisation infinite"));
}

#[test]
fn greeks_profile_shows_three_curves() {
    let outcome = sample::outcome();
    let marks = read(charts::greeks, &outcome);
    let x = Axis::of(&marks, "tick-x", false);
    type Figure = fn(&GreeksProfilePoint) -> f64;
    let curves: [(&str, Figure); 3] = [
        ("value", |point| point.value_change),
        ("delta", |point| point.dollar_delta),
        ("gamma", |point| point.gamma_1pct),
    ];
    for (name, figure) in curves {
        let points = series(&marks, name);
        let expected = &outcome.book.greeks.profile.points;
        assert_eq!(points.len(), expected.len());
        for (point, expected) in points.iter().zip(expected) {
            assert_eq!(
                [point.data("move"), point.data("value")],
                [expected.spot_move, figure(expected)]
            );
            x.assert_shows(point.number("cx"), expected.spot_move);
        }
        // Each panel has its own vertical scale: heights must be a straight line of the figures.
        let (first, last) = (&points[0], &points[points.len() - 1]);
        let slope =
            (last.number("cy") - first.number("cy")) / (last.data("value") - first.data("value"));
        for point in &points {
            let height = first.number("cy") + slope * (point.data("value") - first.data("value"));
            assert!((point.number("cy") - height).abs() < 0.05, "{name}");
        }
        assert!(slope < 0.0, "up is more");
    }
}

/// Rungs with a price at the move they lie at, ladder by ladder, the nearest to its line first.
#[test]
fn ladder_shows_every_rung_that_has_a_price() {
    let outcome = sample::outcome();
    let marks = read(charts::ladder, &outcome);
    let x = Axis::of(&marks, "tick-x", false);
    let rungs = series(&marks, "rung");
    let expected: Vec<(f64, f64)> = outcome
        .liquidation_exposure
        .ladders
        .iter()
        .flat_map(|ladder| &ladder.rungs)
        .filter_map(|rung| match rung.price {
            PriceOf::At(price) => Some((rung.change?, price)),
            PriceOf::Never | PriceOf::Passed => None,
        })
        .collect();
    assert_eq!(rungs.len(), expected.len());
    assert!(expected.len() > 7, "every kind of rung");
    for (mark, (change, price)) in rungs.iter().zip(expected) {
        assert_eq!([mark.data("change"), mark.data("price")], [change, price]);
        x.assert_shows(mark.number("cx"), change);
    }
    assert!(rungs[0].text("data-name").starts_with("binance um, BTC perpetual"));
}

/// One point a shock, on a logarithmic price axis; accounts sum to the book.
#[test]
fn notional_at_risk_shows_every_shock() {
    let outcome = sample::outcome();
    let marks = read(charts::at_risk, &outcome);
    let x = Axis::of(&marks, "tick-x", true);
    let y = Axis::of(&marks, "tick-y", false);
    let curve = &outcome.liquidation_exposure.at_risk[0];
    let points = series(&marks, "at-risk");
    assert_eq!(points.len(), curve.shocks.len());
    for (index, point) in points.iter().enumerate() {
        let (shock, notional) = (curve.shocks[index], curve.book[index]);
        assert_eq!([point.data("shock"), point.data("notional")], [shock, notional]);
        x.assert_shows(point.number("cx"), 1.0 + shock);
        y.assert_shows(point.number("cy"), notional);
        let accounts: f64 = curve.accounts.iter().map(|account| account.notional[index]).sum();
        assert_eq!(accounts, notional);
    }
}

/// The flow at every move, and depth where it is near.
#[test]
fn hedging_shows_the_flow_against_depth() {
    let outcome = sample::outcome();
    let marks = read(charts::hedging, &outcome);
    let x = Axis::of(&marks, "tick-x", false);
    let flows = series(&marks, "flow");
    let ladders = &outcome.liquidation_exposure.hedging;
    let points: Vec<_> = ladders.iter().flat_map(|ladder| &ladder.points).collect();
    assert_eq!(flows.len(), points.len());
    for (mark, point) in flows.iter().zip(points) {
        assert_eq!([mark.data("move"), mark.data("value")], [point.spot_move, point.flow_1pct]);
        x.assert_shows(mark.number("cx"), point.spot_move);
    }
    // 400,000 is within three times BTC's largest flow, not within that of ETH's.
    let depth = series(&marks, "depth");
    assert_eq!(depth.iter().map(|rule| rule.data("value")).collect::<Vec<_>>(), [400_000.0]);
    let (first, last) = (&flows[0], &flows[10]);
    let slope =
        (last.number("cy") - first.number("cy")) / (last.data("value") - first.data("value"));
    let height = first.number("cy") + slope * (400_000.0 - first.data("value"));
    assert!((depth[0].number("y1") - height).abs() < 0.1);
}

#[test]
fn charts_describe_themselves_and_leave_colour_to_the_page() {
    type Chart = fn(&Outcome, &str) -> Option<String>;
    let all: [Chart; 9] = [
        charts::distribution,
        charts::tail,
        charts::contributions,
        charts::waterfall,
        charts::gauge,
        charts::greeks,
        charts::ladder,
        charts::at_risk,
        charts::hedging,
    ];
    for chart in all {
        let svg = chart(&sample::outcome(), "name").unwrap();
        let marks = marks(&svg);
        assert_eq!(marks[0].text("role"), "img");
        assert_eq!(marks[0].text("aria-labelledby"), "name-title name-description");
        assert_eq!((marks[1].tag.as_str(), marks[1].text("id")), ("title", "name-title"));
        assert_eq!((marks[2].tag.as_str(), marks[2].text("id")), ("desc", "name-description"));
        assert!(marks.iter().all(|mark| {
            ["fill", "stroke", "style"].iter().all(|name| !mark.attributes.contains_key(*name))
        }));
    }
}

/// One path, or losses all equal: nothing to scale by, and still no NaN on the page.
#[test]
fn degenerate_outcomes_draw_without_nan() {
    let mut outcome = sample::outcome();
    outcome.measures.histogram.bins.truncate(1);
    let bin = &mut outcome.measures.histogram.bins[0];
    (bin.lower, bin.upper, bin.count, bin.probability) = (5.0, 5.0, 1, 1.0);
    outcome.measures.maximum_loss = 5.0;
    for measure in
        outcome.measures.value_at_risk.iter_mut().chain(&mut outcome.measures.expected_shortfall)
    {
        (measure.loss, measure.interval_95) = (5.0, [5.0, 5.0]);
    }
    for row in &mut outcome.contributions.by_position {
        (row.expected_shortfall, row.expected_shortfall_error) = (0.0, 0.0);
    }
    for point in &mut outcome.book.greeks.profile.points {
        (point.value_change, point.dollar_delta, point.gamma_1pct) = (0.0, 0.0, 0.0);
    }
    for chart in [charts::distribution, charts::tail, charts::contributions, charts::greeks] {
        let svg = chart(&outcome, "chart").unwrap_or_default();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
