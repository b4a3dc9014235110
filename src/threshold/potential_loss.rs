//! The potential loss PL: a named sum or maximum of weighted terms.

use super::ThresholdError;
use super::policy::{Combination, Policy};

/// An amount with its Monte Carlo error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MoneyEstimate {
    /// In reporting currency.
    pub amount: f64,
    /// Standard error; zero where nothing was sampled.
    pub standard_error: f64,
}

/// Standard errors beyond which an estimate is taken to be on its side of a level: more than normal
/// errors would need, for those of a tail are not.
const FAR_ERRORS: f64 = 6.0;

impl MoneyEstimate {
    /// An amount without sampling error.
    pub fn exact(amount: f64) -> Self {
        Self { amount, standard_error: 0.0 }
    }

    /// Whether it is so many errors off `level` that more paths would not take it to the other side.
    pub fn is_far_from(&self, level: f64) -> bool {
        (self.amount - level).abs() > FAR_ERRORS * self.standard_error
    }
}

/// One term measured.
#[derive(Debug, Clone, PartialEq)]
pub struct TermAmount {
    /// Amount before weight.
    pub estimate: MoneyEstimate,
    /// How it was found.
    pub estimator: String,
}

/// PL with its error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PotentialLoss {
    /// PL and its standard error.
    pub estimate: MoneyEstimate,
    /// Index of the largest weighted term.
    pub largest_term: usize,
}

/// Combines `amounts`, one a term of the policy, in its order.
///
/// Errors of a sum are those of independent terms: only simulated shortfall is sampled, and
/// stresses and add-ons are not. The error of a maximum is that of its largest term.
///
/// # Errors
/// [`ThresholdError::TermCount`] where amounts and terms differ in number.
pub fn potential_loss(
    policy: &Policy,
    amounts: &[MoneyEstimate],
) -> Result<PotentialLoss, ThresholdError> {
    let expected = policy.terms.len();
    if amounts.len() != expected || expected == 0 {
        let found = amounts.len();
        return Err(ThresholdError::TermCount { found, expected });
    }
    let weighted: Vec<MoneyEstimate> = policy
        .terms
        .iter()
        .zip(amounts)
        .map(|(term, estimate)| MoneyEstimate {
            amount: term.weight * estimate.amount,
            standard_error: term.weight * estimate.standard_error,
        })
        .collect();
    let largest_term = largest(&weighted);
    let estimate = match policy.combination {
        Combination::Maximum => weighted[largest_term],
        Combination::Sum => sum(&weighted),
    };
    Ok(PotentialLoss { estimate, largest_term })
}

fn largest(weighted: &[MoneyEstimate]) -> usize {
    let mut largest = 0;
    for (index, estimate) in weighted.iter().enumerate() {
        if estimate.amount > weighted[largest].amount {
            largest = index;
        }
    }
    largest
}

fn sum(weighted: &[MoneyEstimate]) -> MoneyEstimate {
    let squares = weighted.iter().map(|one| one.standard_error * one.standard_error);
    MoneyEstimate {
        amount: weighted.iter().map(|one| one.amount).sum(),
        standard_error: squares.sum::<f64>().sqrt(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::policy::tests::plain;
    use super::super::policy::{Covers, Term, TermKind};
    use super::*;

    fn two_terms(combination: Combination) -> Policy {
        let mut policy = plain();
        policy.combination = combination;
        policy.terms.push(Term {
            name: "model".into(),
            weight: 2.0,
            kind: TermKind::Stated { amount: 40.0, covers: Covers::Model },
        });
        policy
    }

    const AMOUNTS: [MoneyEstimate; 2] = [
        MoneyEstimate { amount: 100.0, standard_error: 3.0 },
        MoneyEstimate { amount: 40.0, standard_error: 2.0 },
    ];

    #[test]
    fn sum_and_maximum() {
        let found = potential_loss(&two_terms(Combination::Sum), &AMOUNTS).unwrap();
        assert_eq!(found.estimate, MoneyEstimate { amount: 180.0, standard_error: 5.0 });
        let found = potential_loss(&two_terms(Combination::Maximum), &AMOUNTS).unwrap();
        assert_eq!(found.estimate, AMOUNTS[0]);
        assert_eq!(found.largest_term, 0);
    }

    #[test]
    fn a_missing_amount_is_an_error() {
        let found = potential_loss(&two_terms(Combination::Sum), &AMOUNTS[..1]);
        let expected = ThresholdError::TermCount { found: 1, expected: 2 };
        assert_eq!(found, Err(expected));
    }
}
