//! Which test proves which requirement. The tables name the one that says most; as tests carry the ids in their names,
//! `grep -rn fn.tx_19` finds the others.

mod core;
mod profiles;
mod proof;
mod security;
mod signed_values;

use proof::Proof::{self, Reason, Test};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What the texts of OCPP 1.6 (edition 2 with its errata, OCPP-J) ask of a charge point. M: must, S: should, O: may,
/// P: practice that test suites and central systems expect. The letters of ST are the transitions of chapter 4.9.
const CHECKLIST: &str = "
RPC 01M 02M 03M 04M 05M 06S 07M 08M 09S 10M 11M 12M 13M 14P 15M 16M 17P 18P 19M 20M
RPC 21M 22P 23S 24M 25M 26M 27M 28M 29M 30M 31M 32M
BOOT 01M 02M 03M 04M 05M 06M 07S 08M 09M 10O 11M 12M 13M 14O 15M
HB 01M 02S 03S 04P
AUTH 01M 02M 03M 04M 05P 06M 07M 08M 09M 10S 11M 12P 13P
AC 01S 02M 03M 04M 05M 06S 07S 08M 09P
LOC 01M 02M 03M 04M 05M 06S 07M 08P
TX 01M 02M 03M 04M 05M 06M 07M 08P 09S 10S 11S 12O 13M 14M 15M 16M 17M 18M 19M 20M
TX 21M 22M 23P 24M 25M 26M 27P 28P 29M 30M 31M 32S 33M
MSG 01M 02M 03M 04O 05M 06M 07S 08S 09M 10M 11P 12M 13P 14M 15P
MV 01M 02M 03P 04M 05M 06M 07M 08M 09M 10M 11M 12S 13M 14M 15M 16S 17M 18P 19M 20M
MV 21M 22M 23O 24O
ST 01M 02M 03O 04M 05M 06M 07M 08P 09S 10M 11M 12O 13P 14M
ST A2M A3M A4M A5M A7M A8M A9M
ST B1M B3M B4M B5M B6M B9M
ST C1M C4M C5M C6M C8M C9M
ST D1M D3M D5M D6M D8M D9M
ST E1M E3M E4M E6M E8M E9M
ST F1M F2M F8M F9M
ST G1M G2M G8M G9M
ST H1M H2M H3M H4M H5M H9M
ST I1M I2M I3M I4M I5M I6M I7M I8M
AV 01M 02M 03M 04P 05P 06M 07M 08P 09M 10P
RST 01M 02M 03M 04M 05M 06M 07P 08P
UNL 01M 02M 03M 04P 05P
CFG 01M 02M 03M 04M 05M 06M 07M 08M 09P 10M 11M 12M 13P 14P
RC 01M 02M 03M 04O 05P 06M 07P 08M 09M 10S 11M 12P 13P
TRG 01M 02M 03M 04P 05M 06S 07M 08M 09M
DT 01M 02M
KEY 01O 02O 03M 04O 05M 06M 07M 08O 09M 10M 11O 12M 13M 14O 15M 17M 19M 20O 21O 22M
KEY 23M 24O 25O 26M 27M 29M 31M 32O 33M 34M 35M 36O
KEY 37M 38M 39M 40O 41M 42M 43M 44O 45M 46O 47O 48O 49O 50O 51O 52O
RSV 01M 02M 03M 04M 05M 06M 07M 08M 09M 10M 11P 12S 13P 14P 15O 16P
LST 01M 02M 03M 04M 05M 06M 07M 08P 09S 10M 11M 12P 13M 14M 15P
SC 01M 02M 03M 04M 05P 06M 07M 08M 09M 10M 11M 12P 13M 14M 15M 16M 17M 18M 19M 20M
SC 21O 22M 23M 24M 25M 26M 27M 28M 29M 30M 31M 32M 33M 34P 35M 36M 37M 38M 39M 40P
SC 41M 42O 43O
FW 01M 02M 03M 04P 05M 06P 07P 08P
DG 01M 02M 03M 04M 05M 06M
SEC 01M 02M 03M 04M 05M 06M 07M 08M 09M 10M 11M 12M 13M 14M 15M 16M 17M 18M 19P 20P
SEC 21M 22M 23P 24M 25M 26M 27M 28M 29M 30M 31P 32M 33M 34M 35M 36S 37M 38M 39M 40M
SEC 41M 42S 43M 44M 45M 46M 47P 48P 49S 50M 51M 52M 53P 54P 55M 56P 57S 58P 59P 60P
SMV 01M 02M 03M 04M 05M 06M 07O 08O 09M 10M 11M 12M 13M
";

