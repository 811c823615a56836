//! What a turn does next: a pure function of where it stands.
//!
//! The loop ([`super::race`]) tells the [`State`] what its contenders did, and carries out what
//! [`judge`] says. The rules stand in the order in which they are asked; the first that has something
//! to say decides.

use crate::config::Takeover;
use crate::routing::Route;

/// What a side is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Stage {
    /// It was not asked yet, or was stopped, and may be asked.
    #[default]
    Idle,
    /// It writes.
    Writing,
    /// It has written all.
    Complete,
    Failed,
    /// It is not to be asked in this turn.
    Barred,
}

/// What the newest look at the device's answer has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Found {
    /// There was no look since the judge was asked last.
    #[default]
    Nothing,
    Good,
    /// The edge would be worth it, but a later look may still think otherwise.
    Shaky,
    Bad,
}

/// Where an edge stands that was away when the device began in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Absence {
    /// It is not awaited, or still away.
    #[default]
    None,
    /// It has come back; and the device's answer had better be left to it.
    Worth,
    /// It has come back, and what the device writes is looked at from now on.
    Looked,
}

/// All that the judge sees of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    /// Whose text is the answer.
    pub writer: Route,
    pub device: Stage,
    pub edge: Stage,
    /// Whether both sides begin at once.
    pub begins_both: bool,
    /// The caller has stopped the turn.
    pub cancelled: bool,
    /// Whether the edge may take over what the device writes.
    pub looks: bool,
    pub found: Found,
    pub absence: Absence,
    /// Whether the edge may be shown the prompt while the device writes. It is shown once.
    pub may_read: bool,
    pub takeover: Takeover,
    /// Whether the text was begun by a side that failed.
    pub inherited: bool,
    /// Whether the device was left for the edge, though it had not failed.
    pub left: bool,
}

impl State {
    /// Nobody has begun.
    pub fn new(writer: Route, takeover: Takeover) -> State {
        State {
            writer,
            device: Stage::Idle,
            edge: Stage::Idle,
            begins_both: false,
            cancelled: false,
            looks: false,
            found: Found::Nothing,
            absence: Absence::None,
            may_read: false,
            takeover,
            inherited: false,
            left: false,
        }
    }
}

/// Why the turn moves to the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The side that wrote has failed.
    Failed,
    /// A look has found the device's answer bad.
    Doubted,
    /// The edge has said all before the device's answer was looked at.
    EdgeFirst,
    /// The edge can be reached again.
    EdgeBack,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Wait for what comes next.
    GoOn,
    /// This side begins, or goes on where it stopped.
    Start(Route),
    /// The edge reads the prompt, so that it begins sooner if it is asked.
    Read,
    /// What was held back is shown.
    Show,
    /// The edge, which began too, is not needed.
    StopEdge,
    /// The other side goes on from the text, or `replaces` it.
    HandOver { why: Why, replaces: bool },
    /// The device, which was left for the edge, goes on after all.
    GoBack,
    /// The answer is there.
    End,
    /// There is none to be had.
    Fail,
    /// The caller wants no more.
    Abort,
}

/// What to do now.
pub(super) fn judge(state: &State) -> Action {
    match state.writer {
        // An edge that began too is stopped before anything else ends.
        Route::Device if edge_idles_on(state) => Action::StopEdge,
        _ if state.cancelled => Action::Abort,
        Route::Device => beside_the_device(state),
        Route::Edge => at_the_edge(state),
    }
}

/// Whether the edge still writes beside a device whose answer stands, or whose turn was stopped.
fn edge_idles_on(state: &State) -> bool {
    let good = matches!(state.found, Found::Good | Found::Shaky);
    let stands = state.device == Stage::Complete && state.found != Found::Bad;
    state.edge == Stage::Writing && (state.cancelled || stands || good)
}

/// The device writes.
fn beside_the_device(state: &State) -> Action {
    let hand_over = |why, replaces| Action::HandOver { why, replaces };
    match (state.device, state.edge) {
        // The request leaves before the device's first step holds the thread.
        (Stage::Idle, Stage::Idle) if state.begins_both => Action::Start(Route::Edge),
        (Stage::Idle, _) => Action::Start(Route::Device),
        // What the edge has begun by itself is no rest of the device's text.
        (Stage::Failed | Stage::Barred, Stage::Writing | Stage::Complete) => {
            hand_over(Why::Failed, true)
        }
        (Stage::Failed, Stage::Idle) => hand_over(Why::Failed, false),
        (Stage::Failed | Stage::Barred, _) => Action::Fail,
        // Nothing could be saved any more.
        (Stage::Writing, Stage::Complete) if state.looks => hand_over(Why::EdgeFirst, true),
        _ if state.absence == Absence::Worth => hand_over(Why::EdgeBack, replaces(state)),
        _ if state.found == Found::Bad => hand_over(Why::Doubted, replaces(state)),
        (Stage::Complete, _) => Action::End,
        _ if state.found == Found::Shaky && state.may_read => Action::Read,
        // Nobody could take over any more, or nobody needs to.
        (_, Stage::Failed) if state.looks && state.begins_both => Action::Show,
        _ if state.found != Found::Nothing => Action::Show,
        _ => Action::GoOn,
    }
}

/// Whether the edge answers anew. What a side began that failed is not written anew; a complete
/// answer has no rest; and an edge that began too has an answer of its own.
fn replaces(state: &State) -> bool {
    let anew = state.takeover == Takeover::Replace || state.device == Stage::Complete;
    !state.inherited && (anew || matches!(state.edge, Stage::Writing | Stage::Complete))
}

/// The edge writes.
fn at_the_edge(state: &State) -> Action {
    match (state.edge, state.device) {
        (Stage::Idle, _) => Action::Start(Route::Edge),
        (Stage::Writing, _) => Action::GoOn,
        (Stage::Complete, _) => Action::End,
        (Stage::Failed | Stage::Barred, _) if state.left => Action::GoBack,
        (Stage::Failed | Stage::Barred, Stage::Idle) => {
            Action::HandOver { why: Why::Failed, replaces: false }
        }
        (Stage::Failed | Stage::Barred, _) => Action::Fail,
    }
}
