//! The page of the fleet: a grid of all chargers, and what they do in a second.

use super::Fleet;
use super::options::FleetOptions;
use super::outcome::Outcome;
use super::rates::Rates;
use super::site::Site;
use crate::web::{self, Feed, File, Place, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use std::rc::Rc;
use tokio::sync::mpsc;

pub(crate) struct Page {
    feed: Feed,
    requests: mpsc::Receiver<Request>,
}

const HTML: &str = include_str!("../../page/fleet.html");
const FILES: &[File] = &[
    File::style("style.css", include_bytes!("../../page/style.css")),
    File::style("fleet.css", include_bytes!("../../page/fleet.css")),
    File::script("dom.js", include_bytes!("../../page/dom.js")),
    File::script("feed.js", include_bytes!("../../page/feed.js")),
    File::script("fleet.js", include_bytes!("../../page/fleet.js")),
    File::script("fleet_charger.js", include_bytes!("../../page/fleet_charger.js")),
    File::script("fleet_grid.js", include_bytes!("../../page/fleet_grid.js")),
    File::script("fleet_rates.js", include_bytes!("../../page/fleet_rates.js")),
    File::script("fleet_words.js", include_bytes!("../../page/fleet_words.js")),
];

/// Seconds that the plots go back.
const SECONDS: usize = 3600;
/// What a page may want at once.
const REQUESTS: usize = 16;

/// What a page may ask.
#[derive(Deserialize)]
struct Question {
    id: Value,
    /// The number of a charger.
    charger: usize,
}

impl Page {
    /// Serves the page, and says where.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub(crate) async fn open(options: &FleetOptions, url: &str) -> Result<Self, String> {
        let place = Place::open(options.listen, options.token.clone()).await?;
        println!("page            {}", place.url().map_err(|error| error.to_string())?);
        let feed = Feed::new();
        let about = json!({
            "chargers": options.chargers,
            "url": url,
            "seed": options.seed,
            "speed": options.speed,
            "from": options.from * 3600,
            "minutes": options.minutes,
            "chaos": options.chaos,
        });
        feed.set("about", &about);
        let (commands, requests) = mpsc::channel(REQUESTS);
        let site = web::Site { html: HTML, files: FILES, feed: feed.clone(), commands };
        tokio::spawn(place.serve(site));
        Ok(Self { feed, requests })
    }

    /// Tells how all stands, once a second.
    pub(crate) fn tell(&self, fleet: &Fleet, sites: &[Rc<Site>], rates: &Rates) {
        let looks: String = sites.iter().map(|site| char::from(b'0' + site.look.get() as u8)).collect();
        let waiting: u64 = sites.iter().map(|site| u64::from(site.waiting.get())).sum();
        let tally = &fleet.tally;
        let rate = json!({
            "t": fleet.clock.now().as_millis() / 1000,
            "out": rates.now.sent.round(),
            "in": rates.now.received.round(),
            "cpu": (rates.now.cpu * 1000.0).round() / 1000.0,
            "kib": (rates.memory_each(sites.len()) * 10.0).round() / 10.0,
            "charging": looks.bytes().filter(|look| *look == b'4').count(),
            "waiting": waiting,
        });
        let totals = json!({
            "sessions": tally.sessions.get(),
            "out": tally.sent.get(),
            "in": tally.received.get(),
            "links_cut": tally.links_cut.get(),
            "power_cuts": tally.power_cuts.get(),
            "given_up": tally.given_up.get(),
        });
        self.feed.set("totals", &totals);
        self.feed.set("looks", &looks);
        self.feed.add("rates", SECONDS, &rate);
    }

    /// The next question of a page.
    pub(crate) async fn question(&mut self) -> Request {
        match self.requests.recv().await {
            Some(request) => request,
            None => std::future::pending().await,
        }
    }

    /// Tells of the charger that was asked about, and of its sessions.
    pub(crate) fn answer(request: &Request, sites: &[Rc<Site>]) {
        let answer = match serde_json::from_str::<Question>(&request.line) {
            Ok(Question { id, charger }) => {
                json!({"reply": id, "charger": sites.get(charger).map(|site| describe(site))})
            }
            Err(error) => json!({"error": error.to_string()}),
        };
        let _ = request.replies.send(answer.to_string()); // the page may have gone away
    }

    pub(crate) fn conclude(&self, outcome: &Outcome, text: &str) {
        self.feed.set("outcome", &json!({"good": outcome.is_good(), "text": text}));
    }
}

fn describe(site: &Site) -> Value {
    let ledger = site.ledger.borrow();
    let sessions: Vec<Value> = ledger
        .sessions()
        .iter()
        .rev()
        .map(|session| {
            json!({
                "connector": session.connector,
                "id_tag": session.id_tag,
                "begin": session.begin,
                "end": session.end,
                "stage": session.stage.word(),
            })
        })
        .collect();
    let registers: Vec<i64> = site.outlets.iter().map(|outlet| outlet.register()).collect();
    json!({
        "identity": site.identity,
        "look": site.look.get() as u8,
        "waiting": site.waiting.get(),
        "registers": registers,
        "sessions": sessions,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;

    fn asked(line: &str, sites: &[Rc<Site>]) -> Value {
        let (replies, mut answers) = mpsc::unbounded_channel();
        Page::answer(&Request { line: line.into(), replies }, sites);
        serde_json::from_str(&answers.try_recv().unwrap()).unwrap()
    }

    #[test]
    fn a_page_hears_of_the_charger_that_it_asks_about() {
        let site = Rc::new(Site::new(0, &mut Rng::with_seed(1)));
        site.ledger.borrow_mut().asked(2, "CARD", 5);
        site.ledger.borrow_mut().started(2, Some("CARD"), 7);
        let sites = [site];
        let answer = asked(r#"{"id":3,"charger":0}"#, &sites);
        assert_eq!((&answer["reply"], &answer["charger"]["identity"]), (&json!(3), &json!("FLEET00000")));
        let session = json!({"connector": 2, "id_tag": "CARD", "begin": 7, "end": null, "stage": "running"});
        assert_eq!(answer["charger"]["sessions"], json!([session]));
        assert_eq!(asked(r#"{"id":4,"charger":1}"#, &sites)["charger"], Value::Null);
        for line in ["", "{}", r#"{"id":1,"charger":-1}"#, "[[[["] {
            assert!(asked(line, &sites)["error"].is_string(), "{line}");
        }
    }
}
