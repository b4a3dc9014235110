//! From a file to a checked document.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::node::{Node, NodeValue, Parsed, Places};
use super::schema::rules_of;
use super::source::{Place, SourceFile};
use super::toml_tree::parse_toml;
use super::violation::{Violation, Violations};
use super::walk::Walker;

/// Reads a TOML document.
///
/// # Errors
/// Every syntax error; or every unknown or missing key, wrong type, value out of range or unknown
/// variant, each at its place.
pub fn read_toml<T: DeserializeOwned + JsonSchema>(
    file: &Arc<SourceFile>,
) -> Result<Parsed<T>, Violations> {
    read_tree(file, parse_toml(file)?)
}

/// Reads a document from its tree; places may lie in several files.
///
/// # Errors
/// As [`read_toml`], but for syntax.
pub fn read_tree<T: DeserializeOwned + JsonSchema>(
    file: &Arc<SourceFile>,
    tree: Node,
) -> Result<Parsed<T>, Violations> {
    let value = Rules::of::<T>().check(&without_schema_key(tree.clone()))?;
    let places = Places::new(tree);
    let value = deserialize(value, &places)?;
    Ok(Parsed { value, places, file: Arc::clone(file) })
}

/// The rules of a document type, made once for many trees.
#[derive(Debug)]
pub struct Rules {
    rules: Arc<Value>,
}

impl Rules {
    /// The rules of `T`.
    pub fn of<T: JsonSchema>() -> Self {
        Self { rules: rules_of::<T>() }
    }

    pub(super) fn json(&self) -> &Value {
        &self.rules
    }

    /// The tree as a JSON value that `T` deserialises from.
    ///
    /// # Errors
    /// Every violation of the rules.
    pub fn check(&self, tree: &Node) -> Result<Value, Violations> {
        let mut walker = Walker::default();
        let value = walker.walk(&self.rules, tree, "");
        walker.collector.finish(value)
    }
}

/// Deserialises a checked value. What the rules cannot say (a type's own `try_from`) shows here,
/// at its place.
///
/// # Errors
/// The first fault that serde finds.
pub fn deserialize<T: DeserializeOwned>(value: Value, places: &Places) -> Result<T, Violations> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let place = places.at(&error.path().to_string());
        Violation::new(place, error.inner().to_string()).into()
    })
}

/// A document may name its schema for editors by a top-level `"$schema"`.
fn without_schema_key(mut tree: Node) -> Node {
    if let NodeValue::Table(entries) = &mut tree.value {
        entries.retain(|entry| entry.key != "$schema");
    }
    tree
}