#[test]
fn every_requirement_is_proven_or_has_its_reason() {
    let faults = faults(CHECKLIST, &table(), &tests_of_the_repository());
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// What our reading of the standard leaves uncertain, and what was decided at the outset.
const OPEN: &str = "
RPC 06S 17P
BOOT 04M 15M
AUTH 05P 12P
LOC 03M 06S
TX 07M 08P 12O 27P
MSG 06M 08S 11P
MV 03P 24O
ST 08P I1M
AV 08P 10P
UNL 04P
CFG 03M
RC 07P
LOC 08P
RSV 11P 12S
LST 03M 12P
SC 02M 05P 12P 13M 20M
FW 08P
";

const DECISIONS: &str = include_str!("../../src/ocpp16/decisions.md");

#[test]
fn every_decision_is_written_down_with_its_test() {
    let tests = tests_of_the_repository();
    let mut decided = BTreeSet::new();
    for line in DECISIONS.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| id ")) {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [ids, _, _, proofs] = cells[..] else { panic!("four cells: {line}") };
        let ids: Vec<_> = ids.split(", ").collect();
        let proofs: Vec<_> = proofs.split(", ").map(|test| test.trim_matches('`')).collect();
        for test in &proofs {
            assert!(tests.contains(*test), "{ids:?}: there is no test {test}");
        }
        let is_named = |id: &String| ids.contains(&id.as_str());
        assert!(proofs.iter().any(|test| ids_in(test).iter().any(is_named)), "{ids:?}: no test names one of them");
        decided.extend(ids);
    }
    for (id, _) in OPEN.lines().flat_map(requirements_in) {
        assert!(decided.contains(id.as_str()), "{id} is not decided");
    }
    let table = table();
    let unknown: Vec<_> = decided.iter().filter(|id| !table.iter().any(|(listed, _)| listed == *id)).collect();
    assert!(unknown.is_empty(), "no requirements: {unknown:?}");
}

#[test]
fn what_is_missing_or_wrong_in_the_table_is_found() {
    const LIST: &str = "\nTX 01M 02S\nTX 03O 04P\n";
    const WHOLE: [(&str, Proof); 4] = [
        ("TX-01", Test("tx_01_begins")),
        ("TX-02", Reason("with reservations")),
        ("TX-03", Reason("refused: nobody asks for it")),
        ("TX-04", Test("st_a2_tx_03_04_ends")),
    ];
    let found = |row: usize, proof: (&'static str, Proof)| {
        let mut table = WHOLE;
        table[row] = proof;
        faults(LIST, &table, &["tx_01_begins", "st_a2_tx_03_04_ends"].map(String::from).into())
    };
    assert_eq!(found(0, WHOLE[0]), [""; 0]);
    assert_eq!(found(1, ("TX-05", WHOLE[1].1)), ["TX-02 is missing", "TX-05 is no requirement"]);
    assert_eq!(found(1, WHOLE[0]), ["TX-02 is missing", "TX-01 is listed twice"]);
    assert_eq!(found(2, ("TX-03", Reason(""))), ["TX-03 has neither test nor reason"]);
    assert_eq!(found(0, ("TX-01", Test("tx_01_is_gone"))), ["TX-01: there is no test tx_01_is_gone"]);
    assert_eq!(found(0, ("TX-01", Test("st_a2_tx_03_04_ends"))), ["TX-01: st_a2_tx_03_04_ends does not name it"]);
    assert_eq!(found(0, ("TX-01", Reason("refused: no need"))), ["TX-01 must or should be done, and has no test"]);
    assert_eq!(found(1, ("TX-02", Reason("refused: no need"))), ["TX-02 must or should be done, and has no test"]);

    let misnamed =
        faults(LIST, &WHOLE, &["tx_01_begins", "st_a2_tx_03_04_ends", "tx_40_flies"].map(String::from).into());
    assert_eq!(misnamed, ["tx_40_flies: TX-40 is no requirement"]);
}

