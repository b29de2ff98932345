//! Figures: what is declared, what is told, what is drawn, and what is read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cloud_kernel::Worker;
use cloud_kernel::telemetry::{Kind, Sampler, describe_all, figures};
use serde_json::Value;
use yaml_rust2::{Yaml, YamlLoader};

use super::city::{CANARIES, City};
use crate::figures::recorder;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The rows of the table under a heading of the document: their cells, without backticks.
fn table(heading: &str) -> Vec<Vec<String>> {
    let document = read("docs/observability.md");
    let (_, section) = document.split_once(&format!("## {heading}\n")).expect("the heading");
    let section = section.split("\n## ").next().unwrap();
    section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().replace('`', "")).collect())
        .collect()
}

#[test]
fn every_figure_stands_in_the_document_and_the_document_names_no_other() {
    let told = table("Figures of the cloud");
    let declared: Vec<Vec<String>> = figures::ALL
        .iter()
        .map(|figure| {
            [figure.name, figure.kind.name(), &figure.labels.join(", "), figure.unit.name(), figure.help]
                .map(str::to_owned)
                .to_vec()
        })
        .collect();
    for (told, declared) in told.iter().zip(&declared) {
        assert_eq!(told[..5], declared[..], "name, type, labels, unit, meaning");
        assert!(told[5].len() > 5, "{} says what to do", told[0]);
    }
    assert_eq!(told.len(), declared.len(), "as many in the document as are declared");
    let names: BTreeSet<&str> = figures::ALL.iter().map(|figure| figure.name).collect();
    assert_eq!(names.len(), figures::ALL.len(), "no name twice");
}

fn sources(below: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(below).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

#[test]
fn no_code_records_what_is_not_declared_and_nothing_is_declared_that_no_code_records() {
    let mut files = Vec::new();
    sources(&root().join("cloud"), &mut files);
    assert!(files.len() > 100, "the sources were read");
    let facade = ["counter!", "gauge!", "histogram!"].map(|name| format!("metrics::{name}"));
    for (path, text) in &files {
        let allowed = path.ends_with("telemetry/metric.rs");
        assert!(
            allowed || !facade.iter().any(|name| text.contains(name)),
            "{} goes past the list of figures",
            path.display()
        );
    }
    let list = read("cloud/kernel/src/telemetry/figures.rs");
    let constants = list.lines().filter_map(|line| line.trim().split_once(" = \"")).map(|(name, _)| name);
    let mut count = 0;
    for constant in constants {
        count += 1;
        let used = format!("figures::{constant}");
        assert!(files.iter().any(|(_, text)| text.contains(&used)), "nobody records {constant}");
    }
    assert_eq!(count, figures::ALL.len());
}

/// Names of figures in a query: words that look like ours, or like Prometheus' own of a process.
fn named(query: &str) -> Vec<String> {
    query
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with("hallport_") || word.starts_with("process_"))
        .map(str::to_owned)
        .collect()
}

/// What can be asked for: each figure, and of a distribution its three series.
fn series() -> BTreeMap<String, BTreeSet<String>> {
    let cloud = figures::ALL
        .iter()
        .map(|figure| (figure.name.to_owned(), figure.kind.name().to_owned(), figure.labels.join(", ")));
    let gateway =
        table("Figures of a gateway").into_iter().map(|row| (row[0].clone(), row[1].clone(), row[2].clone()));
    let mut all = BTreeMap::new();
    for (name, kind, labels) in cloud.chain(gateway) {
        let labels: BTreeSet<String> = labels.split(", ").map(str::to_owned).collect();
        if kind == "histogram" {
            for part in ["bucket", "sum", "count"] {
                all.insert(format!("{name}_{part}"), labels.clone());
            }
        } else {
            all.insert(name, labels);
        }
    }
    all
}

fn check(query: &str, at: &str) {
    let series = series();
    let names = named(query);
    assert!(!names.is_empty(), "{at} asks for nothing of ours: {query}");
    for name in &names {
        assert!(series.contains_key(name), "{at} asks for {name}, which does not exist");
    }
    // Labels that are chosen or grouped by exist on some figure of the query.
    let known: BTreeSet<&str> =
        names.iter().flat_map(|name| &series[name]).map(String::as_str).chain(["le", "instance"]).collect();
    let grouped = query.split("by (").skip(1).filter_map(|rest| rest.split(')').next());
    let chosen = query.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let labels = grouped.flat_map(|labels| labels.split(',')).chain(
        chosen.flat_map(|choices| choices.split(',')).map(|one| one.split(['=', '!']).next().unwrap()),
    );
    for label in labels.map(str::trim) {
        assert!(known.contains(label), "{at} asks for the label {label}: {query}");
    }
    let balance = |open, close| query.matches(open).count() == query.matches(close).count();
    assert!(balance('(', ')') && balance('{', '}') && balance('[', ']'), "{at}: {query}");
}