/// A violation about a file as a whole.
pub fn whole_file_violation(file: &Arc<SourceFile>, title: impl Into<String>) -> Violation {
    Violation::new(Place::start_of(file), title)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::super::number::{Positive, Rate, UnitFraction};
    use super::super::text::{FactorName, Name, SymbolName};
    use super::super::time::{DurationText, Instant};
    use super::*;

    /// A document with every kind of key.
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Sample {
        /// Its name.
        name: Name,
        /// When.
        as_of: Instant,
        horizon: DurationText,
        #[schemars(range(min = 1, max = 100))]
        paths: u64,
        steps: Option<u32>,
        #[serde(default)]
        rates: BTreeMap<SymbolName, Rate>,
        #[serde(default)]
        shape: Option<Shape>,
        #[serde(default)]
        mode: Mode,
        #[serde(default)]
        drift: Option<Drift>,
        #[serde(default, rename = "leg")]
        legs: Vec<Leg>,
        factor: Option<FactorName>,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Leg {
        quantity: Positive,
        share: Option<UnitFraction>,
        tags: Option<Vec<Name>>,
    }

    #[derive(Debug, Deserialize, JsonSchema, Default)]
    #[serde(rename_all = "snake_case")]
    enum Mode {
        /// Plain.
        #[default]
        Plain,
        /// Fancy.
        Fancy,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case", deny_unknown_fields)]
    #[allow(dead_code)]
    enum Drift {
        /// None.
        Zero,
        /// Stated.
        Annual { by: BTreeMap<SymbolName, Rate> },
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
    #[allow(dead_code)]
    enum Shape {
        /// Round.
        Circle { radius: Positive },
        /// Long.
        Line(Line),
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Line {
        length: Positive,
    }

    const HEAD: &str = "name = \"x\"\nas_of = 2026-01-01T00:00:00Z\nhorizon = \"1d\"\npaths = 3\n";

    fn read(text: &str) -> Result<Parsed<Sample>, Violations> {
        read_toml(&SourceFile::new("sample.toml", text))
    }

    /// `line:column text` and title of each violation below the valid head.
    fn faults(tail: &str) -> Vec<String> {
        let violations = read(&format!("{HEAD}{tail}")).unwrap_err();
        let show = |v: &Violation| {
            let (line, column) = (v.place.line() - 4, v.place.column());
            format!("{line}:{column} {:?} {}", v.place.text(), v.title)
        };
        violations.items().iter().map(show).collect()
    }

    #[test]
    fn a_good_document_reads_with_every_kind_of_key() {
        let tail = "mode = \"fancy\"\nrates = { BTC = \"5%\", ETH = 0.1 }\n\
            drift = { annual = { by = { BTC = 1 } } }\nshape = { type = \"line\", length = 2 }\n\
            [[leg]]\nquantity = 1\n[[leg]]\nquantity = 2.5\nshare = \"40%\"\ntags = [\"a\", \"b\"]\n";
        let parsed = read(&format!("{HEAD}{tail}")).unwrap();
        let rates: Vec<f64> = parsed.value.rates.values().map(|rate| rate.get()).collect();
        assert_eq!(rates, [0.05, 0.1]);
        assert_eq!(parsed.value.legs[1].share.unwrap().get(), 0.4);
        assert_eq!(parsed.places.at("leg[1].quantity").text(), "2.5");
        assert_eq!(parsed.places.at("leg[1].absent").text(), "[[leg]]");
        assert!(parsed.places.has("rates.BTC") && !parsed.places.has("rates.SOL"));
    }

    #[test]
    fn every_fault_shows_at_its_place() {
        let cases: [(&str, &[&str]); 17] = [
            ("horzion = 1\n", &["1:1 \"horzion\" unknown key `horzion`"]),
            ("steps = \"2\"\n", &["1:9 \"\\\"2\\\"\" `steps` has the wrong type"]),
            ("steps = 5000000000\n", &["1:9 \"5000000000\" `steps` is out of range"]),
            (
                "steps = 99999999999999999999\n",
                &["1:9 \"99999999999999999999\" `steps` is out of range"],
            ),
            ("steps = 2.0\n", &["1:9 \"2.0\" `steps` has the wrong type"]),
            ("mode = \"fncy\"\n", &["1:8 \"\\\"fncy\\\"\" unknown `mode` `fncy`"]),
            ("mode = 3\n", &["1:8 \"3\" `mode` has the wrong type"]),
            ("drift = \"zro\"\n", &["1:9 \"\\\"zro\\\"\" unknown `drift` `zro`"]),
            (
                "drift = { annual = { by = { \"B C\" = nan } } }\n",
                &[
                    "1:29 \"\\\"B C\\\"\" `B C` is not a valid key here",
                    "1:37 \"nan\" `B C` is not a finite number",
                ],
            ),
            ("shape = { radius = 1 }\n", &["1:9 \"{ radius = 1 }\" missing key `type` in `shape`"]),
            ("shape = { type = \"cube\" }\n", &["1:18 \"\\\"cube\\\"\" unknown `type` `cube`"]),
            (
                "shape = { type = \"circle\", length = -1 }\n",
                &[
                    "1:9 \"{ type = \\\"circle\\\", length = -1 }\" missing key `radius` in `shape`",
                    "1:28 \"length\" unknown key `length` in `shape`",
                ],
            ),
            (
                "shape = { type = \"line\", length = -1, x = 2 }\n",
                &["1:35 \"-1\" `length` is out of range", "1:39 \"x\" unknown key `x` in `shape`"],
            ),
            (
                "[[leg]]\nquantity = 1e400\n[[leg]]\nshare = \"140%\"\n",
                &[
                    "2:12 \"1e400\" `quantity` is not a finite number",
                    "3:1 \"[[leg]]\" missing key `quantity` in `leg[1]`",
                    "4:9 \"\\\"140%\\\"\" `share` is out of range",
                ],
            ),
            ("leg = 3\n", &["1:7 \"3\" `leg` has the wrong type"]),
            ("factor = \"BTC.delta\"\n", &["1:10 \"\\\"BTC.delta\\\"\" `factor` is not valid"]),
            (
                "rates = { BTC = inf, ETH = \"x\" }\n",
                &[
                    "1:17 \"inf\" `BTC` is not a finite number",
                    "1:28 \"\\\"x\\\"\" `ETH` is not valid",
                ],
            ),
        ];
        for (tail, expected) in cases {
            assert_eq!(faults(tail), expected, "{tail}");
        }
    }

    #[test]
    fn missing_keys_show_at_the_start_each_with_what_is_expected() {
        let violations = read("paths = 0\nas_of = 2026-01-01\nhorizon = 5").unwrap_err();
        assert_eq!(violations.len(), 4);
        let missing = &violations.items()[0];
        assert_eq!((missing.place.line(), missing.place.column()), (1, 1));
        assert!(missing.expected.as_deref().unwrap().contains("Its name."));
    }
}
