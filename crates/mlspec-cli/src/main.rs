//! The binary `mlspec`: the program of this crate's library, with the stages that it knows.

fn main() -> std::process::ExitCode {
    mlspec_cli::main_with(mlspec_cli::registry())
}
