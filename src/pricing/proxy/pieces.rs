//! Options too sharp for one polynomial, on pieces of their forward.
//!
//! Minutes before expiry an option is its payoff but for a window of a few standard deviations
//! around its strike. The axis is cut at the edges of the windows and inside them, so that no piece
//! is much wider than the deviations of the options it holds; between windows a payoff is a line in
//! the forward, and a piece as wide as it likes needs few coefficients. Every piece is fitted, and
//! its error bounded, as a domain of its own.
//!
//! On a block, paths are sorted by piece, each piece's polynomial runs over its own, and the
//! values go back to their places: neither order nor company changes a bit of a path.

use super::domain::Axis;
use super::family::{Family, FamilyPlan, RowPolynomial, Shape, Variables, terms};
use super::fit::{Fitter, GroupFit};
use super::merge::{Merged, added, full_cost, polynomials};
use super::windows::{Window, knots, windows};
use super::{Interpolation, Proof};
use crate::numeric::chebyshev::accumulate;
use crate::numeric::isa::InstructionSet;
use crate::numeric::segments::{Starts, locate};

/// Most pieces; what needs more stays in full.
pub(super) const PIECES_MAX: usize = 256;
/// Half-widths of pieces tried, in standard deviations of the sharpest option on them.
const HALF_WIDTHS: [f64; 3] = [3.0, 6.0, 12.0];
/// Operations of finding the pieces of paths and sorting them, a path: 6 ns with AVX-512, 7 ns with
/// AVX2.
const SORT_COST: f64 = 120.0;
/// Operations of putting one row's values back, a path,
const ROW_COST: f64 = 30.0;
/// and of starting its polynomial on a piece: about 44 ns a block of 512 paths.
const PIECE_COST: f64 = 1.7;

/// Polynomials of the same rows on pieces of [−1, 1].
#[derive(Debug, Clone)]
pub(super) struct Pieces {
    starts: Starts,
    pieces: Vec<Piece>,
}

/// The polynomials of one piece.
#[derive(Debug, Clone)]
struct Piece {
    /// Middle and one over half the width, on the whole domain's [−1, 1].
    centre: f64,
    scale: f64,
    rows: Vec<RowPolynomial>,
}

/// Room to sort the paths of a block.
#[derive(Debug, Clone)]
pub(super) struct Sorted {
    places: Vec<u32>,
    /// Paths by piece.
    order: Vec<u32>,
    /// Where the paths of each piece begin, and where the next one goes.
    begins: Vec<u32>,
    t: Vec<f64>,
    u: Vec<f64>,
}

impl Sorted {
    pub fn new(path_capacity: usize) -> Self {
        let (numbers, places) = (vec![0.0; path_capacity], vec![0; path_capacity]);
        Self {
            places: places.clone(),
            order: places,
            begins: vec![0; PIECES_MAX + 1],
            t: numbers.clone(),
            u: numbers,
        }
    }
}

impl Pieces {
    pub fn row_count(&self) -> usize {
        self.pieces.first().map_or(0, |piece| piece.rows.len())
    }

    /// Coefficients of the piece that has most.
    pub fn term_count(&self) -> usize {
        self.pieces.iter().map(|piece| terms(&piece.rows)).max().unwrap_or(0)
    }

    /// Operations a path beside the polynomials.
    pub fn cost(&self) -> f64 {
        let row = ROW_COST + PIECE_COST * self.pieces.len() as f64;
        SORT_COST + row * self.row_count() as f64
    }

    /// Adds the largest bound of all pieces for every row, in USD.
    pub fn add_errors(&self, row_errors: &mut [f64]) {
        for index in 0..self.row_count() {
            let errors = self.pieces.iter().map(|piece| piece.rows[index].error);
            row_errors[self.pieces[0].rows[index].row] += errors.fold(0.0, f64::max);
        }
    }

    /// Sorts the paths at `t` (and `u`) by piece.
    pub fn sort(&self, isa: InstructionSet, (t, u): (&[f64], &[f64]), sorted: &mut Sorted) {
        let count = t.len();
        let places = &mut sorted.places[..count];
        locate(isa, &self.starts, t, places);
        let begins = &mut sorted.begins[..=self.pieces.len()];
        begins.fill(0);
        for &place in &*places {
            begins[place as usize + 1] += 1;
        }
        for piece in 1..begins.len() {
            begins[piece] += begins[piece - 1];
        }
        for (path, &place) in places.iter().enumerate() {
            let piece = &self.pieces[place as usize];
            let slot = begins[place as usize] as usize;
            begins[place as usize] += 1;
            sorted.order[slot] = path as u32;
            sorted.t[slot] = held((t[path] - piece.centre) * piece.scale);
            sorted.u[slot] = u[path];
        }
    }

