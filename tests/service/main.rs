//! The shell over real sockets: every test starts its own service on a free port, in this process, around a fake
//! decision; `cli` runs the program itself.

mod cli;
mod cors;
mod http;
mod lifecycle;
mod limits;
mod support;
