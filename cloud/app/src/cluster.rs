//! A private Postgres cluster, for one machine that has no database server of its own.
//!
//! It listens on a Unix socket in a directory that only its user can enter, and nowhere else. Postgres refuses
//! to run as root: started by root it runs as the user `postgres`, who must be able to reach the directory.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use cloud_kernel::{DATABASE, PgConnectOptions, answers, provision};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid, User, chown};
use tokio::process::{Child, Command};

/// The oldest Postgres with views that keep to the reader's rights.
const VERSION_MIN: u32 = 15;
/// How long the server may take to answer; after a power cut it replays its log first.
const READY_SECONDS: u64 = 60;
/// How often to ask whether it answers, or has ended.
const LOOK_EVERY: Duration = Duration::from_millis(25);
/// How long a stopping server may take before it is left to itself.
const STOP_SECONDS: u64 = 10;
/// Longest path of a Unix socket, `sun_path` less its end and `/.s.PGSQL.5432`.
const SOCKET_DIRECTORY_MAX: usize = 90;
const SUPERUSER: &str = "postgres";

/// A running cluster. Stopped by [`Cluster::stop`] if this process started it.
pub struct Cluster {
    socket_directory: PathBuf,
    server: Option<Child>,
    /// The server of an earlier run, when it is ours to stop.
    left: Option<Pid>,
}

struct Account {
    uid: Uid,
    user: Option<User>,
}

impl Cluster {
    /// Starts the cluster in `directory`, making it first if there is none; joins it if it runs already.
    pub async fn start(directory: &Path) -> anyhow::Result<Self> {
        let binaries = binaries().await?;
        let account = account()?;
        make_directory(directory, &account)?;
        let directory = directory.canonicalize().context("the cluster's directory")?;
        let socket_directory = directory.join("socket");
        if socket_directory.as_os_str().len() > SOCKET_DIRECTORY_MAX {
            bail!(
                "{} is too long a path for a socket; choose a shorter database.cluster_directory",
                socket_directory.display()
            );
        }
        let mut cluster = Self { socket_directory, server: None, left: None };
        if answers(&cluster.superuser()).await {
            return Ok(cluster);
        }
        let data = directory.join("data");
        if !data.exists() {
            crate::tell(&format!("making a database in {}", directory.display()));
            initialise(&binaries, &account, &directory, &data).await?;
        }
        make_directory(&cluster.socket_directory, &account)?;
        let log = std::fs::File::create(directory.join("log")).context("the database's log")?;
        let server = command(&binaries.join("postgres"), &account)
            .arg("-D")
            .arg(&data)
            .arg("-c")
            .arg(format!("unix_socket_directories={}", cluster.socket_directory.display()))
            .args(["-c", "listen_addresses=", "-c", "port=5432", "-c", "max_connections=100"])
            .args(["-c", "shared_buffers=128MB", "-c", "log_line_prefix=%m [%p] %u "])
            .stdin(Stdio::null())
            .stdout(log.try_clone().context("the database's log")?)
            .stderr(log)
            // Ctrl-C reaches the terminal's group: the server is stopped by us, after the pages.
            .process_group(0)
            .spawn()
            .context("cannot start postgres")?;
        cluster.server = Some(server);
        cluster.wait_until_ready(&directory).await?;
        Ok(cluster)
    }

