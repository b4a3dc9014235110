//! Text types of documents: checked when read, plain text afterwards.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::text_format::{self, TextFormat};
use crate::units::Symbol;

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $format:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            const FORMAT: TextFormat = $format;

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> {
                if (Self::FORMAT.accepts)(&text) {
                    Ok(Self(text))
                } else {
                    Err(format!("expected {}", Self::FORMAT.expected))
                }
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                text_schema(&Self::FORMAT)
            }
        }
    };
}

/// The schema of a text of this form.
pub(super) fn text_schema(format: &TextFormat) -> Schema {
    json_schema!({
        "type": "string",
        "format": format.name,
        "pattern": format.pattern,
        "description": format.expected,
    })
}

text_type!(
    /// Short name of an asset, e.g. `BTC`.
    SymbolName,
    text_format::SYMBOL
);
text_type!(
    /// Name of a risk factor, e.g. `BTC.spot`, `ETH.vol`, `USDT.peg`.
    FactorName,
    text_format::FACTOR
);
text_type!(
    /// Risk factors by name, group or kind, e.g. `BTC.spot`, `alts.spot`, `*.vol`.
    FactorSelector,
    text_format::FACTOR_SELECTOR
);
text_type!(
    /// Assets by name or group, or all: `BTC`, `alts`, `*`.
    AssetSelector,
    text_format::ASSET_SELECTOR
);
text_type!(
    /// A label people read; may hold any visible character.
    Name,
    text_format::NAME
);
text_type!(
    /// A name that can be a folder.
    FolderName,
    text_format::FOLDER_NAME
);
text_type!(
    /// Free text of some lines.
    Prose,
    text_format::PROSE
);
text_type!(
    /// A file, relative to the document that names it.
    FilePath,
    text_format::FILE_PATH
);

text_type!(
    /// A colour as pages write it, e.g. `#0b5a8f`.
    ColourText,
    text_format::COLOUR
);

impl ColourText {
    /// Red, green and blue, 0 to 255.
    pub fn channels(&self) -> [u8; 3] {
        let channel = |at: usize| u8::from_str_radix(&self.0[at..at + 2], 16);
        [1, 3, 5].map(|at| channel(at).expect("the form has six hexadecimal digits"))
    }
}

impl FactorSelector {
    /// What it selects, and of which kind: `BTC` and `spot`.
    pub fn parts(&self) -> (&str, &str) {
        self.0.split_once('.').expect("the form has a dot")
    }
}

impl SymbolName {
    /// As the symbol the engine uses.
    pub fn symbol(&self) -> Symbol {
        Symbol::new(self.as_str())
    }
}
