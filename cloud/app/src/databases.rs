//! The database as the configuration names it: another's server by URLs, or a private cluster.

use std::str::FromStr;

use anyhow::Context;
use cloud_kernel::{PgConnectOptions, ROLES};

use crate::cluster::Cluster;
use crate::config::Config;
use crate::secrets::text_file;

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
        if let (Some(owner), Some(application), Some(worker)) =
            (&section.owner_url_file, &section.application_url_file, &section.worker_url_file)
        {
            let read = |file| -> anyhow::Result<PgConnectOptions> {
                PgConnectOptions::from_str(&text_file(file)?)
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
        let [owner, application, worker] = ROLES.map(|role| cluster.role(role));
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
