//! What the README shows beside its steps stands in code that is compiled and tested.

const README: &str = include_str!("../../README.md");

/// That so many excerpts stand under a heading, each as it is in one of the files.
fn stand_in(heading: &str, count: usize, files: &[&str]) {
    let section = README.split(heading).nth(1).expect("the section");
    let section = section.split("\n## ").next().and_then(|it| it.split("\n### ").next());
    let section = section.expect("its end");
    let blocks = section.split("```rust\n").skip(1).chain(section.split("```c\n").skip(1));
    let excerpts: Vec<_> = blocks.filter_map(|block| block.split("```").next()).collect();
    assert_eq!(excerpts.len(), count);
    for excerpt in excerpts {
        assert!(files.iter().any(|file| file.contains(excerpt)), "{excerpt}");
    }
}

#[test]
fn calls_of_rust_stand_in_the_demo() {
    let store = include_str!("../src/store.rs");
    let offered = include_str!("../src/bin/store.rs");
    stand_in(
        "## When C and Go call Rust\n",
        3,
        &[store, offered, include_str!("../csrc/client.c")],
    );
}

#[test]
fn a_search_that_stops_and_a_stream_stand_in_the_demo() {
    let files = [include_str!("../src/numbers.rs"), include_str!("../csrc/numbers.c")];
    stand_in("### Giving up\n", 2, &files);
    stand_in("### Streams\n", 2, &files);
}
