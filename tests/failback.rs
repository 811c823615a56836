//! Turns that the device answers because the edge is away, and that go back to it, on a virtual
//! clock: the real engine with tiny weights, a judge that says what it is told to, a scripted edge.

mod support;

use std::time::Duration;

use nearside::config::{Config, EdgeConfig, Mode, SecondLook, Takeover};
use nearside::dialogue::{Message, Role};
use nearside::host::Host;
use nearside::host::sim::{SimEdge, SimHost};
use nearside::routing::{Reason, Route};
use nearside::turn::{FinishReason, TurnReport, TurnRequest};
use support::judge::{Judged, judged, shown};

const SECOND: Duration = Duration::from_secs(1);

/// Ten tokens a second, so that a whole answer takes some three.
fn slow_host() -> SimHost {
    let host = SimHost::new();
    host.step.set(Duration::from_millis(100));
    host
}

/// Quality alone counts.
fn config() -> Config {
    let base_url = Some("http://edge.test/v1".to_owned());
    Config {
        edge: EdgeConfig { base_url, ..EdgeConfig::default() },
        alpha_per_s: 0.0,
        max_tokens: Some(24),
        second_look: SecondLook { enabled: false, ..SecondLook::default() },
        ..Config::default()
    }
}

fn router(p: f64, config: Config, host: &SimHost) -> Judged {
    judged(p, &[], config, host)
}

fn run(router: &mut Judged, host: &SimHost) -> TurnReport {
    let request = TurnRequest::new(vec![Message::new(Role::User, "hello")]);
    host.run(router.turn(&request, &host)).unwrap()
}

/// The same turn with nobody but the device.
fn on_the_device() -> String {
    let host = slow_host();
    run(&mut router(0.5, Config { mode: Mode::DeviceOnly, ..config() }, &host), &host).text
}

/// The edge is away when the turn begins, and comes back while the device writes.
fn away(seconds: f64) -> SimHost {
    let host = slow_host();
    host.leave_for(Duration::from_secs_f64(seconds));
    host
}

#[test]
fn an_edge_that_is_needed_takes_the_turn_back() {
    let host = away(4.5);
    host.then(SimEdge::answer("much better"));
    let mut router = router(0.9, config(), &host);
    let report = run(&mut router, &host);
    assert_eq!((report.reason, report.route), (Reason::EdgeUnavailable, Route::Edge));
    assert_eq!(report.text, "much better");
    let switched = report.switched.unwrap();
    assert_eq!((switched.from, switched.reason.as_str()), (Route::Device, "edge_back"));
    let draft = switched.draft.unwrap();
    assert!(!draft.is_empty() && on_the_device().starts_with(&draft), "{draft}");
    assert_eq!(shown(&host), format!("{draft}|much better"));
    assert_eq!(router.link(Host::now(&&host)).online, Some(true));
    assert_eq!(host.n_open_streams(), 0);
}

#[test]
fn before_the_first_text_the_reader_sees_nothing_of_it() {
    // The probe before the turn takes three seconds to fail.
    let host = away(3.01);
    host.step.set(SECOND);
    host.then(SimEdge::answer("much better"));
    let report = run(&mut router(0.9, config(), &host), &host);
    assert_eq!((shown(&host).as_str(), report.text.as_str()), ("much better", "much better"));
    assert_eq!(report.switched.unwrap().draft.as_deref(), Some(""));
}

#[test]
fn what_the_device_does_well_enough_stays_there() {
    let answered = |p: f64, changed: Config| {
        let host = away(3.5);
        host.rtt.set(Some(SECOND / 2));
        host.then(SimEdge::answer("much better"));
        let report = run(&mut router(p, changed, &host), &host);
        assert_eq!(host.sent.borrow().len(), usize::from(report.switched.is_some()));
        (report.route, report.text)
    };
    let better = (Route::Edge, "much better".to_owned());
    assert_eq!(answered(0.9, config()), better, "the edge is back in time");
    let check = |p, changed| assert_eq!(answered(p, changed), (Route::Device, on_the_device()));
    check(0.1, config());
    check(0.9, Config { failback: false, ..config() });
    check(0.9, Config { mode: Mode::PreferDevice, ..config() });
    check(0.9, Config { mode: Mode::DeviceOnly, ..config() });
    // What is shown is not given up for a little.
    check(0.53, config());
    // The device is nearly done, the edge half a second away.
    check(0.9, Config { alpha_per_s: 10.0, ..config() });
}