fn table() -> Vec<(&'static str, Proof)> {
    [core::TABLE, profiles::TABLE, security::TABLE, signed_values::TABLE].concat()
}

/// What is wrong with the table, as sentences.
fn faults(checklist: &str, table: &[(&str, Proof)], tests: &BTreeSet<String>) -> Vec<String> {
    let requirements: Vec<(String, bool)> = checklist.lines().flat_map(requirements_in).collect();
    let is_known = |id: &str| requirements.iter().any(|(known, _)| known == id);
    let mut faults = Vec::new();
    for (id, _) in &requirements {
        if !table.iter().any(|(listed, _)| listed == id) {
            faults.push(format!("{id} is missing"));
        }
    }
    let mut listed = BTreeSet::new();
    for (id, proof) in table {
        if !listed.insert(id) {
            faults.push(format!("{id} is listed twice"));
        }
        match requirements.iter().find(|(known, _)| known == id) {
            None => faults.push(format!("{id} is no requirement")),
            Some((_, is_binding)) => faults.extend(fault_of(id, *is_binding, *proof, tests)),
        }
    }
    for test in tests {
        let unknown = ids_in(test).into_iter().filter(|id| has_chapter(checklist, id) && !is_known(id));
        faults.extend(unknown.map(|id| format!("{test}: {id} is no requirement")));
    }
    faults
}

fn fault_of(id: &str, is_binding: bool, proof: Proof, tests: &BTreeSet<String>) -> Option<String> {
    match proof {
        Test(test) if !tests.contains(test) => Some(format!("{id}: there is no test {test}")),
        Test(test) if !ids_in(test).iter().any(|named| named == id) => Some(format!("{id}: {test} does not name it")),
        Reason("") => Some(format!("{id} has neither test nor reason")),
        Reason(reason) if is_binding && !reason.starts_with("with ") && !reason.starts_with("later: ") => {
            Some(format!("{id} must or should be done, and has no test"))
        }
        _ => None,
    }
}

/// `TX 01M 02P`: each id, and whether it must or should be done.
fn requirements_in(line: &str) -> impl Iterator<Item = (String, bool)> {
    let mut words = line.split_whitespace();
    let chapter = words.next().unwrap_or_default();
    let entries = words.map(|entry| entry.split_at(2));
    entries.map(move |(number, weight)| (format!("{chapter}-{number}"), matches!(weight, "M" | "S")))
}

fn has_chapter(checklist: &str, id: &str) -> bool {
    let chapter = id.split_once('-').map(|(chapter, _)| chapter);
    checklist.lines().any(|line| line.split_whitespace().next() == chapter)
}

/// The ids that a test carries in its name: `tx_05_st_a2_a3_card_then_plug` has TX-05, ST-A2 and ST-A3.
fn ids_in(test: &str) -> Vec<String> {
    let mut chapter = "";
    let mut ids = Vec::new();
    for word in test.split('_') {
        if is_number(word) {
            ids.push(format!("{chapter}-{word}").to_uppercase());
        } else {
            chapter = word;
        }
    }
    ids
}

fn is_number(word: &str) -> bool {
    matches!(word.as_bytes(), [b'0'..=b'9' | b'a'..=b'i', b'0'..=b'9'])
}

/// The names of all functions under `#[test]` in `tests/` and `src/`.
fn tests_of_the_repository() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in ["tests", "src"] {
        read_tests(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut names);
    }
    names
}

fn read_tests(path: &Path, names: &mut BTreeSet<String>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            read_tests(&entry.unwrap().path(), names);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        let text = fs::read_to_string(path).unwrap();
        names.extend(text.split("#[test]\n").skip(1).filter_map(test_after).map(str::to_owned));
    }
}

/// The name of the function that follows, after other attributes.
fn test_after(text: &str) -> Option<&str> {
    let mut lines = text.lines().map(str::trim).skip_while(|line| line.starts_with("#["));
    lines.next()?.strip_prefix("fn ")?.split('(').next()
}
