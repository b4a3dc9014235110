//! What restores the target utilisation: more capital, or smaller positions.

use super::limit::{Utilisation, utilisation};
use crate::units::grouped;

/// What a remedy is worked out from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RemedyInputs {
    /// PL today.
    pub potential_loss: f64,
    /// Capital base C.
    pub capital: f64,
    /// Appetite times multiplier, `a · M`: threshold per unit of capital.
    pub threshold_per_capital: f64,
    /// Utilisation aimed at.
    pub target_utilisation: f64,
    /// k at which PL is the target share of T and margins are met, from
    /// [`super::solve_scale`] with the threshold times the target.
    pub scale_to_target: Option<f64>,
    /// Gross exposure today.
    pub gross_exposure: f64,
}

/// What restores the target utilisation.
#[derive(Debug, Clone, PartialEq)]
pub struct Remedy {
    /// Utilisation aimed at.
    pub target_utilisation: f64,
    /// External money to add as capital; zero where none is needed, `None` where none helps.
    pub margin_call: Option<f64>,
    /// Scale of all positions that restores it instead; 1 where none is needed.
    pub scale_positions: Option<f64>,
    /// Gross exposure to shed by that.
    pub reduce_gross_exposure: Option<f64>,
    /// Plain sentence.
    pub advice: String,
}

/// The remedy.
///
/// External money in the reporting currency raises C and leaves losses as they are: the call is
/// `PL/(u·a·M) − C`. A transfer between own accounts raises no capital and is no remedy.
pub fn remedy(inputs: &RemedyInputs) -> Remedy {
    let limit = inputs.threshold_per_capital * inputs.capital;
    let within = match utilisation(inputs.potential_loss, limit) {
        Utilisation::Finite(share) => share <= inputs.target_utilisation,
        Utilisation::Infinite => false,
    };
    let (margin_call, scale) = if within {
        (Some(0.0), Some(1.0))
    } else {
        (call(inputs), inputs.scale_to_target.map(|scale| scale.min(1.0)))
    };
    let reduction = scale.map(|scale| (1.0 - scale) * inputs.gross_exposure);
    Remedy {
        target_utilisation: inputs.target_utilisation,
        margin_call,
        scale_positions: scale,
        reduce_gross_exposure: reduction,
        advice: advice(inputs, within, margin_call, scale, reduction),
    }
}

fn call(inputs: &RemedyInputs) -> Option<f64> {
    let per_capital = inputs.target_utilisation * inputs.threshold_per_capital;
    let needed = inputs.potential_loss / per_capital - inputs.capital;
    (per_capital > 0.0 && needed.is_finite()).then_some(needed)
}

fn advice(
    inputs: &RemedyInputs,
    within: bool,
    call: Option<f64>,
    scale: Option<f64>,
    reduction: Option<f64>,
) -> String {
    let target = format!("{:.0} %", inputs.target_utilisation * 100.0);
    if within {
        return format!("Nothing to do: utilisation is at or below the target of {target}.");
    }
    let add = call.map(|money| format!("add USD {} of outside capital", grouped(money, 0)));
    let cut = scale.zip(reduction).map(|(scale, reduction)| {
        format!(
            "scale all positions to {:.1} % (shed USD {} of gross exposure)",
            scale * 100.0,
            grouped(reduction, 0)
        )
    });
    match (add, cut) {
        (Some(add), Some(cut)) => format!("To return to {target}: {add}, or {cut}."),
        (Some(add), None) => {
            format!("To return to {target}: {add}; no smaller scale of all positions gets there.")
        }
        (None, Some(cut)) => format!(
            "To return to {target}: {cut}; capital does not help while nothing may be carried."
        ),
        (None, None) => format!(
            "Neither capital nor scaling all positions returns to {target}: change what is held."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUTS: RemedyInputs = RemedyInputs {
        potential_loss: 600.0,
        capital: 1_000.0,
        threshold_per_capital: 0.5,
        target_utilisation: 0.75,
        scale_to_target: Some(0.625),
        gross_exposure: 4_000.0,
    };

    #[test]
    fn the_call_restores_the_target_exactly() {
        let found = remedy(&INPUTS);
        let money = found.margin_call.unwrap();
        assert_eq!(money, 600.0);
        let limit = INPUTS.threshold_per_capital * (INPUTS.capital + money);
        assert_eq!(utilisation(INPUTS.potential_loss, limit), Utilisation::Finite(0.75));
        assert_eq!(found.reduce_gross_exposure, Some(1_500.0));
        assert!(found.advice.contains("add USD 600 ") && found.advice.contains("62.5 %"));
    }

    #[test]
    fn within_the_target_nothing_is_needed() {
        let found = remedy(&RemedyInputs { potential_loss: 100.0, ..INPUTS });
        assert_eq!((found.margin_call, found.scale_positions), (Some(0.0), Some(1.0)));
        assert!(found.advice.starts_with("Nothing to do"));
        let profit = remedy(&RemedyInputs { potential_loss: -1.0, capital: -5.0, ..INPUTS });
        assert_eq!(profit.margin_call, Some(0.0));
    }

    #[test]
    fn capital_does_not_help_while_the_multiplier_is_zero() {
        let found = remedy(&RemedyInputs { threshold_per_capital: 0.0, ..INPUTS });
        assert_eq!(found.margin_call, None);
        assert!(found.advice.contains("capital does not help"));
        let neither = RemedyInputs { threshold_per_capital: 0.0, scale_to_target: None, ..INPUTS };
        assert!(remedy(&neither).advice.contains("change what is held"));
    }

    #[test]
    fn negative_capital_is_called_back_first() {
        let found = remedy(&RemedyInputs { capital: -200.0, ..INPUTS });
        assert_eq!(found.margin_call, Some(1_800.0));
    }
}