    /// Adds each row's polynomials to `out[row][path]`, times `unit` where there is one; `sum` is
    /// scratch.
    pub fn add(
        &self,
        isa: InstructionSet,
        sorted: &Sorted,
        unit: Option<&[f64]>,
        sum: &mut [f64],
        out: &mut [f64],
    ) {
        let count = sum.len();
        for index in 0..self.row_count() {
            sum.fill(0.0);
            let mut begin = 0;
            // Sorting has moved each beginning to the end of its piece.
            for (piece, &end) in self.pieces.iter().zip(&sorted.begins) {
                let paths = begin..end as usize;
                let (t, u) = (&sorted.t[paths.clone()], &sorted.u[paths.clone()]);
                accumulate(isa, &piece.rows[index].polynomial, t, u, &mut sum[paths]);
                begin = end as usize;
            }
            let slots = &mut out[self.pieces[0].rows[index].row * count..][..count];
            for (&path, sum) in sorted.order.iter().zip(&*sum) {
                let path = path as usize;
                slots[path] += sum * unit.map_or(1.0, |unit| unit[path]);
            }
        }
    }
}

/// Inside [−1, 1], whatever rounding did at the edge of a piece.
fn held(t: f64) -> f64 {
    let below = if t < 1.0 { t } else { 1.0 };
    if below > -1.0 { below } else { -1.0 }
}

/// The groups of `plan` as polynomials on pieces, each within `budget` USD a row; those that no
/// number of pieces up to [`PIECES_MAX`] makes so, or that do not pay, are left out.
pub(super) fn merge(
    fitter: &mut Fitter,
    plan: &FamilyPlan,
    (budget, interpolation): (f64, Interpolation),
) -> Merged {
    let mut groups = plan.groups.clone();
    while !groups.is_empty() {
        match fitted(fitter, plan, &groups, budget) {
            Ok((knots, fits)) => {
                return merged(fitter, plan, (&groups, &knots, fits), (budget, interpolation));
            }
            // The others may do without it.
            Err(culprit) => groups.retain(|&group| group != culprit),
        }
    }
    Merged::nothing()
}

/// Edges on [−1, 1] and the fits of each piece, then group; else a group that prevents them.
fn fitted(
    fitter: &mut Fitter,
    plan: &FamilyPlan,
    groups: &[usize],
    budget: f64,
) -> Result<(Vec<f64>, Vec<Vec<GroupFit>>), usize> {
    let windows: Vec<Window> =
        groups.iter().flat_map(|&group| windows(fitter, plan, group, budget)).collect();
    let sharpest = windows.iter().min_by(|a, b| a.deviation.total_cmp(&b.deviation));
    let mut culprit = sharpest.map_or(groups[0], |window| window.group);
    for half_width in HALF_WIDTHS {
        let knots = knots(&windows, plan.variables.x, half_width);
        // One piece is what has been tried before.
        let Some(knots) = knots.filter(|knots| knots.len() > 2) else { continue };
        let pieces = knots.windows(2).map(|edges| {
            let plan = plan.on(piece_axis(plan.variables.x, edges));
            let fits = groups.iter().map(|&group| fitter.fit(&plan, group, budget).ok_or(group));
            fits.collect::<Result<Vec<GroupFit>, usize>>()
        });
        match pieces.collect() {
            Ok(fits) => return Ok((knots, fits)),
            Err(group) => culprit = group,
        }
    }
    Err(culprit)
}

fn merged(
    fitter: &Fitter,
    plan: &FamilyPlan,
    (groups, knots, fits): (&[usize], &[f64], Vec<Vec<GroupFit>>),
    (budget, interpolation): (f64, Interpolation),
) -> Merged {
    let Some(starts) = Starts::new(&knots[1..knots.len() - 1]) else { return Merged::nothing() };
    let proof = fits.iter().flatten().map(|fit| fit.proof).max().unwrap_or(Proof::Proven);
    let piece = |(edges, fits): (&[f64], Vec<GroupFit>)| {
        let sums = fits.iter().fold(Vec::new(), |sums, fit| added(&sums, fit));
        let rows = polynomials(sums, plan.unit_max, budget / plan.unit_max);
        Piece { centre: 0.5 * (edges[0] + edges[1]), scale: 2.0 / (edges[1] - edges[0]), rows }
    };
    let pieces = knots.windows(2).zip(fits).map(piece).collect();
    let family = Family {
        variables: plan.variables.clone(),
        shape: Shape::Pieces(Pieces { starts, pieces }),
        still: plan.still.clone(),
        proof,
    };
    let book = fitter.book();
    let in_full: f64 = groups.iter().map(|&group| full_cost(&book.groups[group])).sum();
    if interpolation != Interpolation::WherePossible && family.cost() >= in_full {
        return Merged::nothing();
    }
    Merged { family: Some(family), groups: groups.to_vec() }
}

/// The part of `whole` between two edges on its [−1, 1].
fn piece_axis(whole: Axis, edges: &[f64]) -> Axis {
    Axis {
        centre: whole.at(0.5 * (edges[0] + edges[1])),
        half_width: 0.5 * whole.half_width * (edges[1] - edges[0]),
    }
}

impl FamilyPlan {
    /// The same on another interval of x.
    fn on(&self, x: Axis) -> Self {
        let variables = Variables { x, ..self.variables.clone() };
        Self { variables, ..self.clone() }
    }
}
