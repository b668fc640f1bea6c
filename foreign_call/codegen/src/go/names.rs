//! Names in Go.

use foreign_call_model::{Field, Type};
use syn::Result;

use crate::names::apart;

/// Named so that nothing of the user's can be: by Go itself, or by the imports.
pub(super) const GO: &str = "C any bool byte cap comparable complex128 complex64 copy error false fmt float32 \
    float64 imag init int int16 int32 int64 int8 iota len main make new nil panic print println \
    real recover rune string true uint uint16 uint32 uint64 uint8 uintptr unsafe append close \
    delete complex atomic cgo context errors os runtime strings sync syscall time";

/// The type of a value.
pub(super) fn go_type(ty: &Type) -> String {
    match ty {
        Type::Scalar("char") => "rune".to_owned(),
        Type::Scalar("usize") => "uint".to_owned(),
        Type::Scalar("isize") => "int".to_owned(),
        Type::Scalar("f32") => "float32".to_owned(),
        Type::Scalar("f64") => "float64".to_owned(),
        Type::Scalar("bool") => "bool".to_owned(),
        Type::Scalar(number) => match number.strip_prefix('u') {
            Some(bits) => format!("uint{bits}"),
            None => format!("int{}", number.trim_start_matches('i')),
        },
        Type::Unit => "struct{}".to_owned(),
        Type::String => "string".to_owned(),
        Type::Named(name) => name.clone(),
        Type::List(part) => format!("[]{}", go_type(part)),
        Type::Option(part) => format!("*{}", go_type(part)),
        Type::Array(part, length) => format!("[{length}]{}", go_type(part)),
        Type::Result(ok, err) => format!("Result[{}, {}]", go_type(ok), go_type(err)),
        Type::Map(key, value) => format!("map[{}]{}", go_type(key), go_type(value)),
        Type::Tuple(parts) => {
            let parts: Vec<_> = parts.iter().map(go_type).collect();
            format!("Tuple{}[{}]", parts.len(), parts.join(", "))
        }
    }
}

/// The name of a type's view, and the beginning of the names of what converts it.
pub(super) fn view_name(ty: &Type) -> String {
    match ty {
        Type::Named(name) => format!("{name}Ref"),
        container => part(container).replacen('_', "Ref_", 1),
    }
}

/// A type as a part of another's name.
fn part(ty: &Type) -> String {
    match ty {
        Type::Scalar(name) => (*name).to_owned(),
        Type::Unit => "unit".to_owned(),
        Type::String => "String".to_owned(),
        Type::Named(name) => name.clone(),
        Type::List(item) => format!("List_{}", part(item)),
        Type::Option(some) => format!("Option_{}", part(some)),
        Type::Array(item, length) => format!("Array_{length}_{}", part(item)),
        Type::Result(ok, err) => format!("Result_{}_{}", part(ok), part(err)),
        Type::Map(key, value) => format!("Map_{}_{}", part(key), part(value)),
        Type::Tuple(parts) => {
            let names: Vec<_> = parts.iter().map(part).collect();
            format!("Tuple_{}_{}", parts.len(), names.join("_"))
        }
    }
}

const KEYWORDS: &str = "break case chan const continue default defer else fallthrough for func go \
    goto if import interface map package range return select struct switch type var _";

/// A field's, argument's or function's name; a keyword gets an underscore.
pub(super) fn member(name: &str) -> String {
    let taken = KEYWORDS.split_whitespace().any(|keyword| keyword == name);
    if taken { format!("{name}_") } else { name.to_owned() }
}

/// An argument's name where a body follows, which has names of its own.
pub(super) fn local(name: &str) -> String {
    let place = name.strip_prefix("at").is_some_and(|rest| rest.parse::<usize>().is_ok());
    let own = place || ["arena", "given", "answer", "err", "caller"].contains(&name);
    let taken = own || GO.split_whitespace().any(|other| other == name);
    if taken { format!("{name}_") } else { member(name) }
}

pub(super) fn fields_apart(fields: &[Field]) -> Result<()> {
    apart("Go", fields.iter().map(|it| (&it.name, it.name_span)), member)
}

/// Lines of a comment, each with this before it. As gofmt would have them: what is indented it takes for
/// code or a list, which it sets apart, and of several empty lines it keeps one.
pub(super) fn comment(indent: &str, lines: &[String]) -> String {
    let mut text = String::new();
    let (mut begun, mut gap) = (false, false);
    for line in lines.iter().map(|line| line.trim()) {
        if line.is_empty() {
            gap = begun;
            continue;
        }
        if gap {
            text += &format!("{indent}//\n");
        }
        text += &format!("{indent}// {line}\n");
        (begun, gap) = (true, false);
    }
    text
}

/// The fields of a struct, their types below each other where gofmt wants them so.
pub(super) fn aligned(fields: &[(Vec<String>, String, String)]) -> String {
    let mut text = String::new();
    for (at, (docs, name, ty)) in fields.iter().enumerate() {
        // A comment parts what is aligned.
        let starts = fields[..=at].iter().rposition(|it| !it.0.is_empty()).unwrap_or(0);
        let after = fields[at + 1..].iter().position(|it| !it.0.is_empty());
        let ends = after.map_or(fields.len(), |it| at + 1 + it);
        let widths = fields[starts..ends].iter().map(|it| it.1.chars().count());
        let width = widths.max().unwrap_or(0);
        text += &comment("\t", docs);
        text += &format!("\t{name:width$} {ty}\n");
    }
    text
}
