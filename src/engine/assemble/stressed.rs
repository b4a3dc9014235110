//! What a stressed estimation made worse, and by how much.

use crate::engine::plan::Plan;
use crate::outcome::{StressedModel, StressedVolatility};
use crate::simulation::StressedFit;

/// `None` where nothing was.
pub(super) fn stressed(plan: &Plan) -> Option<StressedModel> {
    let fit = plan.fit.stressed.as_ref()?;
    let settings = &fit.settings;
    let factors = plan.model.factors.iter().enumerate();
    let moving = factors.filter(|(_, factor)| factor.volatility > 0.0);
    let volatilities = moving.map(|(index, factor)| StressedVolatility {
        factor: factor.key.to_string(),
        unstressed: fit.unstressed_volatilities.get(index).copied(),
        volatility: factor.volatility,
    });
    Some(StressedModel {
        window: settings.window.map(|window| [window.from.to_string(), window.to.to_string()]),
        returns_in_window: fit.returns_in_window,
        correlation_toward_one: settings.correlation_toward_one,
        volatility_multiplier: settings.volatility_multiplier,
        degrees_of_freedom: settings.degrees_of_freedom,
        unstressed_correlation: fit.unstressed_correlation,
        correlation: fit.correlation,
        volatilities: volatilities.collect(),
        description: description(fit),
    })
}

fn description(fit: &StressedFit) -> String {
    let settings = &fit.settings;
    let mut parts = Vec::new();
    if let (Some(window), Some(returns)) = (settings.window, fit.returns_in_window) {
        let [from, to] = [window.from, window.to];
        parts.push(format!("estimated from the {returns} returns between {from} and {to}"));
    }
    if settings.correlation_toward_one > 0.0 {
        let share = settings.correlation_toward_one * 100.0;
        parts.push(format!("correlations moved {share:.1} % toward one"));
    }
    if let (Some(before), Some(after)) = (fit.unstressed_correlation, fit.correlation) {
        parts.push(format!("mean signed correlation {after:.2} instead of {before:.2}"));
    }
    if settings.volatility_multiplier != 1.0 {
        parts.push(format!("volatilities times {}", settings.volatility_multiplier));
    }
    if let Some(most) = settings.degrees_of_freedom {
        let replaced = fit.replaced_process.as_ref();
        let instead = replaced.map_or(String::new(), |name| format!(" in place of {name}"));
        parts.push(format!("Student-t returns of {most} degrees of freedom{instead}"));
    }
    format!("The model is stressed: {}.", parts.join("; "))
}
