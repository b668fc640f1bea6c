//! The chapters keep their form, and what they show is what the source says.

use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};
use support::{EXPERIMENTS, RING_WITH_GO, WITH_THE_LIBRARY, workspace};

/// The headings of a chapter, in order.
const PARTS: [&str; 8] = [
    "Problem",
    "Picture",
    "The code",
    "Run it",
    "What to notice",
    "What goes wrong",
    LIBRARY,
    "Next",
];
const LIBRARY: &str = "With the library";
const LONGEST_EXCERPT: usize = 15;
/// Languages whose blocks are excerpts of a file that the text names.
const SOURCE: [&str; 4] = ["rust", "c", "go", "toml"];

struct Block {
    language: String,
    text: String,
    /// The paragraph before it.
    lead: String,
}

#[derive(Default)]
struct Page {
    title: String,
    headings: Vec<String>,
    blocks: Vec<Block>,
    links: Vec<String>,
}

fn read_page(path: &Path) -> Page {
    let markdown = read(path);
    let mut page = Page::default();
    let (mut text, mut lead, mut fence) = (String::new(), String::new(), None);
    for event in Parser::new(&markdown) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                text.clear();
                fence = Some(match kind {
                    CodeBlockKind::Fenced(info) => info.into_string(),
                    CodeBlockKind::Indented => String::new(),
                });
            }
            Event::End(TagEnd::CodeBlock) => {
                let language = fence.take().expect("a block was begun");
                page.blocks.push(Block { language, text: text.clone(), lead: lead.clone() });
            }
            Event::Start(Tag::Link { dest_url, .. }) => page.links.push(dest_url.into_string()),
            Event::Start(Tag::Heading { .. } | Tag::Paragraph) => text.clear(),
            Event::End(TagEnd::Heading(HeadingLevel::H1)) => page.title = text.clone(),
            Event::End(TagEnd::Heading(HeadingLevel::H2)) => page.headings.push(text.clone()),
            Event::End(TagEnd::Paragraph) => lead = text.clone(),
            Event::Text(part) | Event::Code(part) => text.push_str(&part),
            Event::SoftBreak => text.push('\n'),
            _ => {}
        }
    }
    page
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn pages() -> Vec<(PathBuf, Page)> {
    let folders = EXPERIMENTS.into_iter().chain([RING_WITH_GO, ""]);
    let pages = folders.map(|folder| workspace().join(folder).join("README.md"));
    pages.map(|path| (path.clone(), read_page(&path))).collect()
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

#[test]
fn each_chapter_has_its_parts_in_order() {
    for (number, name) in (1..).zip(EXPERIMENTS) {
        let path = workspace().join(name).join("README.md");
        let page = read_page(&path);
        let title = format!("{number}. {name}: ");
        assert!(page.title.starts_with(&title), "{name}: the title is {:?}", page.title);
        let with_it = WITH_THE_LIBRARY.contains(&name);
        let parts: Vec<_> = PARTS.into_iter().filter(|&part| with_it || part != LIBRARY).collect();
        assert_eq!(page.headings, parts, "{name}");
        let has = |language: &str| page.blocks.iter().any(|block| block.language == language);
        assert!(has("mermaid"), "{name} has no picture");
        assert!(has("console"), "{name} has no transcript");
        assert!(has("rust") && has("c"), "{name} shows not both languages");
        let lines = read(&path).lines().count();
        assert!((80..=180).contains(&lines), "{name}: the chapter has {lines} lines");
    }
}

#[test]
fn each_chapter_links_to_the_next() {
    for pair in EXPERIMENTS.windows(2) {
        let page = read_page(&workspace().join(pair[0]).join("README.md"));
        let next = format!("../{}/README.md", pair[1]);
        assert!(page.links.contains(&next), "{} does not link to {next}", pair[0]);
    }
}

#[test]
fn every_link_to_a_file_leads_somewhere() {
    for (path, page) in pages() {
        let folder = path.parent().expect("a folder");
        for link in page.links.iter().filter(|link| !link.contains("://")) {
            let file = link.split('#').next().expect("a first part");
            assert!(folder.join(file).exists(), "{}: {link} leads nowhere", path.display());
        }
    }
}

#[test]
fn every_excerpt_stands_verbatim_in_the_file_it_names() {
    let mut checked = 0;
    for (path, page) in pages() {
        let folder = path.parent().expect("a folder");
        for block in page.blocks.iter().filter(|block| SOURCE.contains(&&*block.language)) {
            let file = folder.join(&block.lead);
            assert!(
                file.is_file(),
                "{}: the paragraph before an excerpt must be its file's name, not {:?}",
                path.display(),
                block.lead
            );
            assert!(
                read(&file).contains(&block.text),
                "{}: this does not stand in {}:\n{}",
                path.display(),
                block.lead,
                block.text
            );
            let lines = block.text.lines().count();
            assert!(lines <= LONGEST_EXCERPT, "{}: {lines} lines", file.display());
            checked += 1;
        }
    }
    assert!(checked >= 2 * EXPERIMENTS.len(), "only {checked} excerpts were found");
}

#[test]
fn each_experiment_has_its_files_and_they_are_small() {
    for name in EXPERIMENTS {
        let folder = workspace().join(name);
        for (file, most) in
            [("Cargo.toml", 32), ("build.rs", 40), ("src/main.rs", 40), ("src/lib.rs", 320)]
        {
            let lines = read(&folder.join(file)).lines().count();
            assert!(lines <= most, "{name}/{file} has {lines} lines, more than {most}");
        }
        let c = files_in(&folder.join("csrc"));
        assert!(!c.is_empty(), "{name} has no C of its own");
    }
}

#[test]
fn foreign_functions_are_declared_in_ffi_rs_alone() {
    for name in EXPERIMENTS {
        assert!(read(&workspace().join(name).join("src/ffi.rs")).contains("unsafe extern \"C\" {"));
        let sources = files_in(&workspace().join(name).join("src"));
        let binaries = files_in(&workspace().join(name).join("src/bin"));
        let examples = files_in(&workspace().join(name).join("examples"));
        let files = sources.iter().chain(&binaries).chain(&examples);
        for file in files.filter(|file| file.is_file()) {
            let declares = read(file).contains("unsafe extern \"C\" {");
            assert_eq!(declares, file.ends_with("ffi.rs"), "{}", file.display());
        }
    }
}

#[test]
fn with_the_library_unsafe_is_for_the_c_alone() {
    let mut seen = 0;
    for name in WITH_THE_LIBRARY {
        for file in files_in(&workspace().join(name).join("examples")) {
            let source = read(&file);
            for (number, line) in (1..).zip(source.lines()).filter(|(_, l)| l.contains("unsafe {"))
            {
                // A call into C, and the line that makes a slice of what C lends.
                let calls =
                    ["unsafe { ffi::", "unsafe { device.start(", "unsafe { slice::from_raw"];
                let calls_c = calls.iter().any(|call| line.contains(call));
                assert!(calls_c, "{}:{number}: {line}", file.display());
                seen += 1;
            }
        }
    }
    assert!(seen >= 10, "only {seen} unsafe blocks were found");
}

#[test]
fn each_wrong_version_says_so_and_is_explained_in_its_chapter() {
    let mut seen = 0;
    for name in EXPERIMENTS {
        let chapter = read(&workspace().join(name).join("README.md"));
        for file in files_in(&workspace().join(name).join("src/bin")) {
            let first = read(&file).lines().next().unwrap_or_default().to_owned();
            assert!(first.starts_with("//! WRONG: "), "{}: begins with {first}", file.display());
            let mistake = file.file_stem().expect("a name").to_string_lossy().into_owned();
            assert!(chapter.contains(&format!("`{mistake}`")), "{name} does not explain {mistake}");
            seen += 1;
        }
    }
    assert!(seen >= 5, "only {seen} wrong versions are left");
}
