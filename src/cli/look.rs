//! How reports are to look: the theme and the templates that were named.

use std::io;
use std::path::{Path, PathBuf};

use super::arguments::{LookArguments, ReportFormat};
use super::exit::Exit;
use super::session::refuse;
use super::terminal::Terminal;
use crate::document::{Confinement, Loader, Violations, names_in, visible};
use crate::report::look::{Look, Theme, read_templates};

/// Reads what was named, before anything is simulated; tells what is wrong with it.
pub fn look(
    arguments: &LookArguments,
    formats: &[ReportFormat],
    terminal: &Terminal,
) -> Result<Look, Exit> {
    read(arguments, formats).map_err(|fault| match fault {
        Fault::Input(violations) => refuse(&violations, terminal),
        Fault::Unused(what) => {
            terminal.complain(&format!("{what} reports, and --format names none"));
            Exit::Usage
        }
        Fault::Folder(folder, error) => {
            let folder = visible(&folder.to_string_lossy());
            terminal.complain(&format!("the templates in {folder} cannot be read: {error}"));
            Exit::Usage
        }
    })
}

/// Why there is no look.
enum Fault {
    Input(Violations),
    /// Something was asked for that no report would show.
    Unused(&'static str),
    Folder(PathBuf, io::Error),
}

fn read(arguments: &LookArguments, formats: &[ReportFormat]) -> Result<Look, Fault> {
    let html = formats.contains(&ReportFormat::Html);
    #[cfg(feature = "pdf")]
    let themed = html || formats.contains(&ReportFormat::Pdf);
    #[cfg(not(feature = "pdf"))]
    let themed = html;
    let mut look = Look::default();
    if let Some(path) = &arguments.theme {
        unless(themed, "--theme is of html and pdf")?;
        look = look.with_theme(theme(path).map_err(Fault::Input)?);
    }
    if let Some(folder) = &arguments.template {
        unless(html, "--template is of html")?;
        let names = names_in(folder);
        let names = names.map_err(|error| Fault::Folder(folder.clone(), error))?;
        let loader = Loader::new(folder, Confinement::Inside);
        let read = loader.and_then(|loader| read_templates(&names, &loader));
        look = look.with_templates(read.map_err(Fault::Input)?);
    }
    Ok(look)
}

fn unless(shown: bool, what: &'static str) -> Result<(), Fault> {
    if shown { Ok(()) } else { Err(Fault::Unused(what)) }
}

/// The theme at `path`; its logo lies in the folder of the document or below.
fn theme(path: &Path) -> Result<Theme, Violations> {
    let loader = Loader::new(path.parent().unwrap_or(Path::new("")), Confinement::Inside)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let file = loader.open(&name, None)?;
    Theme::read(&file, &loader)
}
