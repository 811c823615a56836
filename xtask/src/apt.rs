//! Debian's packages: installed as root, named in an error otherwise.

use anyhow::{Result, bail};

use crate::sh;

/// Installs `packages`, or says which command does. `what` they bring is a noun; `otherwise` says
/// how to get it on another system.
pub fn install(packages: &[&str], what: &str, otherwise: &str) -> Result<()> {
    let names = packages.join(" ");
    if sh::find(&["apt-get"]).is_none() {
        bail!("{what} is missing, and there is no apt-get here to install it with; {otherwise}");
    }
    if sh::output(sh::command("id").arg("-u")).as_deref() != Some("0") {
        bail!(
            "{what} is missing. Run this and try again, or {otherwise}:\n\n    \
             sudo apt-get update && sudo apt-get install -y --no-install-recommends {names}\n"
        );
    }
    sh::say(format!("installing {what} from Debian: {names}"));
    let apt = |arguments: &[&str]| {
        let mut apt = sh::command("apt-get");
        sh::run(
            apt.args(["--yes", "--quiet=2"])
                .args(arguments)
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )
    };
    apt(&["update"])
        .and_then(|()| apt(&[&["install", "--no-install-recommends"], packages].concat()))
        .map_err(|error| error.context(format!("{what} could not be installed; {otherwise}")))
}
