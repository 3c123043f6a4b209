//! One runtime of tokio's, made before anything is measured.

use tokio::runtime::{Builder, Runtime};

thread_local! {
    static RUNTIME: Option<Runtime> = Builder::new_current_thread().enable_all().build().ok();
}

/// Runs a future to its end, and what it has spawned as far as that goes without waiting.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> Option<T> {
    RUNTIME.with(|runtime| {
        let runtime = runtime.as_ref()?;
        Some(runtime.block_on(async {
            let done = future.await;
            tokio::task::yield_now().await;
            done
        }))
    })
}

/// Calls where there is a runtime, without running it: nothing in memory waits.
pub(crate) fn within<T>(call: impl FnOnce() -> Option<T>) -> Option<T> {
    RUNTIME.with(|runtime| {
        let _guard = runtime.as_ref()?.enter();
        call()
    })
}
