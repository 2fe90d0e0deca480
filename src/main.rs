//! The `yujing` program: see `yujing --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    yujing_cli::main()
}
