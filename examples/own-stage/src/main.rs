//! A program like `mlspec` that knows one stage more, `clip@1`.

mod clip;

fn main() -> std::process::ExitCode {
    mlspec_cli::main_with(mlspec_cli::registry().with(clip::entry()))
}
