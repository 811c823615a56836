//! The npm package, in target/npm.

use anyhow::Result;

use crate::sh;

/// Makes the package's folder and its tarball from www/ and from pkg/, which must be built.
pub fn run() -> Result<()> {
    sh::run(sh::command("node").arg("www/pack.mjs"))
}
