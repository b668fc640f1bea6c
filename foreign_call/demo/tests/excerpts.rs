//! What the README shows of the other direction stands in the demo.

const README: &str = include_str!("../../README.md");

#[test]
fn every_excerpt_stands_in_the_demo_as_it_is_shown() {
    let demo = [
        include_str!("../src/store.rs"),
        include_str!("../src/bin/store.rs"),
        include_str!("../csrc/client.c"),
    ];
    let section = README.split("## The other direction\n").nth(1).expect("the section");
    let section = section.split("\n## ").next().expect("its end");
    let blocks = section.split("```rust\n").skip(1).chain(section.split("```c\n").skip(1));
    let excerpts: Vec<_> = blocks.filter_map(|block| block.split("```").next()).collect();
    assert_eq!(excerpts.len(), 3);
    for excerpt in excerpts {
        assert!(demo.iter().any(|file| file.contains(excerpt)), "{excerpt}");
    }
}