#[test]
fn the_dashboard_shows_only_what_exists() {
    let dashboard: Value = serde_json::from_str(&read("deploy/grafana/hallport.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut queries = 0;
    let mut ids = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_i64().unwrap()), "two panels have one id");
        for target in panel["targets"].as_array().into_iter().flatten() {
            let title = panel["title"].as_str().unwrap();
            check(target["expr"].as_str().unwrap(), title);
            queries += 1;
        }
    }
    assert!(queries > 20, "the dashboard was read");
}

#[test]
fn the_alerts_ask_only_for_what_exists() {
    let files = YamlLoader::load_from_str(&read("deploy/prometheus/alerts.yml")).unwrap();
    let mut names = BTreeSet::new();
    for group in files[0]["groups"].as_vec().unwrap() {
        for rule in group["rules"].as_vec().unwrap() {
            let name = rule["alert"].as_str().unwrap();
            assert!(names.insert(name), "{name} twice");
            check(rule["expr"].as_str().unwrap(), name);
            let severity = rule["labels"]["severity"].as_str().unwrap();
            assert!(["warning", "critical"].contains(&severity), "{name}: {severity}");
            for text in ["summary", "description"] {
                assert!(
                    matches!(&rule["annotations"][text], Yaml::String(text) if text.len() > 10),
                    "{name}"
                );
            }
        }
    }
    assert!(names.len() > 10, "the alerts were read");
}

#[tokio::test]
async fn what_prometheus_reads_is_what_is_declared_and_names_nobody() {
    let recorder = recorder().unwrap();
    let handle = recorder.handle();
    let _recording = metrics::set_default_local_recorder(&recorder);
    describe_all();
    let city = City::new().await;
    let booking = city.book(city.half_hour(0), "").await;
    for path in [
        "/facilities/provhallen",
        "/facilities/Kanarie%20F%C3%A5gelsson",
        &format!("/bookings/{booking}"),
        "/19920315-2385?q=19920315-2385",
    ] {
        city.get(path).await;
    }
    let mut sampler = Sampler::new(city.kernel.clone(), "hallport-cloud");
    sampler.look().await;
    let waiting = handle.render();
    let has = |text: &str, line: &str| text.lines().any(|one| one == line);
    for line in [
        "hallport_outbox_rows{kind=\"booking.confirmed\"} 1",
        "hallport_outbox_parked_streams 0",
        "hallport_sites{state=\"not_enrolled\"} 1",
        "hallport_bookings_total{outcome=\"booked\"} 1",
        "hallport_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"} 1",
    ] {
        assert!(has(&waiting, line), "{line}\n{waiting}");
    }
    let worker = Worker::new(city.kernel.clone());
    while worker.work_once().await.unwrap() > 0 {}
    sampler.look().await;

    let read = handle.render();
    assert!(has(&read, "hallport_outbox_rows{kind=\"booking.confirmed\"} 0"), "what is gone is none\n{read}");
    assert!(has(&read, "hallport_mails_total{outcome=\"not_sent\"} 1"), "{read}");
    let kinds: BTreeMap<&str, &str> =
        figures::ALL.iter().map(|figure| (figure.name, figure.kind.name())).collect();
    let mut seen = 0;
    for line in read.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        assert_eq!(kinds.get(name), Some(&kind), "{name}");
        seen += 1;
    }
    assert!(seen > 20, "most figures are there:\n{read}");
    let bucketed = figures::ALL.iter().filter(|figure| matches!(figure.kind, Kind::Histogram(_)));
    for figure in bucketed.filter(|figure| read.contains(&format!("# TYPE {} ", figure.name))) {
        assert!(read.contains(&format!("{}_bucket{{", figure.name)), "{} has buckets", figure.name);
    }
    for canary in CANARIES.into_iter().chain(["Kanarie", "19920315", "/bookings/0"]) {
        assert!(!read.contains(canary), "{canary}:\n{read}");
    }
}
