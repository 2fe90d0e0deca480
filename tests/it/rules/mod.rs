//! The rules that ship, and the commands under `yujing rules`; `yujing rules check` has a folder of its own, `checks`.

mod docs;
mod execution_modes;
mod new;
mod starter;
mod test;

mod with_kafka {
    mod stats;
}
