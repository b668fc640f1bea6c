//! The Rust: types, traits, how their values are made and compared, and every call.

use std::fmt::Write;

use crate::types::*;

pub(crate) fn file(interface: &Interface) -> String {
    let mut text = "use foreign_call::{CallError, R2G, g2r, r2g};\n".to_owned();
    for it in &interface.definitions {
        text += &definition(it, interface.is_ordered(it));
        text += &value(it);
    }
    text += &traits(interface);
    text += &calls(interface);
    text
}

fn doc(indent: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{indent}#[doc = {text:?}]\n") }
}

fn definition(it: &Definition, ordered: bool) -> String {
    let ordered = if ordered { ", PartialEq, Eq, PartialOrd, Ord, Hash" } else { "" };
    let name = &it.name;
    let mut text = format!("\n{}#[derive(R2G, Debug, Clone{ordered})]\n", doc("", it.docs));
    if !it.repr.is_empty() {
        text += &format!("{}\n", it.repr);
    }
    match &it.kind {
        Kind::Struct(of) => {
            let end = if matches!(of, Fields::Unnamed(_)) { ";" } else { "" };
            let _ = writeln!(text, "pub struct {name}{}{end}", fields("pub ", of));
        }
        Kind::Enum(variants) => {
            let _ = writeln!(text, "pub enum {name} {{");
            for variant in variants {
                text += &doc("    ", variant.docs);
                let _ = writeln!(text, "    {}{},", variant.name, fields("", &variant.fields));
            }
            text += "}\n";
        }
    }
    text
}

