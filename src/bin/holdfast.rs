//! The release manager's tool. When a bundle is appended to it, it is an updater like the small one.

fn main() {
    let carries = std::env::current_exe()
        .ok()
        .and_then(|exe| holdfast::bundle::container::find(&exe).transpose());
    std::process::exit(match carries {
        Some(_) => holdfast::cli::main(std::env::args_os().skip(1), &[]),
        None => holdfast::toolkit::main(std::env::args_os()).into(),
    })
}
