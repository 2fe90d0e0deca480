//! `yujing console` beside an engine, as a process of its own, and the accounts of the people who use it.

use std::fs::File;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::common;
use crate::person::Person;
use crate::site::{Site, free_address, signal};

/// How long it may take to read what there is: generous, a slow machine is no failure.
const PATIENCE: Duration = Duration::from_mins(10);
/// How long it must have nothing to catch up with.
const SETTLED: Duration = Duration::from_secs(2);
/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(100);

pub struct Console {
    process: Child,
    address: String,
    settings: [(&'static str, String); 3],
}

impl Console {
    /// Starts it beside the engine of a site, and waits until it shows everything.
    pub fn beside(site: &Site<'_>) -> Self {
        let listen = free_address().to_string();
        let address = format!("http://{listen}");
        let settings = [
            ("YUJING__CONSOLE__DATA", site.folder().join("console").display().to_string()),
            ("YUJING__CONSOLE__LISTEN", listen),
            ("YUJING__CONSOLE__ENGINE", format!("http://{}", site.config.server.listen)),
        ];
        let log = File::create(site.folder().join("console.log")).expect("the folder is ours");
        let mut command = site.command("console");
        let process = command.envs(settings.clone()).stderr(log).spawn().expect("the program starts");
        let mut console = Self { process, address, settings };
        console.wait_until_settled();
        console
    }

    /// Makes an account that sees the whole district and acts at posts, such as `station/友谊路街道=officer`.
    pub fn account(&self, site: &Site<'_>, name: &str, role: &str, duties: &[String]) -> Person {
        let mut command = site.command("console");
        command.args(["invite", "--role", role, "--area", "/"]).envs(self.settings.clone());
        for duty in duties {
            command.args(["--duty", duty]);
        }
        let invited = command.stdout(Stdio::piped()).output().expect("the program runs");
        let link = String::from_utf8(invited.stdout).expect("a link is text");
        assert!(invited.status.success(), "no link: {}", String::from_utf8_lossy(&invited.stderr));
        Person::accept(&self.address, link.trim(), name)
    }

    /// Waits until it has caught up with the topics.
    pub fn wait_until_settled(&mut self) {
        let began = Instant::now();
        let mut since = Instant::now();
        while since.elapsed() < SETTLED {
            std::thread::sleep(LOOK);
            // It is behind as long as what comes fills whole batches.
            if ureq::get(format!("{}/readyz", self.address)).call().is_err() {
                since = Instant::now();
            }
            assert!(self.process.try_wait().expect("it is ours").is_none(), "the console ended");
            assert!(began.elapsed() < PATIENCE, "the console did not catch up within {PATIENCE:?}");
        }
    }

    /// Stops the process where it is, as if there were none.
    pub fn hold(&self) {
        signal("STOP", &self.process);
    }

    /// Lets it go on.
    pub fn release(&self) {
        signal("CONT", &self.process);
    }

    /// What its process has used of the processors.
    pub fn processor_time(&self) -> Option<Duration> {
        common::process::processor_time(&self.process.id().to_string())
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