fn fields(public: &str, fields: &Fields) -> String {
    match fields {
        Fields::None(written) => (*written).to_owned(),
        Fields::Unnamed(types) => {
            let types: Vec<_> = types.iter().map(|ty| format!("{public}{ty}")).collect();
            format!("({})", types.join(", "))
        }
        Fields::Named(fields) => {
            let field = |(name, ty): &(&str, Type)| format!("{public}{}: {ty}", raw(name));
            format!(" {{ {} }}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
    }
}

/// How one is made, and when two are the same.
fn value(it: &Definition) -> String {
    let name = &it.name;
    let (made, arms) = match &it.kind {
        Kind::Struct(fields) => (made(name, fields), arm(name, fields)),
        Kind::Enum(variants) => {
            let parts = variants.iter().map(|variant| {
                let path = format!("{name}::{}", variant.name);
                (made(&path, &variant.fields), arm(&path, &variant.fields))
            });
            let (made, arms): (Vec<_>, Vec<_>) = parts.unzip();
            (
                format!("proptest::strategy::Union::new([{}]).boxed()", made.join(", ")),
                arms.concat(),
            )
        }
    };
    format!(
        "impl crate::values::Value for {name} {{\n    \
         fn any() -> proptest::strategy::BoxedStrategy<Self> {{\n        \
         use proptest::strategy::Strategy as _;\n        {made}\n    }}\n    \
         fn same(&self, other: &Self) -> bool {{\n        \
         match (self, other) {{\n{arms}            _ => false,\n        }}\n    }}\n}}\n"
    )
}

fn made(path: &str, fields: &Fields) -> String {
    if let Fields::None(_) = fields {
        return format!("proptest::strategy::Just({path} {{}}).boxed()");
    }
    let of = |ty: &&Type| format!("<{ty} as crate::values::Value>::any(), ");
    let all: String = fields.types().iter().map(of).collect();
    let names: String = (0..fields.types().len()).map(|at| format!("a{at}, ")).collect();
    let member = |(at, member): (usize, String)| format!("{member}: a{at}");
    let members: Vec<_> = fields.members().into_iter().enumerate().map(member).collect();
    let members = members.join(", ");
    format!("({all}).prop_map(|({names})| {path} {{ {members} }}).boxed()")
}

fn arm(path: &str, fields: &Fields) -> String {
    let members = |side: &str| {
        let members = fields.members().into_iter().enumerate();
        members.map(|(at, it)| format!("{it}: {side}{at}, ")).collect::<String>()
    };
    let same = |at| format!(" && crate::values::Value::same(a{at}, b{at})");
    let same: String = (0..fields.types().len()).map(same).collect();
    let (one, other) = (members("a"), members("b"));
    format!("            ({path} {{ {one}}}, {path} {{ {other}}}) => true{same},\n")
}

fn traits(interface: &Interface) -> String {
    let (called, offered) = (interface.peer.called(), interface.peer.offered());
    let mut to = format!("\n#[r2g]\npub trait {called} {{\n");
    let mut from = format!("\n#[g2r]\npub trait {offered} {{\n");
    let mut mirror = format!("\npub struct Mirror;\n\nimpl {offered} for Mirror {{\n");
    for it in &interface.functions {
        let name = raw(&it.name);
        let answer = it.answer();
        let arguments = arguments(it, |argument| argument.lent);
        let answered = format!("Result<{answer}, CallError>");
        let _ = match it.mode {
            Mode::Sync | Mode::Through => {
                writeln!(to, "    fn {name}({arguments}) -> {answered};")
            }
            Mode::Async => writeln!(to, "    async fn {name}({arguments}) -> {answered};"),
            Mode::DropSafe | Mode::ThroughAsync => {
                writeln!(
                    to,
                    "    #[drop_safe]\n    #[send]\n    async fn {name}({arguments}) -> {answered};"
                )
            }
            Mode::DropSafeRet => {
                writeln!(
                    to,
                    "    #[drop_safe_ret]\n    async fn {name}({arguments}) -> {answered};"
                )
            }
            Mode::Stream => writeln!(
                to,
                "    fn {name}({arguments}) -> impl futures_core::Stream<Item = {answered}>;"
            ),
        };
        if it.is_through() {
            let arguments = self::arguments(it, |argument| argument.taken_lent);
            let word = if it.mode == Mode::ThroughAsync { "async fn" } else { "fn" };
            let head = format!("    {word} {name}(&self, {arguments}) -> {answer}");
            let values: Vec<_> = it
                .arguments
                .iter()
                .map(|it| match (&it.ty, it.taken_lent) {
                    (Type::String | Type::List(_), true) => format!("{}.to_owned()", raw(it.name)),
                    (_, true) => format!("{}.clone()", raw(it.name)),
                    (_, false) => raw(it.name),
                })
                .collect();
            let _ = writeln!(from, "{head};");
            let _ = writeln!(mirror, "{head} {{\n        {}\n    }}", all(&values));
        }
    }
    to + "}\n" + &from + "}\n" + &mirror + "}\n"
}

fn arguments(function: &Function, lent: impl Fn(&Argument) -> bool) -> String {
    let written = |it: &Argument| {
        let ty = match &it.ty {
            ty if !lent(it) => ty.to_string(),
            Type::String => "&str".to_owned(),
            Type::List(part) => format!("&[{part}]"),
            ty => format!("&{ty}"),
        };
        format!("{}: {ty}", raw(it.name))
    };
    function.arguments.iter().map(written).collect::<Vec<_>>().join(", ")
}

/// One of them, or a tuple.
fn all(values: &[String]) -> String {
    match values {
        [one] => one.clone(),
        several => format!("({})", several.join(", ")),
    }
}

fn calls(interface: &Interface) -> String {
    let mut text = "\npub fn every_type(trips: &crate::values::Trips) {\n".to_owned();
    for it in &interface.functions {
        let one = it.arguments.len() == 1;
        let passed = it.arguments.iter().enumerate().map(|(at, argument)| {
            let value = if one { "it".to_owned() } else { format!("it.{at}") };
            if argument.lent { format!("&{value}") } else { format!("{value}.clone()") }
        });
        let passed = passed.collect::<Vec<_>>().join(", ");
        let call = format!("{}Impl::{}({passed})", interface.peer.called(), raw(&it.name));
        let (back, times) = match it.mode {
            Mode::Sync | Mode::Through => (format!("vec![{call}]"), 1),
            Mode::Async if it.arguments.iter().all(|it| it.ty.is_scalar()) => {
                (format!("vec![trips.run({call})]"), 1)
            }
            // SAFETY in what is written: `run` comes to the end of it.
            Mode::Async => (format!("vec![trips.run(unsafe {{ {call} }})]"), 1),
            Mode::DropSafe | Mode::ThroughAsync => (format!("vec![trips.run({call})]"), 1),
            Mode::DropSafeRet => {
                let back =
                    format!("let (answer, back) = trips.run({call}); vec![answer, Ok(back)]");
                (format!("{{ {back} }}"), 2)
            }
            Mode::Stream => (format!("trips.collect({call})"), 2),
        };
        let answer = it.answer();
        let _ = writeln!(
            text,
            "    trips.make({:?}, {times}, |it: {answer}| {back});",
            format!("{}: {answer}", it.name)
        );
    }
    text + "}\n"
}
