//! What guides and READMEs show and promise is run and compared.

mod authoring_guide;
mod handling_guide;
mod layout;
mod pages;
mod readme;

mod with_kafka {
    mod into_service;
}
