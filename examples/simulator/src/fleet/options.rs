//! The command line of a fleet, and of its central system.

use super::day::Day;
use clap::{Args, Parser};
use std::net::SocketAddr;
use std::path::PathBuf;

/// What was asked for.
pub(crate) enum Task {
    Fleet(FleetOptions),
    Central(CentralOptions),
}

/// A fleet of chargers, or a central system that counts.
#[derive(Parser)]
#[command(name = "simulator")]
struct CommandLine {
    #[command(flatten)]
    fleet: FleetOptions,
    #[command(flatten)]
    central: CentralOptions,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct FleetOptions {
    /// How many chargers, with two connectors each
    #[arg(long = "fleet", value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=100_000))]
    pub(crate) chargers: u32,
    /// The central system: ws://host:port/path, without the identity. Its own, in another process, if not given
    pub(crate) url: Option<String>,
    /// Password of HTTP Basic authentication, the same for all
    #[arg(long, requires = "url")]
    pub(crate) password: Option<String>,
    /// Where that central system shows what it has heard: http://host:port/ledger
    #[arg(long, value_name = "URL", requires = "url")]
    pub(crate) heard: Option<String>,
    /// How long people come, in minutes of the day
    #[arg(long, value_name = "MINUTES", default_value_t = 60)]
    pub(crate) minutes: u32,
    /// The hour of the day at which it begins
    #[arg(long, value_name = "HOUR", default_value_t = 17, value_parser = clap::value_parser!(u32).range(..24))]
    pub(crate) from: u32,
    /// How many people come to a connector in a day; nobody with 0
    #[arg(long, value_name = "NUMBER", default_value_t = 8.0)]
    pub(crate) visits: f64,
    /// How many times faster than the world's time runs
    #[arg(long, value_name = "TIMES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) speed: u32,
    /// Seconds over which the chargers are switched on; 500 a second if not given
    #[arg(long, value_name = "SECONDS")]
    pub(crate) start_over: Option<f64>,
    /// The same seed is the same day
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Cuts links and power at random
    #[arg(long)]
    pub(crate) chaos: bool,
    /// Where the page is served
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8016")]
    pub(crate) listen: SocketAddr,
    /// What the page's address has to carry; made up where the page is served beyond this machine
    #[arg(long)]
    pub(crate) token: Option<String>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct CentralOptions {
    /// Is a central system at this address, and nothing else
    #[arg(long = "central", value_name = "ADDRESS", conflicts_with = "chargers")]
    pub(crate) address: Option<SocketAddr>,
    /// Seconds between heartbeats of a charger
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) heartbeat: u32,
    /// Writes what it has heard to this file when it ends, one JSON object a charger
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
    /// Ends with its standard input
    #[arg(long, hide = true)]
    pub(crate) attached: bool,
}

impl Task {
    /// What the command line asks for; nothing when it is about neither a fleet nor its central system.
    pub(crate) fn of_command_line() -> Option<Self> {
        let is_ours =
            |argument: String| ["--fleet", "--central"].iter().any(|ours| argument.split('=').next() == Some(ours));
        if !std::env::args().any(is_ours) {
            return None;
        }
        let CommandLine { fleet, central } = CommandLine::parse();
        Some(if central.address.is_some() { Self::Central(central) } else { Self::Fleet(fleet) })
    }
}

impl FleetOptions {
    pub(crate) fn day(&self) -> Day {
        Day { from: self.from * 3600, visits: self.visits }
    }

    /// When the `number`th charger is switched on, in milliseconds of real time.
    pub(crate) fn start_of(&self, number: u32) -> u64 {
        let over = self.start_over.unwrap_or(f64::from(self.chargers) / 500.0);
        (over * 1000.0 * f64::from(number) / f64::from(self.chargers.max(1))) as u64
    }
}
