//! Takes every folder of `locales` in as a language, so that one more folder is one more language.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// What a language falls back on has its place in the list by name: `Lang::Sv`, `Lang::En`.
const FIRST: [&str; 2] = ["sv", "en"];

#[expect(clippy::disallowed_methods, reason = "cargo tells build scripts where to write by the environment")]
fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=locales");
    let locales = fs::canonicalize("locales")?;
    let mut languages = entries(&locales)?;
    languages.sort_by_key(|folder| {
        let code = name(folder);
        (FIRST.iter().position(|first| *first == code).unwrap_or(FIRST.len()), code)
    });
    let mut code = vec!["pub(crate) const BUILT_IN: &[(&str, &[(&str, &str)])] = &[".to_owned()];
    for folder in languages {
        code.push(format!("({:?}, &[", name(&folder)));
        for file in entries(&folder)? {
            let module = name(&file).trim_end_matches(".ftl").to_owned();
            code.push(format!("({module:?}, include_str!({:?})),", file.display().to_string()));
        }
        code.push("]),".to_owned());
    }
    code.push("];\n".to_owned());
    let out = std::env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    fs::write(out.join("locales.rs"), code.join("\n"))
}

/// What lies in a folder, by name.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
