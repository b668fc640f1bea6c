//! `bridge_with_go [costs]`

use std::process::ExitCode;

#[cfg(go)]
#[expect(clippy::print_stdout, reason = "printing is what a main is for")]
fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => println!("{}", bridge_with_go::run()?),
        ["costs"] => {
            let request = bridge_with_go::Request::example();
            println!("{}", bridge_with_go::costs::costs(&request, 51)?);
        }
        _ => {
            eprintln!("usage: bridge_with_go [costs]");
            return Ok(ExitCode::from(2));
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(not(go))]
fn main() -> ExitCode {
    eprintln!("{}", bridge_with_go::NO_GO);
    ExitCode::from(bridge_with_go::NO_GO_STATUS)
}
