use super::*;

fn tenant() -> TenantLook {
    TenantLook { name: "Österåker".into(), accent: Accent::parse("#0b6e4f").unwrap() }
}

fn page(lang: Lang) -> Page {
    Page::new(lang, &tenant(), "Mina bokningar")
}

fn person(acting_for: Option<&str>) -> Identity {
    Identity::Person {
        name: "Amira Holm".into(),
        acting_for: acting_for.map(str::to_owned),
        change_acting_for: Some("/act-for".into()),
        sign_out: "/sign-out".into(),
    }
}

#[test]
fn a_page_has_its_title_in_tab_and_heading_and_the_tenants_colours() {
    let html = page(Lang::Sv).render().into_string();
    assert!(html.contains("<title>Mina bokningar – Österåker</title>"));
    assert!(html.contains("<h1>Mina bokningar</h1>"));
    assert!(html.contains(r#"<link rel="stylesheet" href="/assets/tenant-0b6e4f.css">"#));
}

#[test]
fn text_from_people_is_escaped_everywhere() {
    let evil = "<script>alert(1)</script>";
    let html = Page::new(Lang::Sv, &TenantLook { name: evil.into(), accent: Accent::default() }, evil)
        .lead(evil)
        .degraded(evil)
        .crumb(evil, "/a")
        .path("/\"><script>alert(1)</script>")
        .identity(person(Some(evil)))
        .render()
        .into_string();
    assert!(!html.contains("<script>alert"));
    assert!(!html.contains("/\"><script"));
}

#[test]
fn the_language_switch_comes_back_to_the_same_page() {
    let html = page(Lang::Sv).path("/facilities/7?day=2026-11-26&hall=1").render().into_string();
    let link =
        r#"href="/language/en?next=/facilities/7%3Fday%3D2026-11-26%26hall%3D1" lang="en" hreflang="en""#;
    assert!(html.contains(link));
}

#[test]
fn the_menu_marks_the_current_item_and_pages_below_it_but_not_its_namesakes() {
    let menu = [
        MenuItem { label: "Start".into(), href: "/".into() },
        MenuItem { label: "Bokningar".into(), href: "/bookings".into() },
    ];
    let current = |path: &str| {
        let html = page(Lang::Sv).menu(&menu).path(path).render().into_string();
        (
            html.contains(r#"href="/" aria-current="page""#),
            html.contains(r#"href="/bookings" aria-current="page""#),
        )
    };
    assert_eq!(current("/bookings?page=2"), (false, true));
    assert_eq!(current("/bookings/9"), (false, true));
    assert_eq!(current("/bookings-old"), (false, false));
    assert_eq!(current("/"), (true, false));
}

#[test]
fn of_two_items_above_a_page_the_menu_marks_the_nearer_one() {
    let menu = ["/desk", "/desk/many"].map(|href| MenuItem { label: href.into(), href: href.into() });
    let marked = |path: &str| {
        let html = page(Lang::Sv).menu(&menu).path(path).render().into_string();
        menu.iter()
            .map(|item| html.contains(&format!("href=\"{}\" aria-current=\"page\"", item.href)))
            .collect::<Vec<_>>()
    };
    assert_eq!(marked("/desk/requests"), [true, false]);
    assert_eq!(marked("/desk/many/9"), [false, true]);
}

#[test]
fn who_one_acts_for_is_always_visible() {
    let html = page(Lang::Sv).identity(person(Some("Åkersberga innebandy"))).render().into_string();
    assert!(html.contains("Du bokar för <strong>Åkersberga innebandy</strong>"));
    assert!(html.contains(r#"<form class="inline" method="post" action="/sign-out">"#));
    let visitor =
        page(Lang::En).identity(Identity::Visitor { sign_in: "/sign-in".into() }).render().into_string();
    assert!(visitor.contains(r#"href="/sign-in">Sign in</a>"#));
}

#[test]
fn the_demo_and_what_does_not_work_are_said_on_top() {
    let html = page(Lang::Sv).demo(true).degraded("Utan förbindelse sedan 14.02").render().into_string();
    assert!(html.contains("Demo: påhittade personer, inga riktiga dörrar"));
    assert!(html.contains("role=\"status\"") && html.contains("Utan förbindelse sedan 14.02"));
    assert!(!page(Lang::Sv).render().into_string().contains("Demo:"));
}

#[test]
fn breadcrumbs_begin_at_the_start_page_and_end_here() {
    let html = page(Lang::Sv).crumb("Anläggningar", "/facilities").render().into_string();
    let crumbs = html.split("class=\"crumbs\"").nth(1).unwrap().split("</nav>").next().unwrap();
    let places: Vec<usize> =
        [r#"href="/">Start"#, r#"href="/facilities""#, r#"aria-current="page">Mina bokningar"#]
            .into_iter()
            .map(|part| crumbs.find(part).unwrap())
            .collect();
    assert!(places.is_sorted());
}

#[test]
fn errors_come_first_and_the_title_says_so() {
    let wrong =
        page(Lang::Sv).errors(ErrorSummary::new(Lang::Sv).error("email", "Saknar @")).render().into_string();
    assert!(wrong.contains("<title>Fel: Mina bokningar"));
    let right = page(Lang::Sv).errors(ErrorSummary::new(Lang::Sv)).render().into_string();
    assert!(right.contains("<title>Mina bokningar") && !right.contains("data-focus"));
}

#[test]
fn htmx_is_kept_from_what_the_policy_forbids() {
    let html = page(Lang::Sv).render().into_string();
    assert!(html.contains("&quot;includeIndicatorStyles&quot;:false,&quot;allowEval&quot;:false"));
    for (asset, count) in [("/assets/htmx.", 1), ("/assets/sse.", 1), ("/assets/hallport.", 2)] {
        assert_eq!(html.matches(asset).count(), count, "{asset}");
    }
}

#[test]
fn the_policy_allows_only_our_own_origin() {
    for source in ["unsafe-inline", "unsafe-eval", "data:", "http:", "https:", "*"] {
        assert!(!CONTENT_SECURITY_POLICY.contains(source), "{source}");
    }
}
