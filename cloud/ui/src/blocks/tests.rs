use maud::Render;

use super::*;

#[test]
fn a_badge_has_an_icon_and_words() {
    let page = Badge::new(Tone::Warning, "Ingen kom").render().into_string();
    assert!(page.contains("<svg class=\"icon\" aria-hidden=\"true\""));
    assert!(page.contains("<span>Ingen kom</span>"));
}

#[test]
fn each_tone_has_an_icon_of_its_own() {
    let tones = [Tone::Info, Tone::Good, Tone::Warning, Tone::Bad, Tone::Waiting, Tone::Mine];
    let icons: std::collections::BTreeSet<String> =
        tones.iter().map(|tone| tone.icon().render().into_string()).collect();
    assert_eq!(icons.len(), tones.len());
}

#[test]
fn a_failure_is_read_out_at_once_and_a_success_when_there_is_time() {
    assert!(Notice::error("Det gick inte").render().into_string().contains("role=\"alert\""));
    assert!(Notice::success("Klart").render().into_string().contains("role=\"status\""));
    assert!(!Notice::info("Julafton").render().into_string().contains("role="));
}

#[test]
fn a_notice_says_what_holds_and_leads_on() {
    let notice = Notice::warning("Tagen").more("18.30 är ledig").action(Button::quiet("Visa").href("/f"));
    let page = notice.render().into_string();
    assert!(page.contains("Tagen") && page.contains("18.30 är ledig") && page.contains("href=\"/f\""));
}

#[test]
fn an_empty_place_says_what_it_is_and_the_first_step() {
    let empty =
        EmptyState::new("Inga bokningar", "Välj en tid").action(Button::primary("Boka").href("/book"));
    let page = empty.render().into_string();
    assert!(
        page.contains("Inga bokningar") && page.contains("Välj en tid") && page.contains("href=\"/book\"")
    );
}

#[test]
fn a_card_is_named_by_its_heading() {
    let page = Card::new("rules", "Regler", html! { p { "Inneskor" } }).render().into_string();
    assert!(page.contains(r#"id="rules" aria-labelledby="rules-title"><h2 id="rules-title">Regler</h2>"#));
}

#[test]
fn a_list_of_links_is_a_list() {
    let page = LinkCard::list(&[
        LinkCard::new("Torsdag", "/bookings/9").line("A1"),
        LinkCard::new("Fredag", "/bookings/10"),
    ]);
    let page = page.into_string();
    assert_eq!(
        (page.matches("<ul").count(), page.matches("<li").count(), page.matches("<a ").count()),
        (1, 2, 2)
    );
}

#[test]
fn facts_pair_names_with_values_as_text_or_markup() {
    let page =
        Facts::new().row("Pris", "55 kr").row("Plats", html! { strong { "A1" } }).render().into_string();
    assert!(page.contains("<dt>Pris</dt><dd>55 kr</dd>") && page.contains("<dd><strong>A1</strong></dd>"));
}

#[test]
fn the_current_tab_is_marked() {
    let page = Tabs::new("Vy").tab("Dag", "/d", false).tab("Vecka", "/w", true).render().into_string();
    assert!(
        page.contains(r#"aria-label="Vy""#) && page.contains(r#"<a href="/w" aria-current="page">Vecka</a>"#)
    );
    assert_eq!(page.matches("aria-current").count(), 1);
}

#[test]
fn pagination_leads_both_ways_where_there_is_something() {
    let at = |page, pages| {
        Pagination { lang: Lang::Sv, page, pages, href_before_number: "/b?p=".into() }.render().into_string()
    };
    assert_eq!(at(1, 1), "");
    assert!(!at(1, 3).contains("rel=\"prev\"") && at(1, 3).contains(r#"rel="next" href="/b?p=2""#));
    assert!(at(3, 3).contains(r#"rel="prev" href="/b?p=2""#) && !at(3, 3).contains("rel=\"next\""));
    assert!(at(2, 3).contains("Sida 2 av 3"));
}

#[test]
fn a_region_fed_by_events_is_read_out_when_it_changes() {
    let page = sse_region("door", "/bookings/9/door", "door", "på väg").into_string();
    assert!(page.contains(r#"hx-ext="sse" sse-connect="/bookings/9/door""#));
    assert!(page.contains(
        r#"<div id="door" role="status" aria-live="polite" aria-atomic="true" sse-swap="door">på väg</div>"#
    ));
}
