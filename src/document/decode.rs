//! Bytes to text: UTF-8 only, binary refused, never repaired.

use std::path::PathBuf;
use std::sync::Arc;

use super::source::{Place, SourceFile};
use super::violation::{Violation, Violations};

/// What spreadsheets begin UTF-8 text with.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// What the text is to be called, and where it is.
#[derive(Debug, Clone)]
pub(super) struct FileIdentity {
    pub(super) name: String,
    pub(super) shown: String,
    pub(super) path: Option<PathBuf>,
}

/// Checks that `bytes` are text. A UTF-8 byte-order mark, as spreadsheets write, is passed over.
///
/// # Errors
/// Binary content, UTF-16, invalid UTF-8: at the first offending character.
pub(super) fn decode(identity: FileIdentity, bytes: &[u8]) -> Result<Arc<SourceFile>, Violations> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let fault = if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        Some((0, "the file is UTF-16 text"))
    } else if let Some(offset) = bytes.iter().position(|byte| *byte == 0) {
        Some((offset, "the file is binary: it holds a zero byte"))
    } else {
        let invalid = std::str::from_utf8(bytes).err();
        invalid.map(|error| (error.valid_up_to(), "the file is not UTF-8 text"))
    };
    let text = String::from_utf8_lossy(bytes).into_owned();
    let file = SourceFile::named(identity, text);
    match fault {
        None => Ok(file),
        Some((offset, title)) => Err(fault_at(&file, bytes, offset, title).into()),
    }
}

fn fault_at(file: &Arc<SourceFile>, bytes: &[u8], offset: usize, title: &str) -> Violation {
    let text = String::from_utf8_lossy(&bytes[..offset]);
    let start = text.len();
    let length = file.text()[start..].chars().next().map_or(0, char::len_utf8);
    Violation::new(Place::new(file, start..start + length), title)
        .found(format!("byte 0x{:02X}", bytes[offset]))
        .expected("UTF-8 text")
        .help("save the file as UTF-8 text")
}
