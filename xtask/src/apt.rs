//! Debian's packages: installed as root, named in an error otherwise.

use anyhow::{Result, bail};

use crate::sh;

/// Installs `packages`, or says which command does. `purpose` completes "… is missing".
pub fn install(packages: &[&str], purpose: &str) -> Result<()> {
    let names = packages.join(" ");
    if sh::find(&["apt-get"]).is_none() {
        bail!("{purpose} is missing, and this system has no apt-get to install it with");
    }
    if sh::output(sh::command("id").arg("-u")).as_deref() != Some("0") {
        bail!(
            "{purpose} is missing. Run this, then try again:\n\n    \
             sudo apt-get update && sudo apt-get install -y --no-install-recommends {names}\n"
        );
    }
    sh::say(format!("installing {purpose} from Debian: {names}"));
    sh::run(sh::command("apt-get").args(["update", "--quiet=2"]))?;
    sh::run(
        sh::command("apt-get")
            .args(["install", "--yes", "--quiet=2", "--no-install-recommends"])
            .args(packages)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}
