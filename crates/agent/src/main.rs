//! `deskside`: the app, and its command line.

fn main() -> std::process::ExitCode {
    deskside_agent::cli::main()
}
