//! Which step runs when: each as soon as all before it are done, as many at once as there are threads.

use crate::StepReport;
use crate::execute::Session;
use mlspec_record::object::RunState;
use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

struct State {
    /// Steps whose predecessors are all settled, by their place in the order.
    ready: BTreeSet<usize>,
    /// How many predecessors of each step are not settled.
    missing: Vec<usize>,
    reports: Vec<Option<StepReport>>,
    left: usize,
    /// A thread panicked outside of a stage: nothing more is begun, and the panic goes on to the caller.
    broken: bool,
}

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    /// For each step, those that wait for it.
    waiting: Vec<Vec<usize>>,
}

/// Wakes the other threads when this one panics.
struct Guard<'a>(&'a Queue);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.state().broken = true;
            self.0.changed.notify_all();
        }
    }
}

/// Runs all steps of a session; reports stand in the order of the steps.
pub(crate) fn all(session: &Session<'_>) -> Vec<StepReport> {
    let steps = session.steps();
    let mut waiting = vec![Vec::new(); steps.len()];
    for (at, step) in steps.iter().enumerate() {
        for &before in &step.waits {
            if let Some(waiting) = waiting.get_mut(before) {
                waiting.push(at);
            }
        }
    }
    let missing: Vec<usize> = steps.iter().map(|step| step.waits.len()).collect();
    let ready = missing.iter().enumerate().filter(|(_, missing)| **missing == 0).map(|(at, _)| at).collect();
    let state =
        State { ready, missing, reports: steps.iter().map(|_| None).collect(), left: steps.len(), broken: false };
    let queue = Queue { state: Mutex::new(state), changed: Condvar::new(), waiting };
    let threads = session.threads().clamp(1, steps.len().max(1));
    std::thread::scope(|scope| {
        // This thread is one of them.
        for _ in 1..threads {
            scope.spawn(|| queue.work(session));
        }
        queue.work(session);
    });
    let state = queue.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    state.reports.into_iter().flatten().collect()
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, session: &Session<'_>) {
        let _guard = Guard(self);
        while let Some(at) = self.next() {
            let report = match self.obstacle(session, at) {
                Some(obstacle) => session.skip(at, &obstacle),
                None => session.step(at),
            };
            self.settle(at, report);
        }
    }

    /// Waits for a step that can run; none when all are done.
    fn next(&self) -> Option<usize> {
        let mut state = self.state();
        loop {
            if state.broken {
                return None;
            }
            if let Some(at) = state.ready.pop_first() {
                return Some(at);
            }
            if state.left == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A step before this one that did not complete.
    fn obstacle(&self, session: &Session<'_>, at: usize) -> Option<StepReport> {
        let state = self.state();
        let before = session.steps().get(at).map(|step| &step.waits[..]).unwrap_or_default();
        let reports = before.iter().filter_map(|&before| state.reports.get(before)?.as_ref());
        reports.into_iter().find(|report| report.state != RunState::Completed).cloned()
    }

    fn settle(&self, at: usize, report: StepReport) {
        let mut state = self.state();
        if let Some(slot) = state.reports.get_mut(at) {
            *slot = Some(report);
        }
        state.left -= 1;
        for &next in self.waiting.get(at).into_iter().flatten() {
            let missing = state.missing.get_mut(next).map(|missing| {
                *missing -= 1;
                *missing
            });
            if missing == Some(0) {
                state.ready.insert(next);
            }
        }
        self.changed.notify_all();
    }
}
