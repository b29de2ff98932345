//! `enrol`: asks the technician for what is missing, and tells in words what came of it.

use std::io::{self, IsTerminal, Write};

use anyhow::{Context, bail};
use gateway_uplink::Enrolment;

use crate::folder::Folder;
use crate::out::say;

pub(crate) async fn enrol(
    folder: &Folder,
    cloud: Option<String>,
    code: Option<String>,
    root: Option<String>,
) -> anyhow::Result<()> {
    let cloud = given(cloud, "--cloud", "The cloud's address (https://host:port)")?;
    let root = given(root, "--root", "The root's fingerprint, shown beside the code")?;
    let code = given(code, "--code", "The enrolment code")?;
    let enrolment = Enrolment { cloud: &cloud, code: &code, root_fingerprint: &root };
    let enrolled = gateway_uplink::enrol(&enrolment, folder.path()).await?;
    let (host, port) = enrolled.broker();
    say(&format!("Enrolled as {} ({}).", enrolled.name(), enrolled.gateway()));
    say(&format!("It will connect to the broker at {host}:{port}."));
    say(&format!("Start it: hallport-gateway run --data {}", folder.path().display()));
    Ok(())
}

fn given(value: Option<String>, flag: &str, question: &str) -> anyhow::Result<String> {
    if let Some(value) = value {
        return Ok(value);
    }
    if !io::stdin().is_terminal() {
        bail!("{flag} is missing, and nobody is at a terminal to be asked");
    }
    let mut out = io::stdout().lock();
    write!(out, "{question}: ").and_then(|()| out.flush()).context("cannot ask")?;
    let mut line = String::new();
    io::stdin().read_line(&mut line).context("cannot read the answer")?;
    let answer = line.trim();
    if answer.is_empty() {
        bail!("{flag} is missing");
    }
    Ok(answer.to_owned())
}
