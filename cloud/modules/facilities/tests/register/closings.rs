//! What is closed, in files: out of one register and into another.

use cloud_contracts::ClosureKind;
use cloud_kernel::Role;

use crate::town::{Answer, Town, Visitor};

async fn read(town: &Town, person: &Visitor, action: &str, format: &str, text: &str) -> Answer {
    let pieces = [
        ("format", None, format.as_bytes()),
        ("action", None, action.as_bytes()),
        ("file", Some("fil"), text.as_bytes()),
    ];
    town.upload(person, "/register/import", &pieces).await
}

#[tokio::test]
async fn planned_closings_are_tried_told_line_by_line_read_in_and_written_as_they_were() {
    let town = Town::new().await;
    let siv = town.person("siv", &[Role::Administrator]).await;
    let csv = "facility;resource;kind;from;to;reason\n\
               strand;;;2026-12-24T08:00;2026-12-27T00:00;Jul\n\
               strand;norra;unplayable;2026-12-01T06:00;;Ny matta\n\
               strand;rummet;;2026-11-01T06:00;2026-11-02T06:00;Redan över\n";
    let tried = read(&town, &siv, "try", "csv", csv).await;
    assert_eq!(tried.status, 200, "{}", tried.text());
    tried.says(&["2 nya, 0 ändrade, 1 som förut, 0 nekade.", "stängt från 2026-12-24T08:00:00"]);
    assert_eq!(town.facility("strand").await.closures, [], "a try closes nothing");

    read(&town, &siv, "apply", "csv", csv).await.says(&["Filen är inläst."]);
    let closures = town.facility("strand").await.closures;
    assert_eq!(closures.len(), 2, "what is over is left alone");
    assert_eq!(closures[0].kind, ClosureKind::Unplayable);
    assert_eq!(closures[1].starts_at, "2026-12-24T07:00:00Z".parse().unwrap(), "by the clock of the place");
    assert_eq!(closures[1].ends_at, Some("2026-12-26T23:00:00Z".parse().unwrap()));
    assert_eq!(town.hours("rummet", "2026-12-25").await, [""; 0]);
    assert_eq!(town.trail().await, ["facilities.closed", "facilities.closed"]);

    // What is written is read as nothing new, also what somebody closed just now.
    town.post(&siv, "/closures/strand/close", &[("resource", "rummet"), ("reason", "0")]).await;
    let written = town.open(None, "/open-data/closures.csv").await;
    written.says(&[
        "facility,resource,kind,from,to,reason",
        "strand,norra,unplayable,2026-12-01T06:00:00,,Ny matta",
    ]);
    let again = read(&town, &siv, "apply", "csv", &written.text()).await;
    again.says(&["0 nya, 0 ändrade, 3 som förut, 0 nekade."]);

    let longer = csv.replace("2026-12-27T00:00;Jul", "2026-12-28T00:00;Jul och mellandagar");
    read(&town, &siv, "apply", "csv", &longer).await.says(&[
        "0 nya, 1 ändrade, 2 som förut, 0 nekade.",
        "Stängt till: söndag 27 dec 00.00 → måndag 28 dec 00.00",
        "Orsak: Jul → Jul och mellandagar",
    ]);
    assert_eq!(town.hours("rummet", "2026-12-27").await, [""; 0]);
    assert_eq!(town.facility("strand").await.closures.len(), 3, "the same one, longer");
}

#[tokio::test]
async fn a_wrong_closing_is_told_with_its_line_in_the_readers_language() {
    let town = Town::new().await;
    let siv = town.person("siv", &[Role::Administrator]).await;
    let csv = "facility,resource,from,to,reason\n\
               slottet,,2026-12-24T08:00,,Jul\n\
               strand,tornet,2026-12-24T08:00,,Jul\n\
               strand,,2026-12-24,,Jul\n\
               strand,,2026-12-24T08:00,,Jul\n";
    let refused = read(&town, &siv, "apply", "csv", csv).await;
    assert_eq!(refused.status, 422);
    refused.says(&[
        "Det finns ingen anläggning ”slottet”.",
        "Det finns inget objekt ”tornet”.",
        "from: skriv datum och tid",
        "Inget har ändrats",
    ]);
    assert_eq!(town.facility("strand").await.closures, []);
}

#[tokio::test]
async fn a_file_of_the_whole_register_closes_too() {
    let town = Town::new().await;
    let siv = town.person("siv", &[Role::Administrator]).await;
    let closing = "\n[[facility.closure]]\nresource = \"planen\"\nkind = \"unplayable\"\nfrom = \"2026-12-01T06:00\"\n\
                   to = \"2026-12-02T06:00\"\nreason = \"Ny matta\"\n";
    let text = format!("{}{closing}", crate::town::FILE);
    read(&town, &siv, "apply", "toml", &text).await.says(&["1 nya, 0 ändrade"]);
    let closures = town.facility("strand").await.closures;
    assert_eq!((closures.len(), closures[0].reason.as_str()), (1, "Ny matta"));
    read(&town, &siv, "apply", "toml", &text).await.says(&["0 nya, 0 ändrade"]);
    let twice = format!("{text}{closing}");
    read(&town, &siv, "try", "toml", &twice).await.says(&["Står två gånger."]);
}
