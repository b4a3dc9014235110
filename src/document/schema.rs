//! JSON Schema of documents: one declaration yields the reader's rules and the editor's.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// The published schema of a document: JSON Schema draft 7, which editors' TOML plug-ins want.
///
/// Descriptions are the doc comments of the document's types; `name` is the document's name,
/// e.g. `scenario`.
pub fn schema_of<T: JsonSchema>(name: &str) -> Value {
    let mut settings = SchemaSettings::draft07();
    // Before the transforms of draft 7, which move what stands beside a reference into `allOf`.
    settings.transforms.insert(0, Box::new(RecursiveTransform(drop_null)));
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("$id".into(), format!("urn:plimsoll:schema:{name}").into());
    schema.insert("title".into(), format!("plimsoll {name}").into());
    let mut value = schema.to_value();
    allow_schema_key(&mut value);
    value
}

/// Editors let a document name its schema by a top-level `"$schema"` key.
fn allow_schema_key(schema: &mut Value) {
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        let key = serde_json::json!({"type": "string", "description": "The schema, for editors."});
        properties.insert("$schema".to_owned(), key);
    }
}

/// The same rules with every reference resolved in place: what the reader walks. Made once for each
/// type.
pub(super) fn rules_of<T: JsonSchema>() -> Arc<Value> {
    static MADE: Mutex<BTreeMap<Cow<'static, str>, Arc<Value>>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(made.entry(T::schema_id()).or_insert_with(|| Arc::new(resolved::<T>())))
}

fn resolved<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .with_transform(RecursiveTransform(drop_null));
    let schema = settings.into_generator().into_root_schema_for::<T>();
    schema.to_value()
}

/// TOML has no null: an optional key is one that may be left out.
fn drop_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    match schema.get_mut("default") {
        Some(Value::Null) => drop(schema.remove("default")),
        Some(default) => prune_null(default),
        None => {}
    }
    for key in ["anyOf", "oneOf"] {
        drop_null_alternative(schema, key);
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
}

fn prune_null(value: &mut Value) {
    if let Value::Object(keys) = value {
        keys.retain(|_, value| !value.is_null());
        keys.values_mut().for_each(prune_null);
    }
}

fn drop_null_alternative(schema: &mut Schema, key: &str) {
    let Some(Value::Array(alternatives)) = schema.get_mut(key) else {
        return;
    };
    let before = alternatives.len();
    alternatives.retain(|alternative| alternative.get("type") != Some(&Value::from("null")));
    if alternatives.len() == before || alternatives.len() != 1 {
        return;
    }
    let only = alternatives.remove(0);
    schema.remove(key);
    if let Value::Object(only) = only {
        merge_missing(schema, only);
    }
}

fn merge_missing(schema: &mut Schema, other: serde_json::Map<String, Value>) {
    for (key, value) in other {
        if schema.get(&key).is_none() {
            schema.insert(key, value);
        }
    }
}

/// Pretty JSON with a trailing newline: the form of the committed schemas.
pub fn schema_text(schema: &Value) -> String {
    format!("{schema:#}\n")
}
