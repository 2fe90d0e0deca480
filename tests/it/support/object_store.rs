//! A server that speaks S3 (moto), with a bucket.

use std::process::{Child, Command, Stdio};

use super::kafka::eventually;
use super::program::nowhere;

/// A running server; it ends with this.
pub struct ObjectStore {
    process: Child,
    address: String,
}

/// Its bucket.
const BUCKET: &str = "photos";
/// It shows objects to whoever says a name, and checks none.
const SOMEBODY: &str = "AWS test:unchecked";

impl ObjectStore {
    pub fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/s3/fetch.sh");
        let output = Command::new("sh").arg(script).output().expect("sh runs");
        assert!(output.status.success(), "no server:\n{}", String::from_utf8_lossy(&output.stderr));
        let program = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let address = nowhere();
        let (host, port) = address.split_once(':').expect("host and port");
        let mut command = Command::new(program);
        command.args(["--host", host, "--port", port]).stdout(Stdio::null()).stderr(Stdio::null());
        let store = Self { process: command.spawn().expect("it starts"), address };
        eventually("a bucket", || ureq::put(format!("{}/{BUCKET}", store.endpoint())).send_empty().ok());
        store
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A place in its bucket.
    pub fn place(prefix: &str) -> String {
        format!("s3://{BUCKET}/{prefix}")
    }

    fn url(&self, key: &str) -> String {
        format!("{}/{BUCKET}/{key}", self.endpoint())
    }

    /// What is under a key.
    pub fn object(&self, key: &str) -> Option<Vec<u8>> {
        ureq::get(self.url(key)).header("authorization", SOMEBODY).call().ok()?.body_mut().read_to_vec().ok()
    }

    pub fn remove(&self, key: &str) {
        ureq::delete(self.url(key)).header("authorization", SOMEBODY).call().expect("removed");
    }
}

impl Drop for ObjectStore {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
