//! What a build script does, with a source and a folder of a test's: `build_go SOURCE FOLDER`.

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().expect("a source and a folder");
    foreign_call_codegen::Builder::new(next()).go(next()).build();
}
