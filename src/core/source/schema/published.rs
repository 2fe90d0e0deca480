//! The schemas that are published, for unit tests: they lie on disk, where the core itself never looks.

use std::fs;
use std::path::Path;

use super::{SUFFIX, Sources};

pub fn sources() -> Sources {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    let paths = fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path());
    let schemas = paths.filter(|path| path.to_string_lossy().ends_with(SUFFIX));
    let files: Vec<_> = schemas.map(|path| (path.clone(), fs::read_to_string(path).expect("a schema"))).collect();
    Sources::parse(&files).unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}
