/// What makes good a requirement.
#[derive(Clone, Copy)]
pub(super) enum Proof {
    Test(&'static str),
    /// Why there is no test: it comes "with" something else, or "later: ", or a liberty is "refused: ".
    Reason(&'static str),
}
