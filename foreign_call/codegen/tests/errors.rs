//! What the generator says, with the line.

use foreign_call_codegen::c_header;
use snapbox::{IntoData, assert_data_eq, str};

fn said(source: &str) -> String {
    match c_header(source, "src/call.rs") {
        Ok(_) => panic!("it was taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once_each_at_its_place() {
    let source = "
#[derive(R2G)]
struct User {
    name: &'static str,
    age: u128,
}

#[r2g]
trait Call {
    fn lent(user: &mut u8);
    async fn given(user: String) -> u8;
}
";
    assert_data_eq!(
        said(source),
        str![[r#"
src/call.rs:4:11: error: a reference can only be a whole argument; use the owned type here
 4 |     name: &'static str,
   |           ^^^^^^^^^^^^
src/call.rs:5:10: error: C has no integers of 128 bits; use two `u64`
 5 |     age: u128,
   |          ^^^^
src/call.rs:10:19: error: the peer may read what is lent, not write it; use `&`
 10 |     fn lent(user: &mut u8);
    |                   ^^^^^^^
src/call.rs:11:26: error: who keeps it until the answer? Lend it (`&`), or mark the function `#[drop_safe]` or `#[drop_safe_ret]`
 11 |     async fn given(user: String) -> u8;
    |                          ^^^^^^
"#]]
        .raw()
    );
}

#[test]
fn a_type_that_is_not_there_is_named() {
    let source = "
#[r2g]
trait Call {
    fn check(user: &User) -> Vec<Result<Option<Alias>, bool>>;
}
";
    assert_data_eq!(
        said(source),
        str![[r#"
src/call.rs:4:20: error: no type `User` with `#[derive(R2G)]` in this file (aliases are not looked through)
 4 |     fn check(user: &User) -> Vec<Result<Option<Alias>, bool>>;
   |                    ^^^^^
src/call.rs:4:30: error: no type `Alias` with `#[derive(R2G)]` in this file (aliases are not looked through)
 4 |     fn check(user: &User) -> Vec<Result<Option<Alias>, bool>>;
   |                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"#]]
        .raw()
    );
}

#[test]
fn a_type_that_contains_itself_is_refused() {
    let source = "
#[derive(R2G)]
struct Node {
    children: Vec<Node>,
}
#[r2g]
trait Call {
    fn check(node: &Node);
}
";
    assert_data_eq!(
        said(source),
        str![[r#"
src/call.rs:4:15: error: `Node` contains itself here, so its views would have no end; put all of them into one list, and let them name each other by their places in it
 4 |     children: Vec<Node>,
   |               ^^^^^^^^^
"#]]
        .raw()
    );
}

#[test]
fn types_that_contain_each_other_are_refused() {
    let source = "
#[derive(R2G)]
struct Folder {
    files: Vec<File>,
}
#[derive(R2G)]
struct File {
    folder: Option<Folder>,
}
#[r2g]
trait Call {
    fn check(folder: &Folder);
}
";
    assert_data_eq!(
        said(source),
        str![[r#"
src/call.rs:8:13: error: `File` contains itself here, so its views would have no end; put all of them into one list, and let them name each other by their places in it
 8 |     folder: Option<Folder>,
   |             ^^^^^^^^^^^^^^
"#]]
        .raw()
    );
}

#[test]
fn two_types_of_one_name_are_refused() {
    let source = "
mod one { #[derive(R2G)] pub struct User { age: u8 } }
#[derive(R2G)] pub struct User { age: u8 }
#[derive(R2G)] pub enum User { One }
#[r2g] trait Call { fn call(); }
";
    assert_data_eq!(
        said(source),
        str![[r#"
src/call.rs:3:27: error: there are two types `User` in this file
 3 | #[derive(R2G)] pub struct User { age: u8 }
   |                           ^^^^
src/call.rs:4:25: error: there are two types `User` in this file
 4 | #[derive(R2G)] pub enum User { One }
   |                         ^^^^
"#]]
    );
}

#[test]
fn two_types_of_one_name_in_c_are_refused() {
    let source = "
#[derive(R2G)]
struct A_B { a: u8 }
#[derive(R2G)]
struct B_C { a: u8 }
#[derive(R2G)]
struct A { a: u8 }
#[derive(R2G)]
struct C { a: u8 }
#[r2g]
trait Call {
    fn check(one: &Result<A_B, C>, other: &Result<A, B_C>);
}
";
    assert_data_eq!(
        said(source),
        str![[r#"
src/call.rs:12:43: error: the name `ResultRef_A_B_C` is taken in C, by the view of `Result<A_B, C>` (src/call.rs:12)
 12 |     fn check(one: &Result<A_B, C>, other: &Result<A, B_C>);
    |                                           ^^^^^^^^^^^^^^^
"#]]
        .raw()
    );
}

#[test]
fn functions_and_variants_of_one_name_in_c_are_refused_with_both_lines() {
    let functions = "
#[r2g]
trait A {
    fn b_c();
}
#[r2g]
trait A_b {
    fn c();
}
";
    assert_data_eq!(
        said(functions),
        str![[r#"
src/call.rs:8:8: error: the name `A_b_c` is taken in C, by `b_c` of `A` (src/call.rs:4)
 8 |     fn c();
   |        ^
"#]]
        .raw()
    );
    let offered = "
#[r2g]
trait A {
    fn b_rust();
}
#[g2r]
trait A_b {
    fn rust(&self);
}
";
    assert_data_eq!(
        said(offered),
        str![[r#"
src/call.rs:8:8: error: the name `A_b_rust` is taken in C, by `b_rust` of `A` (src/call.rs:4)
 8 |     fn rust(&self);
   |        ^^^^
"#]]
        .raw()
    );
    let variants = "
#[derive(R2G)]
enum A {
    b_c,
}
#[derive(R2G)]
enum A_b {
    c,
}
#[r2g]
trait Call {
    fn f(a: A, b: A_b);
}
";
    assert_data_eq!(
        said(variants),
        str![[r#"
src/call.rs:8:5: error: the name `A_b_c` is taken in C, by a variant of `A` (src/call.rs:4)
 8 |     c,
   |     ^
"#]]
        .raw()
    );
    let library = "
#[r2g]
trait foreign_call {
    fn wanted();
}
";
    assert_data_eq!(said(library), str![[r#"
src/call.rs:3:7: error: the name `foreign_call_interface` is taken in C, by the library, as all that begin so
 3 | trait foreign_call {
   |       ^^^^^^^^^^^^
"#]].raw());
}

#[test]
fn fields_and_arguments_of_one_name_in_c_are_refused_with_both_lines() {
    let sources = [
        "
#[derive(R2G)]
struct Field {
    int: u8,
    int_: u8,
}
#[r2g]
trait Call {
    fn f(field: &Field);
}
",
        "
#[derive(R2G)]
enum Choice {
    Data { r#if: u8, if_: u8 },
}
#[r2g]
trait Call {
    fn f(choice: &Choice);
}
",
        "
#[derive(R2G)]
enum Choice {
    int(u8),
    int_(u8),
}
#[r2g]
trait Call {
    fn f(choice: &Choice);
}
",
        "
#[r2g]
trait Call {
    fn f(call: u8, call_: u8) -> u8;
}
",
        "
#[g2r]
trait Call {
    fn f(&self, answer: u8, answer_: u8) -> u8;
}
",
    ];
    let said = sources.map(said).join("\n");
    assert_data_eq!(
        said,
        str![[r#"
src/call.rs:5:5: error: in C its name is `int_`, as is that of `int` in line 4
 5 |     int_: u8,
   |     ^^^^
src/call.rs:4:22: error: in C its name is `if_`, as is that of `if` in line 4
 4 |     Data { r#if: u8, if_: u8 },
   |                      ^^^
src/call.rs:5:5: error: in C its name is `int_`, as is that of `int` in line 4
 5 |     int_(u8),
   |     ^^^^
src/call.rs:4:20: error: in C its name is `call_`, as is that of `call` in line 4
 4 |     fn f(call: u8, call_: u8) -> u8;
   |                    ^^^^^
src/call.rs:4:29: error: in C its name is `answer_`, as is that of `answer` in line 4
 4 |     fn f(&self, answer: u8, answer_: u8) -> u8;
   |                             ^^^^^^^
"#]]
        .raw()
    );
}

#[test]
fn a_file_without_a_trait_and_a_file_that_is_not_rust() {
    assert_data_eq!(
        said("struct User;\n"),
        str!["src/call.rs: error: no trait here has `#[foreign_call::r2g]` or `#[foreign_call::g2r]`, so there is nothing to call"]
            .raw()
    );
    assert_data_eq!(
        said("fn f(a: u8;\n"),
        str![[r#"
src/call.rs:1:5: error: cannot parse string into token stream
 1 | fn f(a: u8;
   |     ^
"#]]
        .raw()
    );
}

#[test]
fn names_that_c_needs_for_something_else_are_refused() {
    let source = "
#[r2g]
trait Call {
    fn interface();
    fn check() -> u8;
    fn check_answer();
}
mod inner {
    #[r2g]
    trait Other {
        fn check();
    }
}
#[r2g]
trait Other {
    fn check();
}
#[g2r]
trait Offered {
    fn interface(&self);
    fn check(&self) -> u8;
    fn check_answer(&self);
    fn check_rust(&self);
}
#[g2r]
trait Call {
    fn check(&self);
}
";
    assert_data_eq!(
        said(source),
        str![[r#"
src/call.rs:4:8: error: the interface's number has this name in C
 4 |     fn interface();
   |        ^^^^^^^^^
src/call.rs:6:8: error: in C this name belongs to the calls of `check`
 6 |     fn check_answer();
   |        ^^^^^^^^^^^^
src/call.rs:15:7: error: there are two traits `Other`; the peer's functions begin with it
 15 | trait Other {
    |       ^^^^^
src/call.rs:20:8: error: the interface's number has this name in C
 20 |     fn interface(&self);
    |        ^^^^^^^^^
src/call.rs:22:8: error: in C this name belongs to the calls of `check`
 22 |     fn check_answer(&self);
    |        ^^^^^^^^^^^^
src/call.rs:23:8: error: in C this name belongs to the calls of `check`
 23 |     fn check_rust(&self);
    |        ^^^^^^^^^^
"#]]
        .raw()
    );
}

#[test]
fn what_the_peer_lends_has_no_lifetime_of_the_user_s() {
    let source = "
#[g2r]
trait Offered {
    fn elided(&self, text: &str, list: &'_ [u8]);
    fn kept(&self, text: &'static str);
}
";
    assert_data_eq!(
        said(source),
        str![[r#"
src/call.rs:5:27: error: the peer lends it until its call returns: leave the lifetime out
 5 |     fn kept(&self, text: &'static str);
   |                           ^^^^^^^
"#]]
        .raw()
    );
}

#[test]
fn a_mark_that_stands_twice_says_too_much_or_contradicts_another_is_refused() {
    let source = "
#[r2g]
trait Call {
    #[deadline(5)]
    #[deadline(6)]
    async fn twice() -> Result<u8, CallError>;
    #[cancel(now)]
    async fn more();
    #[drop_safe]
    #[drop_safe_ret]
    async fn both(text: String);
}
#[r2g]
#[foreign_call::g2r]
trait Contradicting {}
";
    assert_data_eq!(said(source), str![[r#"
src/call.rs:5:5: error: `#[deadline]` is there already; leave one out
 5 |     #[deadline(6)]
   |     ^^^^^^^^^^^^^^
src/call.rs:7:5: error: it takes no arguments: write `#[cancel]`
 7 |     #[cancel(now)]
   |     ^^^^^^^^^^^^^^
src/call.rs:10:5: error: `#[drop_safe_ret]` is drop-safe; one of them is enough
 10 |     #[drop_safe_ret]
    |     ^^^^^^^^^^^^^^^^
src/call.rs:14:1: error: one attribute says who calls a trait: `r2g` that Rust does, `g2r` that the peer does; for both make two traits
 14 | #[foreign_call::g2r]
    | ^^^^^^^^^^^^^^^^^^^^
"#]].raw());
}

#[test]
fn what_serves_another_process_keeps_its_names() {
    let source = "#[r2g(process)]\ntrait Far {\n    #[mem]\n    fn serve(number: u8);\n}\n";
    let why = "src/call.rs:4:8: error: the name `Far_serve` is taken in C, by what serves `Far` \
        (src/call.rs:2)";
    assert_eq!(said(source).lines().next(), Some(why));
}
