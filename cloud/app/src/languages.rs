//! Languages beside those compiled in, from the operator's folders.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use cloud_ui::{LanguageFolder, Languages, Untranslated};

use crate::config::LanguagesSection;

/// Bytes of one file at most: far more than the texts of a module take.
const FILE_BYTES_MAX: u64 = 512 * 1024;

/// Reads the folders and speaks what is in them from now on; answers what they leave to other languages.
pub fn speak(section: &LanguagesSection) -> anyhow::Result<Vec<Untranslated>> {
    let (languages, untranslated) = match &section.directory {
        Some(directory) => read(directory)?,
        None => (Languages::built_in(), Vec::new()),
    };
    match languages.install() {
        Ok(()) => Ok(untranslated),
        Err(_) => bail!("something was said before the languages were read"),
    }
}

/// Every folder of the directory, by name.
fn read(directory: &Path) -> anyhow::Result<(Languages, Vec<Untranslated>)> {
    let (mut languages, mut untranslated) = (Languages::built_in(), Vec::new());
    for path in entries(directory)? {
        if !path.is_dir() {
            continue;
        }
        let mut files = Vec::new();
        for file in entries(&path)? {
            if file.extension().is_some_and(|extension| extension == "ftl") {
                files.push((file.display().to_string(), text(&file)?));
            }
        }
        let code = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (more, rest) = languages.with(&LanguageFolder { code, files })?;
        languages = more;
        untranslated.push(rest);
    }
    Ok((languages, untranslated))
}

fn entries(directory: &Path) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let cannot = || format!("cannot read {}", directory.display());
    let entries = fs::read_dir(directory).with_context(cannot)?;
    let mut paths =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>().with_context(cannot)?;
    paths.sort();
    Ok(paths)
}

fn text(file: &Path) -> anyhow::Result<String> {
    let cannot = || format!("cannot read {}", file.display());
    let bytes = fs::metadata(file).with_context(cannot)?.len();
    if bytes > FILE_BYTES_MAX {
        bail!("{} is {bytes} bytes, more than {FILE_BYTES_MAX}", file.display());
    }
    fs::read_to_string(file).with_context(cannot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_a_language_and_what_is_wrong_is_named_with_its_place() {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path().join("fi");
        fs::create_dir(&folder).unwrap();
        fs::write(directory.path().join("README"), "Not a language.").unwrap();
        fs::write(folder.join("notes.txt"), "Not a text.").unwrap();
        fs::write(folder.join("language.ftl"), "language-name = Suomi\nlanguage-locale = fi-FI\n").unwrap();
        fs::write(folder.join("ui.ftl"), "ui-home = Etusivu\n").unwrap();
        let (_, untranslated) = read(directory.path()).unwrap();
        assert_eq!(untranslated[0].code, "fi");
        assert!(!untranslated[0].missing.contains(&"ui-home".to_owned()));

        fs::write(folder.join("ui.ftl"), "ui-home = Etusivu\nui-skip = {\n").unwrap();
        let refused = read(directory.path()).unwrap_err().to_string();
        assert!(refused.contains("fi/ui.ftl:"), "{refused}");

        fs::write(folder.join("ui.ftl"), [0xff, 0xfe]).unwrap();
        let refused = format!("{:#}", read(directory.path()).unwrap_err());
        assert!(refused.contains("fi/ui.ftl"), "{refused}");
        assert!(read(&directory.path().join("nowhere")).is_err());
    }
}