    async fn wait_until_ready(&mut self, directory: &Path) -> anyhow::Result<()> {
        let ready = async {
            loop {
                if answers(&self.superuser()).await {
                    return Ok(());
                }
                if let Some(status) = self.server.as_mut().and_then(|server| server.try_wait().ok().flatten())
                {
                    let log = std::fs::read_to_string(directory.join("log")).unwrap_or_default();
                    let last = log.lines().last().unwrap_or("its log says nothing");
                    bail!("the database ended at once ({status}): {last}");
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(READY_SECONDS), ready)
            .await
            .with_context(|| format!("the database did not answer within {READY_SECONDS} s"))?
    }

    fn superuser(&self) -> PgConnectOptions {
        self.options(SUPERUSER, "postgres")
    }

    fn options(&self, role: &str, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.socket_directory)
            .port(5432)
            .username(role)
            .database(database)
    }

    /// How a role connects.
    pub fn role(&self, role: &str) -> PgConnectOptions {
        self.options(role, DATABASE)
    }

    /// Makes the roles and the database, where they are missing.
    pub async fn provision(&self) -> anyhow::Result<()> {
        provision(&self.superuser()).await.context("cannot make the database and its roles")
    }

    /// Makes a server that ran already this process' to stop: the one that a run left behind that was killed.
    pub fn keep(&mut self) {
        if self.server.is_some() {
            return;
        }
        let file = self.socket_directory.with_file_name("data").join("postmaster.pid");
        let text = std::fs::read_to_string(file).unwrap_or_default();
        self.left = text.lines().next().and_then(|line| line.trim().parse().ok()).map(Pid::from_raw);
    }

    /// Stops the server, if it is ours to stop, and waits until it has ended.
    pub async fn stop(mut self) {
        let server = self.server.take();
        let child = server.as_ref().and_then(|server| Some(Pid::from_raw(i32::try_from(server.id()?).ok()?)));
        let Some(pid) = child.or(self.left) else { return };
        fast_shutdown(pid);
        let ended = async {
            match server {
                Some(mut server) => _ = server.wait().await,
                None => {
                    while kill(pid, None).is_ok() {
                        tokio::time::sleep(LOOK_EVERY).await;
                    }
                }
            }
        };
        if tokio::time::timeout(Duration::from_secs(STOP_SECONDS), ended).await.is_err() {
            tracing::warn!("the database takes long to stop; it is left to itself");
        }
    }
}

impl Drop for Cluster {
    /// A start that failed half way leaves no server behind.
    fn drop(&mut self) {
        let started = self.server.as_ref().and_then(|server| i32::try_from(server.id()?).ok());
        if let Some(id) = started {
            fast_shutdown(Pid::from_raw(id));
        }
    }
}

/// Makes a cluster beside its place and moves it there when it is whole: a start that is killed meanwhile leaves
/// nothing that a later one would take for a cluster.
async fn initialise(binaries: &Path, account: &Account, directory: &Path, data: &Path) -> anyhow::Result<()> {
    let unfinished = directory.join("data.new");
    if unfinished.exists() {
        std::fs::remove_dir_all(&unfinished)
            .with_context(|| format!("cannot clear {}", unfinished.display()))?;
    }
    let made = command(&binaries.join("initdb"), account)
        .arg("--pgdata")
        .arg(&unfinished)
        .args(["--username", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"])
        .output()
        .await
        .context("cannot run initdb")?;
    if !made.status.success() {
        bail!("initdb: {}", String::from_utf8_lossy(&made.stderr).trim());
    }
    std::fs::rename(&unfinished, data).with_context(|| format!("cannot make {}", data.display()))
}

/// Asks Postgres to end its sessions and stop; nothing is lost.
fn fast_shutdown(pid: Pid) {
    if let Err(error) = kill(pid, Signal::SIGINT) {
        tracing::warn!(%error, "cannot stop the database");
    }
}

fn account() -> anyhow::Result<Account> {
    let uid = Uid::effective();
    if !uid.is_root() {
        return Ok(Account { uid, user: None });
    }
    let user = User::from_name("postgres")
        .context("cannot look up the user postgres")?
        .context("started by root, the database needs a user named postgres, and there is none")?;
    Ok(Account { uid: user.uid, user: Some(user) })
}

fn command(program: &Path, account: &Account) -> Command {
    let mut command = Command::new(program);
    // Locale and search paths of whoever started us are nothing to the database.
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").current_dir("/");
    if let Some(user) = &account.user {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    command
}

/// A directory that only the cluster's user can enter.
fn make_directory(path: &Path, account: &Account) -> anyhow::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    }
    if !path.exists() {
        crate::secrets::private_directory(path)?;
    }
    if let Some(user) = &account.user {
        chown(path, Some(account.uid), Some(user.gid))
            .with_context(|| format!("cannot give away {}", path.display()))?;
    }
    Ok(())
}

/// Where Postgres' programs are: the newest of Debian's directories, or the search path's.
async fn binaries() -> anyhow::Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, path): &(u32, PathBuf)| path.join("postgres").exists())
        .collect();
    found.sort();
    if let Some((version, path)) = found.pop() {
        if version < VERSION_MIN {
            bail!("Postgres {version} is here, and {VERSION_MIN} or later is needed");
        }
        return Ok(path);
    }
    let output = Command::new("pg_config").arg("--bindir").output().await;
    match output {
        Ok(output) if output.status.success() => {
            Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
        }
        Ok(_) | Err(_) => bail!("no Postgres server is installed; {VERSION_MIN} or later is needed"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{create_dir_all, set_permissions, write};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn a_database_whose_making_was_cut_off_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        // Postgres' own user must be able to enter.
        set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let directory = folder.path().join("cluster");
        let unfinished = directory.join("data.new");
        create_dir_all(&unfinished).unwrap();
        write(unfinished.join("PG_VERSION"), "15\n").unwrap();
        let cluster = Cluster::start(&directory).await.unwrap();
        assert!(answers(&cluster.superuser()).await);
        assert!(!unfinished.exists());
        cluster.stop().await;
    }
}
