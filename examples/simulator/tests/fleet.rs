//! The fleet as a program: what it delivers, when it fails, and what it says then.

mod fleet {
    pub(super) mod forger;
    pub(super) mod program;
}

use fleet::forger::Forger;
use fleet::program::{Central, Run, central, fleet};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;

/// 50 chargers, 20 minutes of the day in as many seconds. People come often, links fail every five minutes and the power
/// every eight.
#[test]
fn with_chaos_every_session_is_delivered_and_none_twice() {
    let options = "--fleet 50 --minutes 20 --speed 60 --visits 300 --start-over 1 --chaos --seed 5";
    let run = fleet(options);
    assert!(run.is_success, "{run}");
    assert!(run.says("0 differences") && run.says("undone     0 chargers, 0 messages, 0 given up"), "{run}");
    // What would make it easy has not happened.
    assert!(run.number_before("on the meters") >= 100, "{run}");
    assert!(run.number_before("messages came once more") > 0, "{run}");
    assert!(run.number_before("links and") >= 50, "{run}");
    assert!(run.number_before("times the power cut") >= 50, "{run}");
}

/// The same day for all, with one thing changed in what the central system says it has heard.
#[test]
fn a_ledger_that_differs_makes_it_fail() {
    type Change = fn(&mut Vec<Value>);
    let changes: [(&str, Change, bool); 6] = [
        ("nothing", |_| {}, true),
        ("a session is forgotten", |sessions| _ = sessions.remove(0), false),
        ("a session is doubled", |sessions| sessions.insert(0, sessions[0].clone()), false),
        ("an end is forgotten", |sessions| sessions[0]["end"] = Value::Null, false),
        ("a register is wrong", |sessions| sessions[0]["begin"] = json!(-1), false),
        ("a tag is wrong", |sessions| sessions[0]["id_tag"] = json!("NOBODY"), false),
    ];
    let runs = changes.map(|(name, change, is_good)| {
        let run = std::thread::spawn(move || {
            let central = central();
            let forger = Forger::start(central.ledger.clone(), change);
            let options = "--fleet 5 --minutes 5 --speed 60 --visits 500 --start-over 0";
            fleet(&format!("{options} {} --heard {}", central.url, forger.url))
        });
        (name, run, is_good)
    });
    for (name, run, is_good) in runs {
        let run = run.join().unwrap();
        assert_eq!(run.is_success, is_good, "{name}: {run}");
        assert_eq!(run.says("difference: FLEET0000"), !is_good, "{name}: {run}");
    }
}

#[test]
fn too_few_open_files_are_said_before_anything_is_started() {
    let run = Run::limited("ulimit -n 100", "--fleet 1000");
    assert!(!run.is_success, "{run}");
    assert!(
        run.says("1000 connections need 1064 open files, and this process may have 100: run `ulimit -n 1064`"),
        "{run}"
    );
    assert!(!run.says("panicked") && !run.says("central system"), "{run}");
}

#[test]
fn a_limit_that_it_may_raise_it_raises() {
    let run = Run::limited("ulimit -S -n 100", "--fleet 200 --minutes 1 --speed 60 --visits 0 --start-over 1");
    assert!(run.is_success, "{run}");
}

#[test]
fn nobody_there_is_no_success() {
    let run = fleet("--fleet 3 --minutes 1 --speed 1000 --visits 0 --start-over 0 ws://127.0.0.1:1/ocpp");
    assert!(!run.is_success, "{run}");
    assert!(run.says("undone     3 chargers"), "{run}");
}

/// `FLEET00000:secret` in base64.
#[test]
fn a_charger_introduces_itself_with_identity_and_password() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/ocpp", listener.local_addr().unwrap());
    let request = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let lines = BufReader::new(stream).lines().map_while(Result::ok);
        lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>()
    });
    let run = fleet(&format!("--fleet 1 --minutes 1 --speed 1000 --visits 0 --start-over 0 {url} --password secret"));
    let request = request.join().unwrap();
    assert!(request[0].starts_with("GET /ocpp/FLEET00000 "), "{request:?}{run}");
    let authorization = "Authorization: Basic RkxFRVQwMDAwMDpzZWNyZXQ=";
    assert!(request.iter().any(|line| line.eq_ignore_ascii_case(authorization)), "{request:?}");
}

/// As the other side of the check: the central system alone, spoken to by nobody.
#[test]
fn a_central_system_that_heard_nobody_has_an_empty_ledger() {
    let Central { ledger, .. } = &central();
    let text = ureq::get(ledger).call().unwrap().into_body().read_to_string().unwrap();
    assert_eq!(text, "");
}
