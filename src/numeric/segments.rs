//! Pieces of an axis, found for many numbers at once, and functions that are linear on each piece.
//!
//! A piece is found by halving, without a branch: as many comparisons for every number as the
//! count of pieces has binary digits, a register of numbers at a time. Each number then loads the
//! one line it needs.

use super::isa::cloned_per_instruction_set;

/// Most pieces of an axis.
pub const PIECES_MAX: usize = 1024;
/// Lengths of the tables searched: known to the compiler, so that no access needs a check.
const LENGTHS: [usize; 4] = [16, 64, 256, PIECES_MAX];
/// Numbers whose pieces are found before their lines are read.
const RUN: usize = 64;

/// Where the pieces of an axis begin: the first at −∞, which owns NaN too.
#[derive(Debug, Clone, PartialEq)]
pub struct Starts {
    /// Ascending; +∞, which nothing is above, past the last piece.
    padded: Vec<f64>,
}

impl Starts {
    /// Pieces between `knots`, ascending; a knot belongs to the piece before it. `None` where
    /// there are [`PIECES_MAX`] knots or more.
    pub fn new(knots: &[f64]) -> Option<Self> {
        let length = LENGTHS.into_iter().find(|length| knots.len() < *length)?;
        let mut padded = vec![f64::INFINITY; length];
        padded[0] = f64::NEG_INFINITY;
        padded[1..=knots.len()].copy_from_slice(knots);
        Some(Self { padded })
    }
}

/// A function that is linear between its knots.
#[derive(Debug, Clone, PartialEq)]
pub struct PiecewiseLinear {
    starts: Starts,
    /// Value at zero and slope of each piece's line; zeros past the last piece.
    lines: Vec<[f64; 2]>,
}

impl PiecewiseLinear {
    /// From the line left of all knots, as value at zero and slope, and the rise of the slope at
    /// each of `kinks`, as `(knot, rise)` in any order: the function is continuous. `None` where
    /// there are too many knots.
    pub fn new(left: [f64; 2], kinks: &[(f64, f64)]) -> Option<Self> {
        let mut kinks = kinks.to_vec();
        kinks.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut knots, mut lines, mut line): (Vec<f64>, _, _) = (Vec::new(), vec![left], left);
        for (knot, rise) in kinks {
            line = [line[0] - rise * knot, line[1] + rise];
            if knots.last() == Some(&knot) {
                lines.pop();
            } else {
                knots.push(knot);
            }
            lines.push(line);
        }
        let starts = Starts::new(&knots)?;
        lines.resize(starts.padded.len(), [0.0; 2]);
        Some(Self { starts, lines })
    }
}

cloned_per_instruction_set! {
    /// The piece of each number.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn locate(starts: &Starts, x: &[f64], places: &mut [u32]) = find;
}

cloned_per_instruction_set! {
    /// `sums += f(x)`.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn add_lines(f: &PiecewiseLinear, x: &[f64], sums: &mut [f64]) = add;
}

cloned_per_instruction_set! {
    /// `sums += f(x)/x`; nothing where that is not finite.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn add_lines_over_argument(f: &PiecewiseLinear, x: &[f64], sums: &mut [f64]) = add_over;
}

#[inline(always)]
fn find(starts: &Starts, x: &[f64], places: &mut [u32]) {
    let table = &starts.padded[..];
    match table.len() {
        16 => halve::<16>(table, x, places),
        64 => halve::<64>(table, x, places),
        256 => halve::<256>(table, x, places),
        _ => halve::<PIECES_MAX>(table, x, places),
    }
}

#[inline(always)]
fn halve<const LENGTH: usize>(table: &[f64], x: &[f64], places: &mut [u32]) {
    assert!(x.len() == places.len() && table.len() == LENGTH);
    let Some(table) = table.first_chunk::<LENGTH>() else { return };
    places.fill(0);
    let mut step = LENGTH / 2;
    while step > 0 {
        for (place, &x) in places.iter_mut().zip(x) {
            let next = *place + step as u32;
            let above = x > table[next as usize & (LENGTH - 1)];
            *place = if above { next } else { *place };
        }
        step /= 2;
    }
}

