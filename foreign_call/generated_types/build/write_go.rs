//! The Go that gives everything back.

use crate::types::*;

pub(crate) fn file(interface: &Interface) -> String {
    let mut text = "package main\n\n".to_owned();
    if interface.functions.iter().any(|it| it.mode == Mode::Stream) {
        text += "import \"context\"\n\n";
    }
    text += "// Gives back what it is given.\ntype echo struct{}\n\n\
             func init() {\n\tToGoImpl = echo{}\n}\n";
    for function in &interface.functions {
        text += &echo(function);
    }
    text
}

fn echo(function: &Function) -> String {
    let answer = function.answer();
    let parameters = function.arguments.iter().enumerate();
    let parameters = parameters.map(|(at, it)| format!("a{at} {}", go_type(&it.ty)));
    let mut parameters = parameters.collect::<Vec<_>>();
    let passed: Vec<_> = (0..function.arguments.len()).map(|at| format!("a{at}")).collect();
    let passed = passed.join(", ");
    let value = match function.arguments.len() {
        1 => "a0".to_owned(),
        _ => format!("{}{{{passed}}}", go_type(&answer)),
    };
    let mut returned = match &answer {
        Type::Unit => "error".to_owned(),
        answer => format!("({}, error)", go_type(answer)),
    };
    let body = match function.mode {
        Mode::Stream => {
            parameters.insert(0, format!("send func({}) error", go_type(&answer)));
            parameters.insert(0, "ctx context.Context".to_owned());
            returned = "error".to_owned();
            format!(
                "\tif err := send({value}); err != nil {{\n\t\treturn err\n\t}}\n\treturn send({value})\n"
            )
        }
        Mode::Through | Mode::ThroughAsync => {
            format!("\treturn FromGo_{}({passed})\n", function.name)
        }
        _ if answer == Type::Unit => "\treturn nil\n".to_owned(),
        _ => format!("\treturn {value}, nil\n"),
    };
    format!(
        "\nfunc (echo) {}({}) {returned} {{\n{body}}}\n",
        member(&function.name),
        parameters.join(", ")
    )
}

/// A keyword has an underscore.
fn member(name: &str) -> String {
    let keyword = ["func", "range", "struct", "type"].contains(&name);
    if keyword { format!("{name}_") } else { name.to_owned() }
}

fn go_type(ty: &Type) -> String {
    match ty {
        Type::Scalar("char") => "rune".to_owned(),
        Type::Scalar("usize") => "uint".to_owned(),
        Type::Scalar("isize") => "int".to_owned(),
        Type::Scalar("bool") => "bool".to_owned(),
        Type::Scalar(number) => match number.split_at(1) {
            ("u", bits) => format!("uint{bits}"),
            ("i", bits) => format!("int{bits}"),
            (_, bits) => format!("float{bits}"),
        },
        Type::Unit => "struct{}".to_owned(),
        Type::String => "string".to_owned(),
        Type::Named(name) => name.clone(),
        Type::List(part) => format!("[]{}", go_type(part)),
        Type::Option(part) => format!("*{}", go_type(part)),
        Type::Result(ok, err) => format!("Result[{}, {}]", go_type(ok), go_type(err)),
        Type::Tuple(parts) => {
            let names: Vec<_> = parts.iter().map(go_type).collect();
            format!("Tuple{}[{}]", parts.len(), names.join(", "))
        }
        Type::Array(part, length) => format!("[{length}]{}", go_type(part)),
        Type::Map(_, key, value) => format!("map[{}]{}", go_type(key), go_type(value)),
    }
}
