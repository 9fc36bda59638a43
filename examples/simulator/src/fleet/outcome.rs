//! What came of a run: the ledgers held against each other, and the figures.

use super::heard::Heard;
use super::options::FleetOptions;
use super::process::Usage;
use super::rates::Rates;
use super::site::Site;
use super::tally::Tally;
use super::verdict::differences;
use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write;
use std::rc::Rc;

pub(crate) struct Outcome {
    /// Sessions on the meters.
    happened: usize,
    /// Sessions that the central system has heard of, messages that came once more; nothing where it does not tell.
    heard: Option<(usize, u32)>,
    differences: Vec<String>,
    /// Chargers that have not come to an end.
    unfinished: usize,
    /// Messages that were not taken.
    waiting: u64,
    /// Messages that a charge point has given up, because they were refused too often.
    given_up: u64,
}

/// More of them tell nothing new.
const SHOWN_MAX: usize = 20;

/// What a central system has heard.
///
/// # Errors
/// It does not show it.
pub(crate) async fn fetch(address: String) -> Result<Vec<Heard>, Box<dyn Error>> {
    let text = tokio::task::spawn_blocking(move || {
        let answer = ureq::get(&address).call().map_err(|error| format!("{address}: {error}"))?;
        let text = answer.into_body().into_with_config().limit(u64::MAX).read_to_string();
        text.map_err(|error| format!("{address}: {error}"))
    });
    let text = text.await??;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

impl Outcome {
    pub(crate) fn new(sites: &[Rc<Site>], tally: &Tally, heard: Option<Vec<Heard>>, unfinished: usize) -> Self {
        let happened = sites.iter().map(|site| site.ledger.borrow().certain()).sum();
        let waiting = sites.iter().map(|site| u64::from(site.waiting.get())).sum();
        let counts = heard.as_ref().map(|heard| {
            let sessions = heard.iter().map(|charger| charger.sessions.len()).sum();
            (sessions, heard.iter().map(|charger| charger.repeated).sum())
        });
        let differences = heard.map_or(Vec::new(), |heard| compare(sites, heard));
        Self { happened, heard: counts, differences, unfinished, waiting, given_up: tally.given_up.get() }
    }

    pub(crate) fn is_good(&self) -> bool {
        self.differences.is_empty() && self.unfinished == 0 && self.waiting == 0 && self.given_up == 0
    }

    pub(crate) fn text(&self, options: &FleetOptions, tally: &Tally, rates: &Rates, central: Option<Usage>) -> String {
        let mut text = String::new();
        for difference in self.differences.iter().take(SHOWN_MAX) {
            _ = writeln!(text, "difference: {difference}");
        }
        let chargers = options.chargers;
        let (sent, received) = (tally.sent.get(), tally.received.get());
        let heard = match self.heard {
            Some((sessions, repeated)) => format!(
                "{sessions} heard, {} differences; {repeated} messages came once more and were known by their id",
                self.differences.len()
            ),
            None => "what was heard is not known".into(),
        };
        _ = writeln!(text, "chargers   {chargers} in {:.0} s, seed {}", rates.elapsed(), options.seed);
        _ = writeln!(text, "sessions   {} on the meters, {heard}", self.happened);
        _ = writeln!(
            text,
            "undone     {} chargers, {} messages, {} given up",
            self.unfinished, self.waiting, self.given_up
        );
        _ = writeln!(
            text,
            "messages   {sent} out, {received} in; {:.0} in a second of one core",
            (sent + received) as f64 / rates.cpu_seconds().max(0.01)
        );
        _ = writeln!(
            text,
            "busiest    {:.0} messages in one second, {:.2} core",
            rates.busiest.messages(),
            rates.busiest.cpu
        );
        _ = writeln!(text, "cpu        {:.3} core on average", rates.average().cpu);
        _ = writeln!(text, "memory     {:.1} KiB a charger at most", rates.memory_each(chargers as usize));
        _ = writeln!(
            text,
            "chaos      {} links and {} times the power cut; {} boots, {} connections, {} failures of flash",
            tally.links_cut.get(),
            tally.power_cuts.get(),
            tally.boots.get(),
            tally.connections.get(),
            tally.flash_failures.get()
        );
        if let Some(Usage { cpu, memory }) = central {
            _ = writeln!(text, "central    {:.3} core on average, {} MiB", cpu / rates.elapsed(), memory >> 20);
        }
        text += if self.is_good() { "good" } else { "NOT GOOD" };
        text
    }
}

fn compare(sites: &[Rc<Site>], heard: Vec<Heard>) -> Vec<String> {
    let mut heard: HashMap<String, Heard> = heard.into_iter().map(|heard| (heard.charger.clone(), heard)).collect();
    let mut found: Vec<String> = sites
        .iter()
        .flat_map(|site| {
            let heard = heard.remove(&site.identity);
            differences(&site.identity, site.ledger.borrow().sessions(), heard.as_ref())
        })
        .collect();
    found.extend(heard.into_keys().map(|identity| format!("{identity}: there is no such charger")));
    found
}
