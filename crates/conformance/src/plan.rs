//! Which cases of a suite are run, how many at the same time, and who hears of it.

use tokio::task::JoinSet;

use crate::case::{Case, Http, Role, cases};
use crate::report::Outcome;

/// What a suite runs. Both suites have the methods of [`plan_methods`] to set it.
pub(crate) struct Plan {
    pub(crate) role: Role,
    pub(crate) http: Http,
    pub(crate) intrusive: bool,
    pub(crate) only: Vec<String>,
    pub(crate) skip: Vec<String>,
    pub(crate) jobs: usize,
    pub(crate) progress: Option<Progress>,
}

pub(crate) type Progress = Box<dyn FnMut(&Outcome) + Send>;

impl Plan {
    /// All cases over HTTP/1.1 but the intrusive ones, one after the other.
    pub(crate) fn new(role: Role) -> Self {
        Self {
            role,
            http: Http::Http1,
            intrusive: false,
            only: Vec::new(),
            skip: Vec::new(),
            jobs: 1,
            progress: None,
        }
    }

    pub(crate) fn cases(&self) -> impl Iterator<Item = &'static Case> {
        let begins = |case: &Case, starts: &[String]| starts.iter().any(|start| case.id.starts_with(start));
        let all = cases(self.role, self.http).iter();
        all.filter(move |case| {
            (self.only.is_empty() || begins(case, &self.only)) && !begins(case, &self.skip)
        })
    }

    /// Runs the cases, and returns their outcomes in the order of the cases.
    pub(crate) async fn run<F>(mut self, outcome: impl Fn(&'static Case) -> F) -> Vec<Outcome>
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let mut queue = self.cases().enumerate().collect::<Vec<_>>().into_iter();
        let mut running = JoinSet::new();
        let mut outcomes: Vec<(usize, Outcome)> = Vec::new();
        loop {
            while running.len() < self.jobs
                && let Some((index, case)) = queue.next()
            {
                let outcome = outcome(case);
                running.spawn(async move { (index, outcome.await) });
            }
            match running.join_next().await {
                None => break,
                Some(Ok((index, outcome))) => {
                    if let Some(progress) = &mut self.progress {
                        progress(&outcome);
                    }
                    outcomes.push((index, outcome));
                }
                // Nothing here panics, and nothing is aborted.
                Some(Err(_)) => {}
            }
        }
        outcomes.sort_by_key(|(index, _)| *index);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }
}

/// The methods of both suites that set what is run.
macro_rules! plan_methods {
    () => {
        /// Runs only cases whose ids begin with one of the given texts. It can be called several times.
        pub fn only(mut self, start: impl Into<String>) -> Self {
            self.plan.only.push(start.into());
            self
        }

        /// Leaves out cases whose ids begin with this text. It can be called several times.
        pub fn skip(mut self, start: impl Into<String>) -> Self {
            self.plan.skip.push(start.into());
            self
        }

        /// Runs cases too that send floods and endless heads, or wait long.
        pub fn intrusive(mut self, intrusive: bool) -> Self {
            self.plan.intrusive = intrusive;
            self
        }

        /// Sets how many cases are run at the same time. The default is 1.
        pub fn jobs(mut self, jobs: usize) -> Self {
            self.plan.jobs = jobs.max(1);
            self
        }

        /// Calls this with the outcome of each case, as soon as it is known.
        pub fn progress(mut self, progress: impl FnMut(&Outcome) + Send + 'static) -> Self {
            self.plan.progress = Some(Box::new(progress));
            self
        }

        /// Returns how many cases will be in the report.
        pub fn count(&self) -> usize {
            self.plan.cases().count()
        }
    };
}

pub(crate) use plan_methods;
