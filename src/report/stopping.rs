//! Why a run took as many paths as it did, in words.

use super::figures::{number, percent};
use crate::outcome::{Outcome, Stopping};

/// The number of paths, and the precision that asked for them.
pub(super) fn paths(outcome: &Outcome) -> String {
    let paths = format!("{} paths", number(outcome.paths as f64, 0));
    match &outcome.stopping {
        None => paths,
        Some(stopping) if stopping.reached => {
            format!("{paths} for ±{}", percent(stopping.precision, 1))
        }
        Some(stopping) => format!("{paths}, ±{} not reached", percent(stopping.precision, 1)),
    }
}

/// What was asked for, what was reached and what ended the run.
pub(super) fn sentence(stopping: &Stopping) -> String {
    let asked = format!(
        "Asked to run until the 95 % intervals of VaR and ES at every level are within ±{} of the \
         figure.",
        percent(stopping.precision, 2)
    );
    let ended =
        if stopping.reached { "Reached" } else { "Not reached within the most paths allowed" };
    let widest = stopping.checkpoints.last().map_or_else(String::new, |last| {
        let width = last.relative_half_width.map_or_else(
            || "about zero, where no fraction is".to_owned(),
            |width| format!("±{}", percent(width, 2)),
        );
        format!(": the widest is that of {}, {width}", last.measure)
    });
    let looks = stopping.checkpoints.iter().map(|one| number(one.paths as f64, 0));
    let looks: Vec<String> = looks.collect();
    format!("{asked} {ended}{widest}. Looked at after {} paths.", looks.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Checkpoint;

    #[test]
    fn the_sentence_says_what_was_asked_and_what_ended_it() {
        let checkpoint = |paths, width| Checkpoint {
            paths,
            relative_half_width: width,
            measure: "ES 99 %".to_owned(),
        };
        let mut stopping = Stopping {
            precision: 0.01,
            reached: true,
            checkpoints: vec![checkpoint(1_000, Some(0.02)), checkpoint(2_000, Some(0.009))],
        };
        let told = sentence(&stopping);
        assert!(told.contains("Reached: the widest is that of ES 99 %, ±0.90\u{a0}%"), "{told}");
        assert!(told.ends_with("Looked at after 1,000, 2,000 paths."), "{told}");
        stopping.reached = false;
        stopping.checkpoints.push(checkpoint(4_000, None));
        let told = sentence(&stopping);
        assert!(told.contains("Not reached within the most paths allowed"), "{told}");
        assert!(told.contains("about zero"), "{told}");
    }
}