#[test]
fn a_preferred_edge_goes_on_where_it_is_sooner() {
    let host = away(3.01);
    host.then(SimEdge::answer("much better"));
    let preferring = Config { mode: Mode::PreferEdge, ..config() };
    assert_eq!(run(&mut router(0.1, preferring.clone(), &host), &host).text, "much better");
    let host = away(3.5);
    host.rtt.set(Some(SECOND / 2));
    host.then(SimEdge::answer("much better"));
    let mut router = router(0.1, preferring, &host);
    assert_eq!(run(&mut router, &host).text, on_the_device());
    assert_eq!(router.link(Host::now(&&host)).online, Some(true), "it was back in time");
}

#[test]
fn the_draft_may_be_gone_on_with() {
    let host = away(4.5);
    host.then(SimEdge::answer(" and so on"));
    let second_look = SecondLook { takeover: Takeover::Continue, ..config().second_look };
    let report = run(&mut router(0.9, Config { second_look, ..config() }, &host), &host);
    assert!(report.text.ends_with(" and so on") && report.text.len() > 10, "{}", report.text);
    assert_eq!((shown(&host), report.switched.unwrap().draft), (report.text, None));
}

#[test]
fn what_the_edge_began_is_gone_on_with() {
    let host = slow_host();
    let begun = "The answer, as far as it came, ";
    host.then(SimEdge::Broken(SimEdge::words(begun))).then(SimEdge::answer("is seven"));
    let report = run(&mut router(0.9, config(), &host), &host);
    assert_eq!(report.route, Route::Edge);
    assert!(report.text.starts_with(begun) && report.text.ends_with("is seven"));
    assert_eq!(shown(&host), report.text);
    let sent = host.sent.borrow();
    assert!(sent.len() == 2 && sent[1].contains(begun), "{sent:?}");
}

#[test]
fn an_edge_that_is_there_and_silent_is_not_waited_for_twice() {
    let host = slow_host();
    host.then(SimEdge::Silent).then(SimEdge::answer("at last"));
    let report = run(&mut router(0.9, config(), &host), &host);
    assert_eq!((report.route, report.text), (Route::Device, on_the_device()));
    assert_eq!(host.sent.borrow().len(), 1);
}

#[test]
fn an_edge_that_is_gone_again_leaves_the_answer_to_the_device() {
    for edge in [SimEdge::Unreachable, SimEdge::Status(500, "no".to_owned())] {
        let host = away(4.5);
        host.then(edge);
        let report = run(&mut router(0.9, config(), &host), &host);
        assert_eq!((report.route, report.text), (Route::Device, on_the_device()));
        assert_eq!(host.sent.borrow().len(), 1, "it is asked once");
    }
}

#[test]
fn looks_decide_where_they_can() {
    let check = |p: f64, look: f64, route: Route| {
        let host = away(3.6);
        host.then(SimEdge::answer("much better"));
        let second_look =
            SecondLook { first_tokens: 1, margin: 0.0, drift: 0.0, ..SecondLook::default() };
        let mut router = judged(p, &[look], Config { second_look, ..config() }, &host);
        let report = run(&mut router, &host);
        assert!(report.route == route && !report.looks.is_empty());
        let reason = report.switched.map(|switched| switched.reason);
        assert_eq!(reason.as_deref(), (route == Route::Edge).then_some("second_look"));
    };
    check(0.9, 0.1, Route::Device);
    check(0.1, 0.9, Route::Edge);
}

#[test]
fn a_turn_can_be_stopped_while_the_edge_is_awaited() {
    let host = away(60.0);
    host.abort_after_events.set(Some(8));
    let report = run(&mut router(0.9, config(), &host), &host);
    assert_eq!((report.route, report.finish_reason), (Route::Device, FinishReason::Abort));
}
