//! Runs a whole session on the wallbox of `smallest` and prints what it needs at run time: `resources=N stack=N`.
#![no_std]
#![no_main]

#[cfg(feature = "flash")]
#[path = "../../../parts/nor_flash.rs"]
mod nor_flash;
#[path = "../session.rs"]
mod session;
#[path = "../wallbox.rs"]
mod wallbox;

#[cortex_m_rt::entry]
fn main() -> ! {
    let stack = match board::stack::deepest(session::session) {
        (Some(()), Some(stack)) => stack,
        (None, _) => {
            board::print(format_args!("the session did not go as it should"));
            board::exit(Err(()));
        }
        (_, None) => {
            board::print(format_args!("the session used all of the painted stack"));
            board::exit(Err(()));
        }
    };
    board::print(format_args!("resources={} stack={stack}", session::RESOURCES_LEN));
    board::exit(Ok(()))
}
