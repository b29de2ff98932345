//! A real Mosquitto for a test, started with a configuration that is there already. Included by path.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "what fails here is a failed test")]

#[path = "port.rs"]
mod port;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

pub use self::port::free_port;

const INSTALLED: [&str; 3] = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"];
/// Nothing here takes longer; whoever waits longer waits in vain.
const WITHIN: Duration = Duration::from_secs(20);

/// Starts it; what it says is appended to `broker.log` beside the configuration. It ends with what is returned.
pub fn launch(configuration: &Path) -> Child {
    let program = INSTALLED.map(PathBuf::from).into_iter().find(|path| path.exists());
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(configuration.with_file_name("broker.log"))
        .unwrap();
    Command::new(program.expect("this test needs Mosquitto: apt install mosquitto"))
        .arg("-c")
        .arg(configuration)
        .stdout(Stdio::null())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// One that listens, and can be ended and begun anew.
pub struct Mosquitto {
    configuration: PathBuf,
    port: u16,
    process: Child,
}

impl Mosquitto {
    /// `port` is where the configuration says that it listens.
    pub async fn start(configuration: PathBuf, port: u16) -> Self {
        let process = launch(&configuration);
        let started = Self { configuration, port, process };
        started.listens().await;
        started
    }

    /// Its process, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Ends it without a word to anybody.
    pub async fn stop(&mut self) {
        self.process.kill().await.unwrap();
    }

    pub async fn begin_anew(&mut self) {
        self.process = launch(&self.configuration);
        self.listens().await;
    }

    async fn listens(&self) {
        let up = timeout(WITHIN, async {
            while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
                tokio::task::yield_now().await;
            }
        });
        up.await.expect("Mosquitto listens");
    }
}
