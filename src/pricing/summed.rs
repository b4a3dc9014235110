//! The options of a book alone, in other rows: summed where only their sum is asked for.

use super::CompiledBook;
use super::options::{Holding, OptionContract};

impl CompiledBook {
    /// The options of the book, those of row `i` in row `targets[i]` of `row_count` new ones and
    /// left out at `None`; without balances, other positions and cash, and never to be stepped.
    /// The new rows have no names of their own.
    pub fn options_in_rows(&self, targets: &[Option<usize>], row_count: usize) -> Self {
        let mut book = Self {
            rows: self.rows.iter().cycle().take(row_count).copied().collect(),
            settings: self.settings,
            factor_count: self.factor_count,
            timeline: self.timeline.clone(),
            curves: Vec::new(),
            legs: Vec::new(),
            groups: self.groups.clone(),
            slots: Vec::new(),
            funding: Vec::new(),
            base_values: vec![0.0; row_count],
            expansion: None,
            proxies: Vec::new(),
            settlements: None,
        };
        for group in &mut book.groups {
            group.slots.clear();
            group.contracts.iter_mut().for_each(|contract| contract.move_to(targets));
            group.contracts.retain(|contract| !contract.holdings.is_empty());
        }
        book.groups.retain(|group| !group.contracts.is_empty());
        book
    }
}

impl OptionContract {
    /// Holdings of the same new row become one; those that cancel vanish.
    fn move_to(&mut self, targets: &[Option<usize>]) {
        let mut moved: Vec<Holding> = Vec::new();
        for held in &self.holdings {
            let Some(row) = targets[held.row] else { continue };
            match moved.iter_mut().find(|other| other.row == row) {
                Some(other) => other.quantity += held.quantity,
                None => moved.push(Holding { row, slot: None, quantity: held.quantity }),
            }
        }
        moved.retain(|held| held.quantity != 0.0);
        self.holdings = moved;
    }
}

#[cfg(test)]
mod tests {
    use crate::numeric::isa::InstructionSet;
    use crate::portfolio::{OptionRight, Settlement};
    use crate::pricing::tests::fixture::{
        balance, book_of, compile, linear, market, model, option, perpetual, position, set,
    };
    use crate::pricing::{PathState, PricingSettings};
    use crate::simulation::FactorBlock;

    /// Rows of the book by position, added up by hand.
    #[test]
    fn options_move_to_their_new_rows_and_nothing_else_does() {
        let market = market();
        let held = |settlement, strike, right, quantity| {
            let mut held = position(option("BTC", settlement, 0.1, strike, right), quantity);
            held.volatility = Some(0.6);
            held
        };
        let book = book_of(
            vec![
                held(linear("USDT"), 55_000.0, OptionRight::Put, -3.0),
                position(perpetual("BTC", linear("USDT")), 1.0),
                held(Settlement::Inverse, 62_000.0, OptionRight::Call, 2.0),
                held(linear("USDT"), 70_000.0, OptionRight::Call, 5.0),
                held(linear("USDT"), 55_000.0, OptionRight::Put, 1.0),
            ],
            vec![balance("USD", 1e6)],
        );
        let model = model(&market, &book, &[0.01, 0.02]);
        let whole = compile(&market, &book, &model, PricingSettings::full());
        let mut targets = vec![None; whole.rows().len()];
        let row_of = |position| {
            let row = crate::pricing::Row::Position(position);
            whole.rows().iter().position(|one| *one == row).unwrap()
        };
        for (position, target) in [(0, 1), (2, 0), (1, 0), (4, 1)] {
            targets[row_of(position)] = Some(target);
        }
        let few = whole.options_in_rows(&targets, 2);
        let mut block = FactorBlock::new(model.factors.len(), 3);
        set(&mut block, &model, "BTC.spot", &[-0.2, 0.0, 0.3]);
        let values = |book: &crate::pricing::CompiledBook| {
            let mut state = PathState::new(book, 3);
            let mut out = vec![0.0; book.rows().len() * 3];
            book.start_block(&mut state, 3);
            book.values(InstructionSet::detect(), 1, &block, &mut state, &mut out);
            out
        };
        let (all, found) = (values(&whole), values(&few));
        for path in 0..3 {
            let row = |position| all[row_of(position) * 3 + path];
            approx::assert_relative_eq!(found[path], row(2), max_relative = 1e-12);
            approx::assert_relative_eq!(found[3 + path], row(0) + row(4), max_relative = 1e-12);
        }
    }
}
