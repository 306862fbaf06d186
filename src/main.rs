//! The `apposite` program: runs one command and turns its outcome into an exit code.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    apposite::cli::main()
}
