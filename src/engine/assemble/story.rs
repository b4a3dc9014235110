//! A path told node by node: prices, values of accounts, and how near venues were to closing them.

use crate::engine::path::{PathEngine, Workspace};
use crate::engine::tail::{TailRow, tail_row};
use crate::margin::Looked;
use crate::outcome::{PathStory, StoryNode};
use crate::portfolio::Portfolio;
use crate::pricing::Row;
use crate::simulation::{FactorKey, FactorModel};

/// Coins and accounts of a story: those that move, and that come nearest to their margin.
const TOLD: usize = 4;
/// Nodes of a story; of a longer path the last of each stretch is told.
const NODES: usize = 240;

/// The story of the path at `path`; `None` where it has one step alone.
pub(in crate::engine) fn story(
    engine: &PathEngine,
    path: u64,
    model: &FactorModel,
    portfolio: &Portfolio,
    rows: &[TailRow],
) -> Option<PathStory> {
    if model.grid.nodes.len() < 2 {
        return None;
    }
    let spots: Vec<(String, usize)> = spots(model);
    let accounts = portfolio.accounts.len();
    let book = Book::new(engine, portfolio, rows);
    let today = Told {
        time_years: 0.0,
        prices: vec![1.0; spots.len()],
        values: book.values(engine.book().base_values()),
        ratios: vec![None; accounts],
    };
    let mut told = vec![today];
    let mut workspace = engine.workspace(1);
    engine.walk_told(&mut workspace, path, |node, workspace, looked| {
        told.push(Told {
            time_years: model.grid.nodes[node].get(),
            prices: spots.iter().map(|(_, at)| workspace.factors().level(*at)[0]).collect(),
            values: book.values_on(workspace),
            ratios: ratios(looked, accounts),
        });
    });
    let coins = chosen(spots.len(), |coin| {
        -told.iter().fold(0.0, |most: f64, one| most.max((one.prices[coin] - 1.0).abs()))
    });
    let nearest = chosen(accounts, |account| {
        let ratio = told.iter().filter_map(|one| one.ratios[account]).reduce(f64::min);
        ratio.unwrap_or_else(|| 1e6 - fall(&told, account).abs().min(1e5) * 1e-6)
    });
    let node = |one: &Told| StoryNode {
        time_years: one.time_years,
        prices: coins.iter().map(|coin| one.prices[*coin]).collect(),
        values: nearest.iter().map(|account| one.values[*account]).collect(),
        margin_ratios: nearest.iter().map(|account| one.ratios[*account]).collect(),
    };
    Some(PathStory {
        coins: coins.iter().map(|coin| spots[*coin].0.clone()).collect(),
        accounts: nearest.iter().map(|one| portfolio.accounts[*one].name.clone()).collect(),
        nodes: thinned(&told).into_iter().map(node).collect(),
    })
}

/// Everything at one node, by coin and by account of the portfolio.
struct Told {
    time_years: f64,
    prices: Vec<f64>,
    values: Vec<f64>,
    ratios: Vec<Option<f64>>,
}

/// Coins with the factors of their spots.
fn spots(model: &FactorModel) -> Vec<(String, usize)> {
    let factors = model.factors.iter().enumerate();
    let spot = |(index, factor): (usize, &crate::simulation::Factor)| match &factor.key {
        FactorKey::Spot(symbol) => Some((symbol.to_string(), index)),
        _ => None,
    };
    factors.filter_map(spot).collect()
}

/// Whose rows are valued.
struct Book<'a> {
    engine: &'a PathEngine,
    /// Account of each row; whether it is a position of an account that is closed today.
    rows: Vec<(usize, bool)>,
    accounts: usize,
}

impl<'a> Book<'a> {
    fn new(engine: &'a PathEngine, portfolio: &Portfolio, told: &[TailRow]) -> Self {
        let closed = |account: usize| told.contains(&TailRow::ClosingCost { account });
        let row = |row: &Row| {
            let (told, account) = tail_row(row, portfolio);
            (account, matches!(told, TailRow::Position(_)) && closed(account))
        };
        let rows = engine.book().rows().iter().map(row).collect();
        Self { engine, rows, accounts: portfolio.accounts.len() }
    }

    /// Value of each account from that of the rows.
    fn values(&self, rows: &[f64]) -> Vec<f64> {
        let mut values = vec![0.0; self.accounts];
        self.rows.iter().zip(rows).for_each(|((account, _), value)| values[*account] += value);
        values
    }

    /// The same where a path stands, what closing and failures cost taken off.
    fn values_on(&self, workspace: &Workspace) -> Vec<f64> {
        let base = self.engine.book().base_values();
        let value = |(row, (_, closed)): (usize, &(usize, bool))| {
            if *closed { base[row] } else { workspace.row(row)[0] }
        };
        let rows: Vec<f64> = self.rows.iter().enumerate().map(value).collect();
        let (mut costs, mut failures) = (vec![0.0; self.accounts], vec![0.0; self.accounts]);
        self.engine.add_costs(workspace, 0, &mut costs);
        self.engine.add_failure_losses(workspace, 0, &mut failures);
        let values = self.values(&rows).into_iter().zip(costs.into_iter().zip(failures));
        values.map(|(value, (cost, failure))| value - cost - failure).collect()
    }
}

/// Of the pools of an account that which is nearest to its margin.
fn ratios(looked: &[Looked], accounts: usize) -> Vec<Option<f64>> {
    let mut ratios: Vec<Option<f64>> = vec![None; accounts];
    for one in looked {
        if let Some(ratio) = one.ratio() {
            let least = &mut ratios[one.account];
            *least = Some(least.map_or(ratio, |other| other.min(ratio)));
        }
    }
    ratios
}

fn fall(told: &[Told], account: usize) -> f64 {
    let last = told.last().map_or(0.0, |one| one.values[account]);
    told[0].values[account] - last
}

/// The first of so many by an order, as they stand.
fn chosen(count: usize, order: impl Fn(usize) -> f64) -> Vec<usize> {
    let mut ranked: Vec<usize> = (0..count).collect();
    ranked.sort_by(|a, b| order(*a).total_cmp(&order(*b)).then(a.cmp(b)));
    ranked.truncate(TOLD);
    ranked.sort_unstable();
    ranked
}

/// Today, and the last node of each stretch.
fn thinned(told: &[Told]) -> Vec<&Told> {
    let stretch = (told.len() - 1).div_ceil(NODES).max(1);
    let later = told[1..].chunks(stretch).filter_map(<[Told]>::last);
    std::iter::once(&told[0]).chain(later).collect()
}
