//! `explanation.html`: one self-contained page. Its section stands in a template of its own, so that
//! other pages can hold it.

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::{name, sentence};
use crate::outcome::{ExplainedFigure, Explanation};
use crate::report::figures::Figures;
use crate::report::html::templates;
use crate::report::look::Look;
use crate::report::readable::readable;
use crate::report::{ReportError, charts};

/// The explanation as one HTML page.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite, [`ReportError::Template`] where the
/// template does not fit it.
pub fn explanation_html(explanation: &Explanation) -> Result<String, ReportError> {
    let explanation = &readable(explanation)?;
    let environment = templates::environment(figures(explanation), &Look::default())?;
    let page = environment.get_template("explanation.html")?.render(context! {
        chart_style => Value::from_safe_string(charts::STYLE.to_owned()),
        explanation => Value::from(Serde(explanation)),
        explained => explained(explanation),
        steps => steps(explanation),
    })?;
    Ok(page)
}

/// Money to as many decimals as the largest figure asks for.
fn figures(explanation: &Explanation) -> Figures {
    let amounts = explanation.figures.iter().filter(|figure| !figure.quantity.is_share());
    let amounts = amounts.flat_map(|figure| [figure.before.abs(), figure.after.abs()]);
    Figures::up_to(amounts.fold(0.0, f64::max))
}

/// What the section tells of each figure.
pub(in crate::report) fn explained(explanation: &Explanation) -> Vec<Value> {
    let told = |(index, figure): (usize, &ExplainedFigure)| {
        let id = format!("chart-explained-{index}");
        context! {
            name => name(figure.quantity, explanation),
            sentence => sentence(figure, explanation),
            is_share => figure.quantity.is_share(),
            chart => Value::from_safe_string(charts::explained(explanation, figure, &id)),
            figure => Value::from(Serde(figure)),
        }
    };
    explanation.figures.iter().enumerate().map(told).collect()
}

/// What the section tells of each step.
pub(in crate::report) fn steps(explanation: &Explanation) -> Vec<Value> {
    let told = |taken: &crate::outcome::StepTaken| {
        context! {
            name => taken.step.name(),
            changed => taken.changed,
            what => taken.what.clone(),
            told_with_next => taken.told_with_next.clone(),
        }
    };
    explanation.steps.iter().map(told).collect()
}
