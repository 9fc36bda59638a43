//! The guide: one page for each thing that a firmware decides.

/// A page. Its links lead to other files where the file is read alone, and to other pages here: of two definitions of a link
/// the first one counts.
macro_rules! page {
    ($name:ident, $file:literal) => {
        #[doc = include_str!("links.md")]
        #[doc = include_str!($file)]
        pub mod $name {}
    };
}

page!(superloop, "superloop.md");
page!(embassy, "embassy.md");
page!(flash, "flash.md");
page!(tls, "tls.md");
page!(security, "security.md");
page!(signed_values, "signed_values.md");
page!(customising, "customising.md");
page!(migration, "migration.md");
page!(keys, "keys.md");
page!(sizes, "sizes.md");
page!(dependencies, "dependencies.md");
page!(proof, "proof.md");
