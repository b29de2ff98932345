//! The database as the configuration names it: another's server by URLs, or a private cluster.

use std::str::FromStr;

use anyhow::Context;
use cloud_kernel::{PgConnectOptions, ROLES};

use crate::cluster::Cluster;
use crate::config::Config;
use crate::secrets::text_file;

/// What each session asks of the server. A machine that is lost says no goodbye: the server asks for it, and lets go
/// within eleven seconds of the locks that others wait for. Nothing of that does anything on a Unix socket.
///
/// A process that stands still in a transaction still answers there. It is given up after far longer than any handler
/// waits for somebody outside; a worker's stream that is cut off so is taken up by another, row by row as before.
const SESSION: [(&str, &str); 5] = [
    ("tcp_keepalives_idle", "5s"),
    ("tcp_keepalives_interval", "2s"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "11s"),
    ("idle_in_transaction_session_timeout", "5min"),
];

/// How each of the three roles connects; holds the private cluster, where there is one.
pub struct Databases {
    owner: PgConnectOptions,
    application: PgConnectOptions,
    worker: PgConnectOptions,
    cluster: Option<Cluster>,
}

impl Databases {
    /// Reads the URLs, or starts the private cluster.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        let section = &config.database;
        let session = |options: PgConnectOptions| options.options(SESSION);
        if let (Some(owner), Some(application), Some(worker)) =
            (&section.owner_url_file, &section.application_url_file, &section.worker_url_file)
        {
            let read = |file| -> anyhow::Result<PgConnectOptions> {
                PgConnectOptions::from_str(&text_file(file)?)
                    .map(session)
                    .map_err(|_| anyhow::anyhow!("{} holds no URL of a Postgres database", file.display()))
            };
            return Ok(Self {
                owner: read(owner)?,
                application: read(application)?,
                worker: read(worker)?,
                cluster: None,
            });
        }
        let directory = section
            .cluster_directory
            .clone()
            .unwrap_or_else(|| config.server.data_directory.join("postgres"));
        let cluster = Cluster::start(&directory).await.context("the private database")?;
        cluster.provision().await?;
        let [owner, application, worker] = ROLES.map(|role| session(cluster.role(role)));
        Ok(Self { owner, application, worker, cluster: Some(cluster) })
    }

    /// As the owner.
    pub fn owner(&self) -> &PgConnectOptions {
        &self.owner
    }

    /// As the application.
    pub fn application(&self) -> &PgConnectOptions {
        &self.application
    }

    /// As the worker.
    pub fn worker(&self) -> &PgConnectOptions {
        &self.worker
    }

    /// Whether the cluster is ours, so that its schema is ours to bring up to date.
    pub fn is_private(&self) -> bool {
        self.cluster.is_some()
    }

    /// Makes the private cluster this process' to stop, also where an earlier run was killed and left it running.
    pub fn keep(&mut self) {
        if let Some(cluster) = &mut self.cluster {
            cluster.keep();
        }
    }

    /// Stops the private cluster, if this process started it.
    pub async fn close(self) {
        if let Some(cluster) = self.cluster {
            cluster.stop().await;
        }
    }
}

#[cfg(test)]
impl Databases {
    /// The database of a test.
    pub fn of_test(bench: &cloud_kernel::testing::Bench) -> Self {
        let owner = bench.superuser.clone().username("hallport_owner");
        Self { owner, application: bench.application.clone(), worker: bench.worker.clone(), cluster: None }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use cloud_kernel::answers;

    use super::*;
    use crate::config::Database;

    fn asks_for_all(databases: &Databases) {
        for role in [databases.owner(), databases.application(), databases.worker()] {
            let options = role.get_options().unwrap_or_default();
            for (name, value) in SESSION {
                assert!(options.contains(&format!("-c {name}={value}")), "{options}");
            }
        }
    }

    #[tokio::test]
    async fn sessions_of_a_lost_machine_end_by_the_servers_own_asking() {
        let folder = tempfile::tempdir().unwrap();
        // Postgres' own user must be able to enter.
        set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let cluster_directory = Some(folder.path().join("cluster"));
        let section = Database { cluster_directory, ..Database::default() };
        let databases = Databases::open(&Config { database: section, ..Config::default() }).await.unwrap();
        asks_for_all(&databases);
        assert!(answers(databases.worker()).await, "on a Unix socket it is taken, and does nothing");
        databases.close().await;

        let url = folder.path().join("url");
        write(&url, "postgres://hallport@db.example/hallport?options=-c%20lock_timeout%3D9s").unwrap();
        let file = |path: &Path| Some(path.to_owned());
        let section = Database {
            owner_url_file: file(&url),
            application_url_file: file(&url),
            worker_url_file: file(&url),
            cluster_directory: None,
        };
        let databases = Databases::open(&Config { database: section, ..Config::default() }).await.unwrap();
        asks_for_all(&databases);
        let options = databases.owner().get_options().unwrap_or_default();
        assert!(options.contains("lock_timeout=9s"), "the URL's own stay: {options}");
    }
}
