//! The `apposite` program: runs one command and turns its outcome into an exit code.

fn main() -> std::process::ExitCode {
    apposite::cli::main()
}
