//! The `yujing` program: see `yujing --help`.

fn main() {}
