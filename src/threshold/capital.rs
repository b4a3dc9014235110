//! The capital base C.

use super::policy::CapitalBase;

/// C with its description.
#[derive(Debug, Clone, PartialEq)]
pub struct Capital {
    /// In reporting currency; negative where balances are.
    pub amount: f64,
    /// What it is, in words.
    pub description: String,
}

/// C from the policy's base and today's collateral after haircuts.
pub fn capital(base: &CapitalBase, collateral_after_haircuts: f64) -> Capital {
    let (amount, description) = match *base {
        CapitalBase::Regulatory { amount } => (amount, "regulatory capital, as stated"),
        CapitalBase::Collateral => (collateral_after_haircuts, "collateral after haircuts"),
        CapitalBase::Lesser { regulatory } if regulatory <= collateral_after_haircuts => {
            (regulatory, "regulatory capital, the lesser of it and collateral after haircuts")
        }
        CapitalBase::Lesser { .. } => (
            collateral_after_haircuts,
            "collateral after haircuts, the lesser of it and regulatory capital",
        ),
    };
    Capital { amount, description: description.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lesser_is_named() {
        let base = CapitalBase::Lesser { regulatory: 5.0 };
        assert_eq!(capital(&base, 9.0).amount, 5.0);
        let found = capital(&base, 3.0);
        assert_eq!(found.amount, 3.0);
        assert!(found.description.starts_with("collateral"));
        assert_eq!(capital(&CapitalBase::Collateral, -2.0).amount, -2.0);
    }
}
