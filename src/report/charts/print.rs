//! Charts as pictures of their own: the colours of print in place of the page's variables, for programs
//! that know no style sheet but the picture's.

use std::collections::BTreeMap;

use super::STYLE;
use super::canvas::WIDTH;

/// What is left on either side, in the units of a chart.
const MARGIN: f64 = 12.0;

/// The page's style, whose variables charts are drawn in.
const PAGE_STYLE: &str = include_str!("../html/templates/style.css");

/// A chart with its style in it, in print colours, its text in `family`.
pub(in crate::report) fn for_print(chart: &str, family: &str) -> String {
    let Some(end) = chart.find('>') else { return chart.to_owned() };
    let (open, rest) = chart.split_at(end + 1);
    format!("{}<style>{}</style>{rest}", with_margins(open), style(family))
}

/// Labels at the ends of an axis reach over the edge, where a page shows them and a picture is cut.
fn with_margins(open: &str) -> String {
    let plain = format!("viewBox=\"0 0 {WIDTH} ");
    open.replacen(&plain, &format!("viewBox=\"-{MARGIN} 0 {} ", WIDTH + 2.0 * MARGIN), 1)
}

/// The charts' style sheet without variables.
fn style(family: &str) -> String {
    let mut style = STYLE.to_owned();
    for (name, value) in variables() {
        // Hues are written with spaces in the page, which older readers of pictures do not know.
        let value = if value.contains('%') { value.replace(' ', ", ") } else { value.to_owned() };
        style = style.replace(&format!("var({name})"), &value);
    }
    let rules = style.split_inclusive(['{', ';', '}']);
    let rule = |rule: &str| match rule.trim_start() {
        font if font.starts_with("font: ") => {
            let size = font.split(' ').find(|part| part.ends_with("px")).unwrap_or("12px");
            format!("font-family: '{family}'; font-size: {size};")
        }
        _ => rule.replace("transparent", "none"),
    };
    rules.map(rule).collect()
}

/// The page's variables in print: those by day, and what print changes of them.
fn variables() -> BTreeMap<&'static str, &'static str> {
    let (day, _) = PAGE_STYLE.split_once("@media").unwrap_or((PAGE_STYLE, ""));
    let print = PAGE_STYLE.split_once("@media print").map_or("", |(_, print)| print);
    [day, print].into_iter().filter_map(first_block).flat_map(declared).collect()
}

/// What stands in the braces of the first `:root`.
fn first_block(style: &'static str) -> Option<&'static str> {
    style.split_once(":root {")?.1.split_once('}').map(|(block, _)| block)
}

fn declared(block: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let pairs = block.split(';').filter_map(|one| one.split_once(':'));
    pairs
        .map(|(name, value)| (name.trim(), value.trim()))
        .filter(|(name, _)| name.starts_with("--"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_variable_is_left_and_print_has_its_own_ink() {
        let style = style("Some Serif");
        assert!(!style.contains("var(") && !style.contains("transparent"), "{style}");
        assert!(
            style.contains(
                ".chart text { font-family: 'Some Serif'; font-size: 12.5px; fill: #000;"
            )
        );
        assert!(style.contains(".chart .bar { fill: #2f7fb8; stroke: #fff;"));
        assert!(style.contains(".chart .heat.loss { fill: hsl(24, 100%, 45%); }"));
        assert_eq!(style.matches('{').count(), STYLE.matches('{').count());
    }

    #[test]
    fn the_style_stands_in_the_picture() {
        let picture =
            for_print("<svg viewBox=\"0 0 400 90\">\n<title>a &gt; b</title></svg>", "Serif");
        assert!(picture.starts_with("<svg viewBox=\"-12 0 424 90\"><style>.chart {"), "{picture}");
        assert!(picture.ends_with("</style>\n<title>a &gt; b</title></svg>"));
    }
}
