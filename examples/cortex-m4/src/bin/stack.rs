//! Runs the work of `smallest` and prints what it needs at run time: `resources=N stack=N`.
#![no_std]
#![no_main]

#[path = "../session.rs"]
mod session;

#[cortex_m_rt::entry]
fn main() -> ! {
    let Some(stack) = board::stack::deepest(session::session) else {
        board::print(format_args!("the session used all of the painted stack"));
        board::exit(Err(()));
    };
    board::print(format_args!(
        "resources={} stack={stack}",
        session::RESOURCES_LEN
    ));
    board::exit(Ok(()))
}
