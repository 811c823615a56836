/** What `npm pack` and `npm publish` say here: the package is made elsewhere, with more in it than this folder. */

console.error(
  "This folder is not the package. `cargo xtask pack` makes it, in target/npm/nearside/ and as a tarball " +
    "beside it; publish that one.",
);
process.exit(1);
