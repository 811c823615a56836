//! The dialogue at hand, from turn to turn.

use std::cell::RefCell;

use super::competence::Unchecked;
use super::course::Course;
use super::idle::Missed;
use crate::dialogue::{Message, Session};
use crate::routing::Route;

#[derive(Default)]
pub(super) struct DialogueAtHand {
    /// Who answered last.
    pub last_route: Option<Route>,
    pub course: Course,
    /// A turn that the device has not seen.
    pub missed: Option<Missed>,
    /// The dialogue, if the edge has not seen its last turn.
    pub unseen: Option<Vec<Message>>,
    /// The last turn, if the edge may check what the device has answered.
    pub unchecked: Option<Unchecked>,
    pub session: RefCell<Session>,
}

impl DialogueAtHand {
    /// Nothing of it is gone on with. What the session knows of texts still holds.
    pub fn forget(&mut self) {
        let session = std::mem::take(&mut self.session);
        *self = DialogueAtHand { session, ..DialogueAtHand::default() };
    }
}
