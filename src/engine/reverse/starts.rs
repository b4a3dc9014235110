//! Directions from which a reverse stress is searched; the same for every thread count.

use super::shocked::Shocked;
use super::whitening::Whitening;
use crate::engine::compiled::Compiled;
use crate::numeric::least_distance::{RADII, norm, unit};
use crate::numeric::{Purpose, Streams};

/// Step of differences, in standard deviations.
const STEP: f64 = 1e-4;
/// Principal directions, each way.
const PRINCIPALS: usize = 3;
/// Rounds of the power iteration.
const ROUNDS: usize = 200;
/// Directions drawn.
const DRAWN: usize = 16;
/// Accounts with a start of their own.
const ACCOUNTS: usize = 16;

/// A unit vector with what it is.
pub(super) struct Start {
    pub name: String,
    pub direction: Vec<f64>,
}

/// Slopes of the book's loss today along the independent directions, then of each account's.
pub(super) struct Slopes {
    pub book: Vec<f64>,
    pub accounts: Vec<Vec<f64>>,
}

impl Slopes {
    /// By central differences of the full revaluation.
    pub fn of(shocked: &mut Shocked, dimensions: usize, accounts: usize) -> Self {
        let mut slopes = Self { book: Vec::new(), accounts: vec![Vec::new(); accounts] };
        let axes: Vec<usize> = (0..dimensions).collect();
        for part in axes.chunks(RADII / 2) {
            let mut points = Vec::with_capacity(2 * part.len());
            for &axis in part {
                for step in [STEP, -STEP] {
                    let mut point = vec![0.0; dimensions];
                    point[axis] = step;
                    points.push(point);
                }
            }
            let count = points.len();
            shocked.revalue(points.iter().map(Vec::as_slice));
            for pair in 0..part.len() {
                let slope = |up: f64, down: f64| (up - down) / (2.0 * STEP);
                let (up, down) = (2 * pair, 2 * pair + 1);
                slopes.book.push(slope(shocked.loss(up, count), shocked.loss(down, count)));
                for (account, slopes) in slopes.accounts.iter_mut().enumerate() {
                    let at = |place| shocked.account(account, place, count).0;
                    slopes.push(slope(at(up), at(down)));
                }
            }
        }
        slopes
    }
}

/// Every start: today's sensitivities of the book and of each account, each factor both ways,
/// principal directions both ways, draws.
pub(super) fn starts(book: &Compiled, whitening: &Whitening, slopes: &Slopes) -> Vec<Start> {
    let mut starts = Vec::new();
    let mut add = |name: String, direction: Vec<f64>| {
        if norm(&direction) > 0.0 {
            starts.push(Start { name, direction: unit(direction) });
        }
    };
    add("the book's sensitivities today".to_owned(), slopes.book.clone());
    let accounts = book.setting.portfolio.accounts.iter().zip(&slopes.accounts);
    for (account, slopes) in accounts.take(ACCOUNTS) {
        add(format!("the sensitivities of {} today", account.name), slopes.clone());
    }
    let mut both = |name: &str, direction: Vec<f64>| {
        add(format!("{name} up"), direction.clone());
        add(format!("{name} down"), direction.iter().map(|value| -value).collect());
    };
    for (index, factor) in book.setting.model.factors.iter().enumerate() {
        if let Some(direction) = whitening.along_factor(index) {
            both(&factor.key.to_string(), direction);
        }
    }
    for (index, direction) in principals(whitening).into_iter().enumerate() {
        both(&format!("principal direction {}", index + 1), direction);
    }
    for (index, direction) in drawn(book, whitening.dimensions()).into_iter().enumerate() {
        add(format!("draw {}", index + 1), direction);
    }
    starts
}

/// Directions of the largest common variance, by power iteration.
fn principals(whitening: &Whitening) -> Vec<Vec<f64>> {
    let mut found: Vec<Vec<f64>> = Vec::new();
    for index in 0..PRINCIPALS.min(whitening.dimensions()) {
        let mut at: Vec<f64> =
            (0..whitening.dimensions()).map(|axis| 1.0 / (1.0 + (axis + index) as f64)).collect();
        for _ in 0..ROUNDS {
            at = whitening.correlate(&at);
            for earlier in &found {
                let share: f64 = earlier.iter().zip(&at).map(|(a, b)| a * b).sum();
                at.iter_mut().zip(earlier).for_each(|(value, other)| *value -= share * other);
            }
            if norm(&at) == 0.0 {
                return found;
            }
            at = unit(at);
        }
        found.push(at);
    }
    found
}

fn drawn(book: &Compiled, dimensions: usize) -> Vec<Vec<f64>> {
    let streams = Streams::new(book.setting.seed, book.setting.isa);
    let ids: Vec<u64> = (0..DRAWN as u64).collect();
    let mut directions = vec![Vec::new(); DRAWN];
    let mut normals = vec![0.0; DRAWN];
    for axis in 0..dimensions as u32 {
        streams.fill_normals(Purpose::SearchStart, 0, axis, &ids, &mut normals);
        directions.iter_mut().zip(&normals).for_each(|(one, value)| one.push(*value));
    }
    directions
}
