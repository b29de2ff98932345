//! The answer of a command, on standard output; remarks, on standard error.

use std::io::{self, ErrorKind, Write as _};

/// A line for whoever called the command. When nobody reads any more (`… | head -1`), there is nothing left to do:
/// the program ends, and that is no fault.
pub(crate) fn say(line: &str) {
    match writeln!(io::stdout().lock(), "{line}") {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => {
            remark(&format!("cannot write the answer: {error}"));
            std::process::exit(1);
        }
    }
}

/// A line beside the answer. Whether anybody reads it changes nothing.
pub(crate) fn remark(line: &str) {
    drop(writeln!(io::stderr().lock(), "hallport-gateway: {line}"));
}
