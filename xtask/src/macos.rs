//! Whether the code for macOS is right as far as a compiler can tell without Apple's SDK: names, types and signatures of
//! the system's interfaces agree with their bindings. Nothing is linked and nothing run.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::cross::Compiler;
use crate::programs::run;

const TARGET: &str = "aarch64-apple-darwin";
/// All that is not for Linux alone, as tests of programs on a headless desktop are.
const PACKAGES: &[&str] = &[
    "deskside-protocol",
    "deskside-texts",
    "deskside-ipc",
    "deskside-facts",
    "deskside-helpdesk",
    "deskside-agent",
    "deskside-window",
    "deskside-hub",
    "deskside-devhost",
    "xtask",
];
/// For crates that compile C: what is only checked needs no code of it.
const STAND_INS: [(&str, &str, &[&str]); 2] = [
    ("cc", include_str!("../macos/cc.sh"), &["CC_aarch64_apple_darwin", "CXX_aarch64_apple_darwin"]),
    ("ar", include_str!("../macos/ar.sh"), &["AR_aarch64_apple_darwin"]),
];

/// Checks libraries, programs and tests.
///
/// # Errors
/// Something is missing or does not agree; the compiler has said what.
pub(crate) fn check(root: &Path, target: &Path) -> anyhow::Result<()> {
    let compiler = Compiler::ready("macos", TARGET)?;
    let mut check = compiler.cargo("check", target);
    check.args(["--quiet", "--all-targets"]);
    for package in PACKAGES {
        check.args(["--package", package]);
    }
    for (name, script, variables) in STAND_INS {
        let path = stand_in(&compiler.at(name), script)?;
        check.envs(variables.iter().map(|variable| (variable, &path)));
    }
    // Build scripts would ask Apple's tools where the SDK is.
    check.env("SDKROOT", "/");
    run(check, root)
}

fn stand_in(path: &Path, script: &str) -> anyhow::Result<PathBuf> {
    std::fs::write(path, script)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))?;
    Ok(path.to_owned())
}
