//! `yujing console` beside an identity provider that Node runs.

mod provider;