#[inline(always)]
fn add(f: &PiecewiseLinear, x: &[f64], sums: &mut [f64]) {
    assert_eq!(x.len(), sums.len());
    let mut places = [0_u32; RUN];
    for (x, sums) in x.chunks(RUN).zip(sums.chunks_mut(RUN)) {
        let places = &mut places[..x.len()];
        find(&f.starts, x, places);
        for ((sum, &place), &x) in sums.iter_mut().zip(&*places).zip(x) {
            let [value, slope] = f.lines[place as usize];
            *sum += slope.mul_add(x, value);
        }
    }
}

#[inline(always)]
fn add_over(f: &PiecewiseLinear, x: &[f64], sums: &mut [f64]) {
    assert_eq!(x.len(), sums.len());
    let mut places = [0_u32; RUN];
    for (x, sums) in x.chunks(RUN).zip(sums.chunks_mut(RUN)) {
        let places = &mut places[..x.len()];
        find(&f.starts, x, places);
        for ((sum, &place), &x) in sums.iter_mut().zip(&*places).zip(x) {
            let [value, slope] = f.lines[place as usize];
            let ratio = slope.mul_add(x, value) / x;
            *sum += if ratio.is_finite() { ratio } else { 0.0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::InstructionSet;

    /// Numbers between, on and beyond `knots`, and what is no number.
    fn numbers(knots: &[f64]) -> Vec<f64> {
        let mut x: Vec<f64> = (0..200).map(|i| 0.02 * f64::from(i) - 1.0).collect();
        x.extend(knots);
        x.extend([f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300, f64::NAN]);
        x
    }

    #[test]
    fn halving_finds_what_counting_finds() {
        let x = |knots: &[f64]| numbers(knots);
        for count in [0, 1, 14, 15, 16, 63, 64, 200, 1023] {
            let knots: Vec<f64> = (0..count).map(|i| 2.5 * i as f64 / count as f64 - 0.3).collect();
            let starts = Starts::new(&knots).unwrap();
            let x = x(&knots);
            for isa in InstructionSet::available() {
                let mut places = vec![u32::MAX; x.len()];
                locate(isa, &starts, &x, &mut places);
                for (x, place) in x.iter().zip(&places) {
                    let below = knots.iter().filter(|knot| x > knot).count();
                    assert_eq!(*place as usize, below, "{x} among {count}, {isa}");
                }
            }
        }
        assert!(Starts::new(&[0.0; PIECES_MAX]).is_none());
    }

    /// Calls and puts summed one by one; strikes repeat.
    #[test]
    fn payoffs_add_up() {
        let held = [(0.5, 2.0, 1.0), (1.5, -3.0, -1.0), (0.5, 1.0, -1.0), (1.0, 4.0, 1.0)];
        let mut left = [0.0; 2];
        for (strike, quantity, _) in held.iter().filter(|(_, _, sign)| *sign < 0.0) {
            left = [left[0] + quantity * strike, left[1] - quantity];
        }
        let kinks: Vec<(f64, f64)> = held.iter().map(|one| (one.0, one.1)).collect();
        let payoff = PiecewiseLinear::new(left, &kinks).unwrap();
        let exact =
            |x: f64| -> f64 { held.iter().map(|(k, q, sign)| q * (sign * (x - k)).max(0.0)).sum() };
        let x: Vec<f64> = (1..300).map(|i| 0.01 * f64::from(i)).collect();
        let (mut plain, mut over) = (vec![1.0; x.len()], vec![0.0; x.len()]);
        add_lines(InstructionSet::detect(), &payoff, &x, &mut plain);
        add_lines_over_argument(InstructionSet::detect(), &payoff, &x, &mut over);
        for ((x, plain), over) in x.iter().zip(&plain).zip(&over) {
            assert!((plain - 1.0 - exact(*x)).abs() < 1e-14, "{x}");
            assert!((over - exact(*x) / x).abs() < 1e-14 / x, "{x}");
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits_whatever_the_number() {
        let kinks: Vec<(f64, f64)> = (0..40).map(|i| (0.07 * f64::from(i), 0.3)).collect();
        let f = PiecewiseLinear::new([0.1, -1.7], &kinks).unwrap();
        let x = numbers(&[]);
        let sums = |isa| {
            let mut sums = vec![0.7; x.len()];
            add_lines_over_argument(isa, &f, &x, &mut sums);
            sums
        };
        let expected = sums(InstructionSet::Baseline);
        assert!(expected.iter().all(|sum| sum.is_finite()));
        for isa in InstructionSet::available() {
            assert_eq!(sums(isa), expected, "{isa}");
        }
    }
}
