//! The resources of the Windows programs: manifest, icon, version. Without the manifest a program neither finds the common controls
//! that its window needs nor is spared Windows' guess that an "update" must be run as administrator, so a program without it is an
//! error and never a warning.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs that get them: name, what Windows shows as their description, and whether they are built.
const PROGRAMS: [(&str, &str, bool); 2] = [
    ("updater", "Holdfast updater", true),
    ("holdfast", "Holdfast, the release manager's tool", cfg!(feature = "toolkit")),
];

/// Compiles them and has them linked, when the target is Windows.
pub fn link(root: &Path, out: &Path) -> Result<(), String> {
    if variable("CARGO_CFG_TARGET_OS") != "windows" {
        return Ok(());
    }
    if variable("CARGO_CFG_TARGET_ENV") != "gnu" {
        return Err("the Windows programs are built for the -gnu targets: installer/build does that".to_owned());
    }
    let folder = root.join("installer/windows");
    println!("cargo::rerun-if-changed={}", folder.display());
    println!("cargo::rerun-if-env-changed=WINDRES");
    let template = folder.join("program.rc");
    let template = std::fs::read_to_string(&template).map_err(|e| format!("“{}” cannot be read: {e}", template.display()))?;
    for (name, description, _) in PROGRAMS.iter().filter(|program| program.2) {
        let script = out.join(format!("{name}.rc"));
        std::fs::write(&script, filled(&template, name, description)).map_err(|e| e.to_string())?;
        let object = out.join(format!("{name}.res.o"));
        compile(&script, &folder, &object)?;
        println!("cargo::rustc-link-arg-bin={name}={}", object.display());
    }
    Ok(())
}

fn filled(template: &str, name: &str, description: &str) -> String {
    let part = |which: &str| variable(&format!("CARGO_PKG_VERSION_{which}"));
    template
        .replace("@NUMBERS@", &format!("{},{},{},0", part("MAJOR"), part("MINOR"), part("PATCH")))
        .replace("@VERSION@", &variable("CARGO_PKG_VERSION"))
        .replace("@NAME@", name)
        .replace("@DESCRIPTION@", description)
}

fn compile(script: &Path, folder: &Path, object: &Path) -> Result<(), String> {
    let (prefix, format) = match variable("CARGO_CFG_TARGET_ARCH").as_str() {
        "x86_64" => ("x86_64-w64-mingw32-", "pe-x86-64"),
        "x86" => ("i686-w64-mingw32-", "pe-i386"),
        other => return Err(format!("no Windows resources are made for {other}")),
    };
    // On Windows itself the tool has no prefix.
    let usual = if cfg!(windows) {
        "windres".to_owned()
    } else {
        format!("{prefix}windres")
    };
    let tool = std::env::var_os("WINDRES").map_or_else(|| PathBuf::from(usual), PathBuf::from);
    let run = Command::new(&tool)
        .args(["--target", format, "--codepage", "65001", "--include-dir"])
        .arg(folder)
        .arg(script)
        .arg(object)
        .output();
    let run = run.map_err(|e| format!("“{}” cannot be started ({e}); it comes with the mingw-w64 binutils", tool.display()))?;
    if run.status.success() {
        return Ok(());
    }
    Err(format!("“{}” failed:\n{}", tool.display(), String::from_utf8_lossy(&run.stderr)))
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}
