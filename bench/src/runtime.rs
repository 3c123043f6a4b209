//! A runtime of tokio, made before anything is measured.

use tokio::runtime::{Builder, Runtime};

thread_local! {
    static RUNTIME: Option<Runtime> = Builder::new_current_thread().enable_all().build().ok();
}

/// Runs a future to its end, and then the tasks that it has spawned until they wait.
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

/// Calls a function within a runtime, without running the runtime: nothing waits in memory.
pub(crate) fn within<T>(call: impl FnOnce() -> Option<T>) -> Option<T> {
    RUNTIME.with(|runtime| {
        let _guard = runtime.as_ref()?.enter();
        call()
    })
}
