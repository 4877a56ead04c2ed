//! `holdfast inspect`: what an updater carries, with every byte verified.

use super::maker;
use crate::bundle::manifest::{Migration, label};
use crate::bundle::{Bundle, container};
use crate::fail;
use crate::failure::Result;
use std::path::PathBuf;

/// What was typed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// An updater or a bundle.
    file: PathBuf,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  holdfast inspect update.exe
  holdfast inspect update --json  # the whole manifest";

/// Shows and verifies a bundle.
pub fn inspect(arguments: &Arguments) -> Result<()> {
    let file = &arguments.file;
    let Some(place) = container::find(file)? else {
        fail!(BundleMissing, "“{}” carries no update.", file.display());
    };
    let (made, _) = maker::look(file, &place)?;
    let bundle = Bundle::open(place)?;
    let mut bytes = 0;
    bundle.verify(|entry| bytes += entry.size)?;
    let manifest = &bundle.manifest;
    if arguments.json {
        let mut shown = serde_json::to_value(manifest).map_err(std::io::Error::from)?;
        shown["signatures"] = serde_json::json!(made.signatures);
        shown["pins"] = serde_json::json!(made.pins);
        say!("{shown:#}");
        return Ok(());
    }
    say!("{} ({}) {}", manifest.product.name, manifest.product.id, manifest.product.version);
    say!("  bundle    {}", bundle.digest);
    say!("  verified  {} files, {bytes} bytes", manifest.entries.len());
    if let Some(rehearsed) = &manifest.rehearsed {
        let versions: Vec<String> = rehearsed.versions.iter().map(ToString::to_string).collect();
        say!("  rehearsed from {} by Holdfast {}", versions.join(", "), rehearsed.engine);
    }
    if let Some(why) = manifest.unrehearsed() {
        say!("  rehearsed no: {why}");
    }
    crate::print::out(format_args!("{made}"));
    say!(
        "  installs  {} files; entry: {}",
        manifest.code().count(),
        manifest.application.entry.join(", ")
    );
    for start in &manifest.starts {
        let chain: Vec<String> = manifest.chain(start).map(Migration::label).collect();
        let modules: Vec<String> = start
            .modules
            .iter()
            .map(|(id, version)| format!(" with {}", label(Some(id), version)))
            .collect();
        say!(
            "  from {}{}  through {}",
            start.version,
            modules.concat(),
            if chain.is_empty() {
                "no migration".to_owned()
            } else {
                chain.join(", ")
            }
        );
    }
    for migration in &manifest.migrations {
        for step in &migration.steps {
            say!(
                "  step      {}/{} on {}  {}",
                migration.label(),
                step.name,
                step.database,
                step.checksum
            );
        }
    }
    for check in &manifest.checks {
        say!("  check     {}", check.name);
    }
    Ok(())
}
