use maud::Render;

use super::*;

#[test]
fn a_field_ties_label_hint_and_error_to_its_control_and_keeps_what_was_typed() {
    let field =
        Field::email("email", "E-post").hint("Dit skickar vi koden").error(Some("Saknar @")).value("a<b");
    let page = field.render().into_string();
    assert!(page.contains(r#"<label for="email">E-post</label>"#));
    assert!(page.contains(r#"id="email" name="email" value="a&lt;b""#));
    assert!(page.contains(r#"aria-describedby="email-hint email-error" aria-invalid="true""#));
    assert!(page.contains(r#"<span class="hint" id="email-hint">Dit skickar vi koden</span>"#));
    assert!(page.contains(r#"id="email-error"#) && page.contains("<span>Saknar @</span>"));
}

#[test]
fn a_field_without_error_is_not_called_invalid() {
    let page = Field::text("name", "Namn").required().error(None).render().into_string();
    assert!(!page.contains("aria-invalid") && !page.contains("aria-describedby"));
    assert!(page.contains(" required"));
}

#[test]
fn several_lines_are_kept_too() {
    let page = Field::long_text("note", "Övrigt").value("rad 1\n<rad 2>").render().into_string();
    assert!(page.contains("rad 1\n&lt;rad 2&gt;</textarea>"));
}

#[test]
fn a_select_keeps_the_choice_and_can_begin_with_none() {
    let select = Select::new("age", "Ålder")
        .placeholder(Lang::Sv)
        .option("a", "7–13")
        .option("b", "14–20")
        .chosen("b");
    let page = select.render().into_string();
    assert!(page.contains(r#"<label for="age">"#) && page.contains(r#"<select id="age""#));
    assert!(page.contains(r#"<option value="">Välj …</option>"#));
    assert!(page.contains(r#"<option value="b" selected>14–20</option>"#));
    assert_eq!(page.matches(" selected").count(), 1);
}

#[test]
fn a_radio_group_is_a_question_with_answers_and_the_summary_can_lead_to_it() {
    let group = RadioGroup::new("whom", "För vem?")
        .option("me", "Mig")
        .option_with_hint("club", "Klubben", "Taxa 1")
        .chosen("club")
        .error(Some("Välj"));
    let page = group.render().into_string();
    assert!(page.contains("<legend>För vem?</legend>"));
    assert!(
        page.contains(
            r#"<fieldset class="field field-wrong" role="radiogroup" aria-describedby="whom-error""#
        )
    );
    assert!(page.contains(r#"type="radio" id="whom" name="whom" value="me""#));
    assert!(page.contains(r#"id="whom-1" name="whom" value="club" checked aria-describedby="whom-1-more""#));
}

#[test]
fn a_checkbox_has_its_label_and_its_error() {
    let page = Checkbox::new("terms", "Jag har läst").error(Some("Kryssa i")).render().into_string();
    assert!(page.contains(r#"type="checkbox" id="terms" name="terms" value="yes""#));
    assert!(page.contains(r#"<label for="terms">"#) && page.contains(r#"aria-invalid="true""#));
}

#[test]
fn the_error_summary_takes_the_focus_and_leads_to_each_field() {
    let errors = ErrorSummary::new(Lang::Sv).error("email", "Saknar @");
    assert_eq!(errors.of("email"), Some("Saknar @"));
    assert_eq!(errors.of("name"), None);
    let page = errors.render().into_string();
    assert!(page.contains(r#"role="alert" tabindex="-1" data-focus"#));
    assert!(page.contains(r##"<a href="#email">Saknar @</a>"##));
    assert_eq!(ErrorSummary::new(Lang::Sv).render().into_string(), "");
}

#[test]
fn a_button_sends_and_a_link_that_looks_like_one_leads() {
    let button =
        Button::danger("Avboka").about("tisdag 18.00").value("what", "cancel").render().into_string();
    assert!(
        button
            .starts_with(r#"<button class="button button-danger" type="submit" name="what" value="cancel">"#)
    );
    assert!(button.contains(r#"<span class="visually-hidden"> tisdag 18.00</span>"#));
    let link = Button::primary("Boka").href("/book?a=1&b=2").render().into_string();
    assert_eq!(link, r#"<a class="button button-primary" href="/book?a=1&amp;b=2">Boka</a>"#);
}

#[test]
fn what_changes_something_is_posted() {
    let form = post_button("/bookings/9/cancel", &Button::danger("Avboka")).into_string();
    assert!(form.starts_with(r#"<form class="inline" method="post" action="/bookings/9/cancel"><button"#));
}

#[test]
fn boxes_that_share_a_name_have_labels_of_their_own() {
    let one = |value: &str, label: &str| Checkbox::new("weekday", label).value(value).render().into_string();
    let (monday, tuesday) = (one("1", "måndag"), one("2", "tisdag"));
    assert!(monday.contains(r#"id="weekday-1" name="weekday" value="1""#), "{monday}");
    assert!(monday.contains(r#"<label for="weekday-1">"#) && tuesday.contains(r#"<label for="weekday-2">"#));
}
