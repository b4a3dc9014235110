//! The document of an estimated model: a scenario that extends the one that was fitted.

use super::Estimated;
use crate::outcome::MarketModel;
use crate::simulation::{Factor, Process};

/// The document's text; `scenario` is how it names the scenario that it extends.
///
/// Numbers are written so that reading them gives the same bits. What was not estimated (horizon,
/// paths, book, drift, smile) is the scenario's.
pub fn document(estimated: &Estimated, scenario: &str) -> String {
    let Estimated { model, plan, fitted } = estimated;
    let mut text = heading(model, scenario);
    text += &process(&plan.model.process, &plan.model.factors, model);
    text += &volatilities(model);
    text += &correlation(model, &plan.model.factors, &fitted.notes);
    text
}

fn heading(model: &MarketModel, scenario: &str) -> String {
    let window = match &model.window {
        Some([from, to]) => format!("{} returns from {from} to {to}", model.returns),
        None => "no history: all of it was stated".to_owned(),
    };
    let name = format!("{}-estimated", model.scenario);
    format!(
        "{MARK} from {}.\n# Market of {}; {window}.\n# ± is one standard error, where the estimator \
         gives one.\n\nname = {}\nextends = {}\n",
        comment(&model.scenario),
        model.as_of,
        quoted(&name),
        quoted(scenario)
    )
}

/// How documents that were written here begin.
pub const MARK: &str = "# Market model estimated by `plimsoll calibrate market`";

fn process(process: &Process, factors: &[Factor], model: &MarketModel) -> String {
    let mut text = String::from("\n[model.process]\n");
    let error = |name: &str| {
        let found = model.parameters.iter().find(|one| one.name == name);
        found.map_or(String::new(), |one| told_error(one.standard_error, one.observations))
    };
    match process {
        Process::Gbm => text += "type = \"gbm\"\n",
        Process::StudentT { degrees_of_freedom, truncation } => {
            text += &format!(
                "type = \"student_t\"\ndegrees_of_freedom = {degrees_of_freedom:?}{}\ntruncation = \
                 {truncation:?}\n",
                error("degrees of freedom")
            );
        }
        Process::TCopula { degrees_of_freedom, marginals, truncation } => {
            text += &format!(
                "type = \"t_copula\"\ndegrees_of_freedom = {degrees_of_freedom:?}{}\ntruncation = \
                 {truncation:?}\n\n[model.process.marginals]\n",
                error("degrees of freedom of the copula")
            );
            let moving = factors.iter().zip(marginals).filter(|(one, _)| one.volatility > 0.0);
            for (factor, freedom) in moving {
                let name = factor.key.to_string();
                let error = error(&format!("marginal degrees of freedom of {name}"));
                text += &format!("{} = {freedom:?}{error}\n", quoted(&name));
            }
        }
        Process::Merton { common, own } => {
            text += "type = \"merton\"\n";
            for (which, jumps) in [("common", common), ("own", own)] {
                text += &format!(
                    "{which} = {{ intensity = {:?}, mean = {:?}, deviation = {:?} }}{}\n",
                    jumps.intensity,
                    jumps.mean,
                    jumps.deviation,
                    error(&format!("intensity of {which} jumps"))
                );
            }
        }
        Process::Bootstrap { .. } => {
            return "\n# The process draws from the market's history itself: it has no parameters to \
                    state, and the\n# scenario's is kept.\n"
                .to_owned();
        }
        Process::FilteredHistorical { .. } => return filtered(model),
        Process::Historical { .. } => {
            return "\n# The process replays history: there is nothing to state.\n".to_owned();
        }
    }
    text
}

/// The filter is fitted again from the history that residuals are drawn from.
fn filtered(model: &MarketModel) -> String {
    let mut text =
        "\n# The process draws residuals of the market's history: the scenario's is kept, and \
                    its filter is fitted\n# again from that history to:\n"
            .to_owned();
    for one in &model.parameters {
        text += &format!("# {} = {:?}\n", comment(&one.name), one.value);
    }
    text
}

fn volatilities(model: &MarketModel) -> String {
    let mut text =
        "\n# Annual volatilities; a factor without one has none.\n[model.stated_volatility]\n"
            .to_owned();
    for one in &model.volatilities {
        let error = one.standard_error.map_or(String::new(), |error| format!("± {error:.4}, "));
        text += &format!(
            "{} = {:?} # {error}{}\n",
            quoted(&one.factor),
            one.volatility,
            comment(&one.source)
        );
    }
    text
}

fn correlation(model: &MarketModel, factors: &[Factor], notes: &[String]) -> String {
    let moving: Vec<usize> =
        (0..factors.len()).filter(|&index| factors[index].volatility > 0.0).collect();
    if moving.is_empty() {
        return String::new();
    }
    let mut text = format!("\n# {}.\n", comment(&model.correlation_source));
    for note in notes {
        text += &format!("# {}\n", comment(note));
    }
    text += "[model.correlation]\nestimator = \"stated\"\nfactors = [";
    let names = moving.iter().map(|&index| quoted(&factors[index].key.to_string()));
    text += &names.collect::<Vec<_>>().join(", ");
    text += "]\nmatrix = [\n";
    for &row in &moving {
        let entries = moving.iter().map(|&column| format!("{:?}", model.correlation[row][column]));
        text += &format!("    [{}],\n", entries.collect::<Vec<_>>().join(", "));
    }
    text + "]\n" + &errors(model, &moving)
}

fn errors(model: &MarketModel, moving: &[usize]) -> String {
    if model.correlation_errors.is_empty() {
        return "# The estimator gives no standard errors of correlations.\n".to_owned();
    }
    let mut text = "# Standard errors (1 − ρ²)/√(n − 1) of normal returns:\n".to_owned();
    for &row in moving {
        let entries =
            moving.iter().map(|&column| format!("{:.4}", model.correlation_errors[row][column]));
        text += &format!("#   [{}]\n", entries.collect::<Vec<_>>().join(", "));
    }
    text
}

fn told_error(error: Option<f64>, observations: usize) -> String {
    match error {
        Some(error) => format!(" # ± {error:.4}, {observations} observations"),
        None => format!(" # {observations} observations"),
    }
}

/// Text within a comment: on one line.
fn comment(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            letter if letter.is_control() => {
                quoted += &format!("\\u{:04X}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted + "\""
}
