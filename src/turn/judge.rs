//! What a turn does next: a pure function of where it stands.
//!
//! The loop ([`super::race`]) tells the [`State`] what its contenders did, and carries out what
//! [`judge`] says. The rules stand in the order in which they are asked; the first that has something
//! to say decides.

use crate::config::Takeover;
use crate::routing::Route;

/// What a side is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It was not asked yet, or was stopped, and may be asked.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// There was no look since the judge was asked last.
    Nothing,
    Good,
    /// The edge would be worth it, but a later look may still think otherwise.
    Shaky,
    /// It is worth asking the edge what it thinks of the answer, which is complete.
    Unsure,
    Bad,
}

/// Where an edge stands that was away when the device began in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absence {
    /// It is not awaited, or still away.
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
    /// Whether the edge reads what the device has written.
    pub reads_draft: bool,
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
            reads_draft: false,
            takeover,
            inherited: false,
            left: false,
        }
    }

    /// The other side's text is the answer from now on; `inherited`: begun by one that failed.
    pub fn hand_over(&mut self, why: Why, inherited: bool) {
        self.writer = self.writer.other();
        self.left = why != Why::Failed;
        self.inherited = inherited;
        (self.looks, self.found, self.absence) = (false, Found::Nothing, Absence::None);
        (self.may_read, self.reads_draft) = (false, false);
        if self.writer == Route::Edge {
            self.edge = match self.edge {
                // What it has said by now is still to be shown.
                Stage::Writing | Stage::Complete => Stage::Writing,
                _ => Stage::Idle,
            };
        }
        if self.left {
            self.device = Stage::Idle;
        }
    }

    /// The device, which was left for the edge, goes on; or its answer, which was `complete`, stands.
    pub fn go_back(&mut self, complete: bool) {
        self.writer = Route::Device;
        self.device = if complete { Stage::Complete } else { Stage::Idle };
    }

    /// What was held back is shown.
    pub fn show(&mut self) {
        self.found = Found::Nothing;
        // Nobody could take over any more.
        self.looks &= self.edge != Stage::Failed;
    }

    pub fn stop_edge(&mut self) {
        self.edge = Stage::Idle;
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
    /// The edge reads what the device has written, and says what it thinks of it.
    ReadDraft,
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
        // What the edge says decides, or else what the look has found.
        _ if state.reads_draft => Action::GoOn,
        _ if state.found == Found::Unsure => Action::ReadDraft,
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

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_pcg::Pcg32;

    use super::*;
    use Action::*;
    use Stage::{Barred, Complete, Failed, Idle, Writing};

    const TO: Takeover = Takeover::Replace;

    /// The device's text is the answer, with these stages of both sides.
    fn device(device: Stage, edge: Stage) -> State {
        State { device, edge, ..State::new(Route::Device, TO) }
    }

    fn edge(edge: Stage, device: Stage) -> State {
        State { device, edge, ..State::new(Route::Edge, TO) }
    }

    fn over(why: Why, replaces: bool) -> Action {
        HandOver { why, replaces }
    }

    #[track_caller]
    fn check(state: State, expected: Action) {
        assert_eq!(judge(&state), expected, "{state:?}");
    }

    #[test]
    fn whoever_was_decided_for_begins() {
        check(device(Idle, Idle), Start(Route::Device));
        check(edge(Idle, Idle), Start(Route::Edge));
        let both = |edge| State { begins_both: true, ..device(Idle, edge) };
        check(both(Idle), Start(Route::Edge));
        check(both(Writing), Start(Route::Device));
    }

    #[test]
    fn a_side_that_fails_leaves_it_to_the_other() {
        check(device(Failed, Idle), over(Why::Failed, false));
        check(device(Failed, Writing), over(Why::Failed, true));
        check(device(Failed, Barred), Fail);
        check(device(Failed, Failed), Fail);
        check(edge(Failed, Idle), over(Why::Failed, false));
        check(edge(Failed, Barred), Fail);
        check(edge(Failed, Failed), Fail);
        // The device was left for it, so that it is gone back to.
        check(State { left: true, ..edge(Failed, Idle) }, GoBack);
    }

    #[test]
    fn looks_decide_who_goes_on() {
        let found = |found, edge| State { looks: true, found, ..device(Writing, edge) };
        check(found(Found::Nothing, Idle), GoOn);
        check(found(Found::Good, Idle), Show);
        check(found(Found::Bad, Idle), over(Why::Doubted, true));
        check(found(Found::Shaky, Idle), Show);
        check(State { may_read: true, ..found(Found::Shaky, Idle) }, Read);
        let going_on = State { takeover: Takeover::Continue, ..found(Found::Bad, Idle) };
        check(going_on, over(Why::Doubted, false));
        let complete = State { device: Complete, ..going_on };
        check(complete, over(Why::Doubted, true));
        // What a side began that failed is not written anew.
        check(State { inherited: true, ..found(Found::Bad, Idle) }, over(Why::Doubted, false));
        check(device(Complete, Idle), End);
    }

    #[test]
    fn what_the_edge_says_of_a_draft_is_waited_for() {
        let found = |found, reads_draft| State {
            looks: true,
            found,
            reads_draft,
            ..device(Complete, Idle)
        };
        check(found(Found::Unsure, false), ReadDraft);
        check(found(Found::Unsure, true), GoOn);
        check(found(Found::Good, false), End);
        check(found(Found::Bad, false), over(Why::Doubted, true));
        check(State { cancelled: true, ..found(Found::Unsure, true) }, Abort);
    }

    #[test]
    fn an_edge_that_began_too_is_taken_or_stopped() {
        let both = |device_at, edge_at, found| State {
            begins_both: true,
            looks: true,
            found,
            ..device(device_at, edge_at)
        };
        check(both(Writing, Writing, Found::Nothing), GoOn);
        check(both(Writing, Writing, Found::Good), StopEdge);
        check(both(Writing, Idle, Found::Good), Show);
        check(both(Writing, Writing, Found::Bad), over(Why::Doubted, true));
        check(both(Writing, Complete, Found::Nothing), over(Why::EdgeFirst, true));
        check(both(Writing, Failed, Found::Nothing), Show);
        check(both(Complete, Writing, Found::Nothing), StopEdge);
        check(both(Complete, Writing, Found::Bad), over(Why::Doubted, true));
        check(both(Complete, Idle, Found::Nothing), End);
        let stopped = State { cancelled: true, ..both(Writing, Writing, Found::Nothing) };
        check(stopped, StopEdge);
        check(State { edge: Idle, ..stopped }, Abort);
    }

    #[test]
    fn an_edge_that_is_back_is_gone_back_to_where_that_is_worth_it() {
        let back = |absence| State { absence, ..device(Writing, Failed) };
        check(back(Absence::None), GoOn);
        check(back(Absence::Worth), over(Why::EdgeBack, true));
        check(back(Absence::Looked), GoOn);
        check(State { inherited: true, ..back(Absence::Worth) }, over(Why::EdgeBack, false));
    }

    /// A turn as the loop plays it, with sides that do whatever sides may do.
    struct Played {
        state: State,
        random: Pcg32,
        n_shown: usize,
        held: usize,
        n_device_began: usize,
    }

    impl Played {
        fn chance(&mut self, one_in: u32) -> bool {
            self.random.random_range(0..one_in) == 0
        }

        fn pick<T: Copy>(&mut self, all: &[T]) -> T {
            all[self.random.random_range(0..all.len())]
        }

        /// Carries out what the judge says; `false`: the turn has ended.
        fn carry_out(&mut self, action: Action) -> bool {
            let state = &mut self.state;
            match action {
                GoOn => self.something_happens(),
                Start(Route::Device) => {
                    assert_ne!(state.device, Writing, "a side that writes is not started");
                    assert!(!matches!(state.device, Failed | Barred));
                    state.device = Writing;
                    self.n_device_began += 1;
                    self.state.looks = !self.state.left && self.chance(2);
                }
                Start(Route::Edge) => {
                    assert_eq!(state.edge, Idle, "a side that writes is not started");
                    state.edge = Writing;
                }
                Read => state.may_read = false,
                ReadDraft => {
                    assert!(!state.reads_draft && state.device == Complete);
                    state.reads_draft = true;
                }
                Show => {
                    self.n_shown += std::mem::take(&mut self.held);
                    state.show();
                }
                StopEdge => {
                    assert_eq!(state.edge, Writing);
                    state.stop_edge();
                }
                HandOver { why, replaces } => {
                    let inherited = why == Why::Failed && self.n_shown + self.held > 0;
                    match replaces {
                        true => (self.n_shown, self.held) = (0, 0),
                        false => self.n_shown += std::mem::take(&mut self.held),
                    }
                    state.hand_over(why, inherited && !replaces);
                }
                GoBack => {
                    let complete = self.n_shown == 0 && self.chance(2);
                    self.state.go_back(complete);
                }
                End | Fail | Abort => return false,
            }
            true
        }

        fn something_happens(&mut self) {
            if self.chance(40) {
                self.state.cancelled = true;
                return;
            }
            let beside = self.state.edge == Writing && self.chance(2);
            match self.state.writer == Route::Edge || beside {
                true => self.edge_does(),
                false => self.device_does(),
            }
        }

        fn edge_does(&mut self) {
            match self.pick(&[0, 0, 0, 1, 2]) {
                0 if self.state.writer == Route::Edge => self.n_shown += 1,
                0 => {}
                1 => self.state.edge = Complete,
                _ => self.state.edge = Failed,
            }
        }

        fn device_does(&mut self) {
            if self.state.reads_draft {
                self.state.found = self.pick(&[Found::Good, Found::Bad]);
                self.state.reads_draft = false;
                return;
            }
            self.held += 1;
            if !self.state.looks {
                self.n_shown += std::mem::take(&mut self.held);
            } else if self.chance(3) {
                self.state.found = self.pick(&[Found::Good, Found::Shaky, Found::Bad]);
            }
            match self.random.random_range(0..8) {
                0 => {
                    self.state.device = Complete;
                    let alone = self.state.edge == Idle && !self.state.begins_both;
                    if self.state.looks && alone && self.chance(2) {
                        self.state.found = Found::Unsure;
                    }
                }
                1 => self.state.device = Failed,
                2 if self.state.edge == Failed && !self.state.left && !self.state.looks => {
                    self.state.absence = self.pick(&[Absence::Worth, Absence::Looked]);
                }
                _ => {}
            }
        }
    }

    #[test]
    fn whatever_happens_every_turn_ends_and_no_text_is_lost_in_silence() {
        for seed in 0..20_000 {
            let mut random = Pcg32::seed_from_u64(seed);
            let writer = if random.random() { Route::Device } else { Route::Edge };
            let takeover = if random.random() { TO } else { Takeover::Continue };
            let begins_both = writer == Route::Device && random.random();
            let may_read = writer == Route::Device && !begins_both && random.random();
            let other = if random.random() { Idle } else { Barred };
            let mut state = State { begins_both, may_read, ..State::new(writer, takeover) };
            match writer {
                Route::Device if begins_both => {}
                Route::Device => state.edge = other,
                Route::Edge => state.device = other,
            }
            let mut turn = Played { state, random, n_shown: 0, held: 0, n_device_began: 0 };
            let mut n_actions = 0;
            loop {
                let (n_before, action) = (turn.n_shown, judge(&turn.state));
                if !turn.carry_out(action) {
                    break;
                }
                let replaced = matches!(action, HandOver { replaces: true, .. });
                assert!(turn.n_shown >= n_before || replaced, "{action:?} {:?}", turn.state);
                n_actions += 1;
                assert!(n_actions < 2000, "seed {seed} does not end: {action:?} {:?}", turn.state);
            }
            assert!(turn.n_device_began <= 3, "seed {seed}: {}", turn.n_device_began);
        }
    }
}
