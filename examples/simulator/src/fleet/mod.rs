//! Thousands of chargers in one process, over real sockets; and a central system that counts what it hears of them.
//!
//! Each charger is a task that sleeps until its charge point wants to work or its socket moves. What happens on its meters
//! is kept in a ledger, and held against that of the central system at the end.

mod central;
mod chaos;
mod charger;
mod clock;
mod day;
mod flash;
mod heard;
mod ledger;
mod limits;
mod link;
mod options;
mod outcome;
mod outlet;
mod own_central;
mod page;
mod power;
mod process;
mod rates;
mod server;
mod site;
mod tally;
mod verdict;
mod visitor;
mod wire;

use chaos::Chaos;
use clock::Clock;
use embedded_ocpp::Instant;
use embedded_ocpp::time::Duration;
use fastrand::Rng;
use options::{FleetOptions, Task};
use outcome::Outcome;
use own_central::OwnCentral;
use page::Page;
use process::Usage;
use rates::Rates;
use server::Server;
use site::Site;
use std::error::Error;
use std::process::ExitCode;
use std::rc::Rc;
use std::thread;
use tally::Tally;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{self, MissedTickBehavior};
use visitor::Visitors;

/// What the chargers of a fleet share.
struct Fleet {
    clock: Clock,
    server: Server,
    tally: Tally,
}

/// How long after the last visitor the last message may come: longer than the longest back-off.
const PATIENCE: Duration = Duration::from_secs(900);
/// For the pages to hear how it ended.
const FAREWELL: time::Duration = time::Duration::from_millis(200);
/// Between two looks at the rates, and how many looks make a line.
const LOOK: time::Duration = time::Duration::from_secs(1);
const LOOKS_PER_LINE: u32 = 10;

/// Runs a fleet, or its central system, if the command line asks for one.
pub(crate) fn run_if_asked() -> Option<ExitCode> {
    let task = Task::of_command_line()?;
    // In a thread of its own, because the caller may be in a runtime, and a fleet wants one with a single thread.
    Some(thread::spawn(|| perform(task)).join().unwrap_or(ExitCode::FAILURE))
}

fn perform(task: Task) -> ExitCode {
    let result = match task {
        Task::Central(options) => central::run(&options).map(|()| true),
        Task::Fleet(options) => run(&options),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("fleet: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all went as it should.
fn run(options: &FleetOptions) -> Result<bool, Box<dyn Error>> {
    limits::allow_files(options.chargers)?;
    // One thread: what a charger does takes microseconds, and a second core is the central system's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(LocalSet::new().run_until(work(options)))
}

async fn work(options: &FleetOptions) -> Result<bool, Box<dyn Error>> {
    let own = match options.url {
        Some(_) => None,
        None => Some(OwnCentral::start().await?),
    };
    let url = options.url.as_deref().or(own.as_ref().map(|own| &*own.url)).unwrap_or_default();
    let heard_at = options.heard.clone().or(own.as_ref().map(|own| own.ledger()));
    let server = Server::new(url, options.password.as_deref(), options.chargers)?;
    println!("central system  {url}");
    println!("chargers        {}", options.chargers);
    let mut page = Page::open(options, url).await?;
    let memory_before = Usage::of_this().memory;
    let fleet = Rc::new(Fleet { clock: Clock::start(options.speed), server, tally: Tally::default() });
    let closes_at = closing_time(options);
    let (sites, mut chargers) = build(options, &fleet, closes_at);

    let mut rates = Rates::start(memory_before);
    let mut looks = time::interval_at(time::Instant::now() + LOOK, LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let last_moment = fleet.clock.real(closes_at + PATIENCE);
    let mut looked = 0;
    let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
    while !chargers.is_empty() && time::Instant::now() < last_moment {
        tokio::select! {
            _ = chargers.join_next() => {}
            _ = &mut interrupt => break,
            request = page.question() => Page::answer(&request, &sites),
            _ = looks.tick() => {
                rates.look(&fleet.tally);
                page.tell(&fleet, &sites, &rates);
                looked += 1;
                if looked % LOOKS_PER_LINE == 0 {
                    println!("{}", rates.line(fleet.clock.now(), &sites, &fleet.tally));
                }
            }
        }
    }
    rates.look(&fleet.tally);

    let central_usage = own.as_ref().map(|own| own.usage());
    let heard = match heard_at {
        Some(address) => Some(outcome::fetch(address).await?),
        None => None,
    };
    if let Some(own) = own {
        own.stop().await;
    }
    let outcome = Outcome::new(&sites, &fleet.tally, heard, chargers.len());
    let text = outcome.text(options, &fleet.tally, &rates, central_usage);
    println!("{text}");
    page.tell(&fleet, &sites, &rates);
    page.conclude(&outcome, &text);
    time::sleep(FAREWELL).await;
    Ok(outcome.is_good())
}

/// When the last visitor may come.
fn closing_time(options: &FleetOptions) -> Instant {
    Instant::from_millis(u64::from(options.minutes) * 60_000)
}

/// The chargers, each a task that waits for its moment.
fn build(options: &FleetOptions, fleet: &Rc<Fleet>, closes_at: Instant) -> (Vec<Rc<Site>>, JoinSet<()>) {
    let mut random = Rng::with_seed(options.seed);
    let mut chargers = JoinSet::new();
    let sites = (0..options.chargers).map(|number| {
        let site = Rc::new(Site::new(number, &mut random));
        let visitors = std::array::from_fn(|index| {
            Visitors::new(options.day(), closes_at, number, index as u8 + 1, random.fork())
        });
        let chaos = random.fork();
        let chaos = if options.chaos { Chaos::new(closes_at, Instant::ZERO, chaos) } else { Chaos::none() };
        let start = time::Instant::now() + time::Duration::from_millis(options.start_of(number));
        let (fleet, its_site) = (Rc::clone(fleet), Rc::clone(&site));
        chargers.spawn_local(async move {
            time::sleep_until(start).await;
            charger::run(fleet, its_site, visitors, chaos).await;
        });
        site
    });
    (sites.collect(), chargers)
}
