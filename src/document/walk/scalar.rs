//! Single values: type, finiteness, range, form of text.

use serde_json::Value;

use super::super::date_help::instant_help;
use super::super::node::{Node, NodeValue};
use super::super::number::parse_rate;
use super::super::number_help::number_help;
use super::super::violation::Violation;
use super::super::visible::quoted;
use super::describe::{describe, kind_of, text_form};
use super::{Walker, accepts};

impl Walker {
    pub(super) fn scalar(&mut self, rules: &Value, node: &Node, label: &str) -> Value {
        match &node.value {
            NodeValue::Text(text) if accepts(rules, "string") => {
                self.text(rules, text, node, label)
            }
            NodeValue::Datetime(text)
                if text_form(rules).is_some_and(|f| f.name == "date-time") =>
            {
                self.text(rules, text, node, label)
            }
            NodeValue::Boolean(value) if accepts(rules, "boolean") => (*value).into(),
            NodeValue::Integer(Some(number)) if takes_integers(rules) => {
                self.number(rules, number.clone().into(), node, label)
            }
            NodeValue::Integer(None) if takes_integers(rules) => {
                self.out_of_range(rules, node, label)
            }
            NodeValue::Float(value) if accepts(rules, "number") => {
                self.float(rules, *value, node, label)
            }
            NodeValue::Cell(text) => self.cell(rules, text, node, label),
            _ => self.wrong_type(rules, node, label),
        }
    }

    /// An untyped cell: what it is, the schema says.
    fn cell(&mut self, rules: &Value, text: &str, node: &Node, label: &str) -> Value {
        if accepts(rules, "integer")
            && let Ok(value) = text.parse::<i64>()
        {
            return self.number(rules, value.into(), node, label);
        }
        if accepts(rules, "number")
            && let Ok(value) = text.parse::<f64>()
        {
            return self.float(rules, value, node, label);
        }
        match text {
            "true" if accepts(rules, "boolean") => true.into(),
            "false" if accepts(rules, "boolean") => false.into(),
            _ if accepts(rules, "string") => self.text(rules, text, node, label),
            _ => self.wrong_type(rules, node, label),
        }
    }

    fn text(&mut self, rules: &Value, text: &str, node: &Node, label: &str) -> Value {
        let Some(form) = text_form(rules) else {
            return text.into();
        };
        if !(form.accepts)(text) {
            let title = format!("{} is not valid", quoted(label));
            let violation = Violation::new(node.place.clone(), title).expected(describe(rules));
            self.collector.add(violation.help_if(form_help(form.name, rules, text)));
            return Value::Null;
        }
        if form.name == "rate"
            && let Some(value) = parse_rate(text)
            && !in_range(rules, value)
        {
            return self.out_of_range(rules, node, label);
        }
        text.into()
    }

    fn float(&mut self, rules: &Value, value: f64, node: &Node, label: &str) -> Value {
        if value.is_finite() {
            return self.number(rules, value.into(), node, label);
        }
        let title = format!("{} is not a finite number", quoted(label));
        self.report(rules, node.place.clone(), title)
    }

    fn number(&mut self, rules: &Value, value: Value, node: &Node, label: &str) -> Value {
        if in_range(rules, value.as_f64().unwrap_or(f64::NAN)) {
            value
        } else {
            self.out_of_range(rules, node, label)
        }
    }

    fn out_of_range(&mut self, rules: &Value, node: &Node, label: &str) -> Value {
        let title = format!("{} is out of range", quoted(label));
        let violation = Violation::new(node.place.clone(), title).expected(describe(rules));
        self.collector.add(violation.help_if(range_help(rules, &node.value)));
        Value::Null
    }

    pub(super) fn wrong_type(&mut self, rules: &Value, node: &Node, label: &str) -> Value {
        let title = format!("{} has the wrong type", quoted(label));
        let violation = Violation::new(node.place.clone(), title)
            .found(kind_of(&node.value))
            .expected(describe(rules))
            .help_if(type_help(rules, &node.value));
        self.collector.add(violation);
        Value::Null
    }
}

fn takes_integers(rules: &Value) -> bool {
    accepts(rules, "integer") || accepts(rules, "number")
}

fn type_help(rules: &Value, value: &NodeValue) -> Option<String> {
    match value {
        NodeValue::Cell(text) if takes_integers(rules) => Some(number_help(text)),
        NodeValue::Text(text) if takes_integers(rules) && text.parse::<f64>().is_ok() => {
            Some("write the number without quotes".to_owned())
        }
        NodeValue::Float(float)
            if float.fract() == 0.0 && float.abs() < 1e15 && accepts(rules, "integer") =>
        {
            Some(format!("write `{float:.0}`"))
        }
        NodeValue::Integer(_) | NodeValue::Float(_) if text_form(rules).is_some() => {
            Some("write it in quotes".to_owned())
        }
        _ => None,
    }
}

/// What to write instead of a text that has not the form that is asked for.
fn form_help(form: &str, rules: &Value, text: &str) -> Option<String> {
    match form {
        "date-time" => instant_help(text),
        "rate" => {
            let number: f64 = text.parse().ok()?;
            percent_meant(rules, number)
                .or_else(|| Some("write a decimal without quotes, or put `%` after it".to_owned()))
        }
        _ => None,
    }
}

/// What to write instead of a number out of its range: a percentage where a share is asked for.
fn range_help(rules: &Value, value: &NodeValue) -> Option<String> {
    let number = match value {
        NodeValue::Integer(number) => number.as_ref()?.as_f64()?,
        NodeValue::Float(number) => *number,
        NodeValue::Cell(text) => text.parse().ok()?,
        _ => return None,
    };
    percent_meant(rules, number)
}

/// `8` where a share or rate is asked for: 8 % is likely to be meant.
fn percent_meant(rules: &Value, number: f64) -> Option<String> {
    let is_rate = text_form(rules).is_some_and(|form| form.name == "rate");
    let share = number / 100.0;
    let is_meant = is_rate && number.abs() >= 1.0 && in_range(rules, share);
    // in hundredths as typed: 97.5 / 100 is not the decimal 0.975 in binary
    is_meant.then(|| format!("did you mean `\"{number}%\"` ({})?", decimal(share)))
}

/// At most twelve decimals, none of them rounding.
fn decimal(value: f64) -> String {
    let text = format!("{value:.12}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn in_range(rules: &Value, value: f64) -> bool {
    let bound = |key: &str| rules.get(key).and_then(Value::as_f64);
    let (low, high) = integer_bounds(rules);
    value >= low
        && value <= high
        && bound("minimum").is_none_or(|bound| value >= bound)
        && bound("exclusiveMinimum").is_none_or(|bound| value > bound)
        && bound("maximum").is_none_or(|bound| value <= bound)
        && bound("exclusiveMaximum").is_none_or(|bound| value < bound)
}

/// What fits the integer type that a schema names.
fn integer_bounds(rules: &Value) -> (f64, f64) {
    match rules.get("format").and_then(Value::as_str) {
        Some("uint8") => (0.0, f64::from(u8::MAX)),
        Some("uint16") => (0.0, f64::from(u16::MAX)),
        Some("uint32") => (0.0, f64::from(u32::MAX)),
        Some("int32") => (f64::from(i32::MIN), f64::from(i32::MAX)),
        _ => (f64::NEG_INFINITY, f64::INFINITY),
    }
}
