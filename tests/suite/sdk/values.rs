//! Values: what is stored comes back, and what cannot be stored is an error.

use lovely_session_tests::language::Language;
use serde_json::{Value, json};

use super::site::Site;
use crate::languages::{in_every_language, on_both_stores};

on_both_stores!(
    values_of_every_json_type_come_back_as_they_are,
    keys_may_be_any_text,
    a_package_is_listed_emptied_and_filled,
    counters_are_added_to,
    a_record_over_the_size_limit_is_an_error_and_nothing_is_stored,
);
in_every_language!(
    a_value_that_json_cannot_say_is_an_error_and_nothing_is_stored,
    a_value_of_another_type_is_an_error_and_stays,
    adding_to_what_is_no_counter_is_an_error_and_changes_nothing,
    an_invalid_name_is_an_error_with_the_limit,
);

async fn values_of_every_json_type_come_back_as_they_are(site: &Site) {
    for value in [
        json!(true),
        json!(false),
        json!(0),
        json!(-7),
        json!(9_007_199_254_740_991_i64),
        json!(1.5),
        json!(1e300),
        json!(-2.5e-7),
        json!(""),
        json!("text with \"quotes\", a \\, a \n, a \u{0}, \u{7f}, \u{2028} and 🍎"),
        json!([]),
        json!({}),
        json!([1, "two", [3, [4]], {"five": null}]),
        json!({"": 1, "a": {"b": {"c": [true, null]}}, "__proto__": {"x": 1}, "constructor": "y"}),
    ] {
        let mut browser = site.browser();
        browser.does(json!([["begin"], ["set", "values", "value", value]])).await;
        let results = browser.does(json!([["get", "values", "value"], ["peek", "values", "value"]])).await;
        assert_eq!(results, json!([value, value]));
    }
    let mut browser = site.browser();
    browser.does(json!([["begin"], ["set", "values", "nothing", null]])).await;
    let steps =
        json!([["get", "values", "nothing"], ["has", "values", "nothing"], ["has", "values", "absent"]]);
    assert_eq!(browser.does(steps).await, json!([null, true, false]), "null is a value");
}

async fn keys_may_be_any_text(site: &Site) {
    for key in
        ["a key", "__proto__", "constructor", "toString", "length", "0", "🍎", "a\u{0}b", &"x".repeat(1024)]
    {
        let mut browser = site.browser();
        browser.does(json!([["begin"], ["set", "values", key, 1], ["add", key, key, 2]])).await;
        let steps = json!([["get", "values", key], ["keys", "values"], ["entries", key], ["packages"]]);
        let mut packages = [key, "values"];
        packages.sort_unstable();
        let mut entries = serde_json::Map::new();
        entries.insert(key.to_owned(), json!(2));
        assert_eq!(browser.does(steps).await, json!([1, [key], entries, packages]));
    }
}

async fn a_package_is_listed_emptied_and_filled(site: &Site) {
    let mut browser = site.browser();
    let results = browser
        .does(json!([
            ["begin"], ["update", "cart", {"pear": 2, "apple": 1}], ["keys", "cart"], ["entries", "cart"],
            ["length", "cart"], ["has", "cart", "pear"], ["remove", "cart", "pear"], ["remove", "cart", "pear"],
            ["peek-entries", "cart"]
        ]))
        .await;
    let expected = json!([
        null, null, ["apple", "pear"], {"apple": 1, "pear": 2}, 2, true, true, false, {"apple": 1}
    ]);
    assert_eq!(results, expected);
    let results = browser.does(json!([["length", "cart"], ["clear", "cart"], ["length", "cart"]])).await;
    assert_eq!(results, json!([1, null, 0]));
    assert_eq!(browser.does(json!([["entries", "cart"], ["packages"]])).await, json!([{}, []]));
}

async fn counters_are_added_to(site: &Site) {
    let mut browser = site.browser();
    let steps = json!([
        ["begin"],
        ["add", "counters", "visits", 2],
        ["add", "counters", "visits", 40],
        ["add", "counters", "balance", -7],
        ["peek", "counters", "visits"]
    ]);
    assert_eq!(browser.does(steps).await[4], 42);
    assert_eq!(browser.does(json!([["entries", "counters"]])).await, json!([{"balance": -7, "visits": 42}]));
}

async fn a_record_over_the_size_limit_is_an_error_and_nothing_is_stored(site: &Site) {
    let mut browser = site.browser();
    browser.log_in("ann").await;
    let error = browser.fails(json!([["set", "login", "name", "x".repeat(1_000_001)]])).await;
    assert_eq!((&error["name"], &error["limit"]), (&json!("too-large"), &json!(1_000_000)));
    assert!(error["size"].as_u64().unwrap() > 1_000_000, "{error}");
    assert_eq!(browser.user().await, "ann");
}

/// The kinds of values that `set-bad` knows in a language.
fn bad_values(language: Language) -> &'static [&'static str] {
    match language {
        Language::Rust => &["pairs"],
        Language::JavaScript => &[
            "undefined",
            "function",
            "symbol",
            "bigint",
            "nan",
            "infinity",
            "cycle",
            "promise",
            "map",
            "date",
            "sparse",
        ],
        Language::Python => {
            &["bytes", "set", "datetime", "nan", "infinity", "cycle", "object", "int-key", "surrogate"]
        }
    }
}

async fn a_value_that_json_cannot_say_is_an_error_and_nothing_is_stored(language: Language) {
    let site = Site::on_memory(language).await;
    let mut browser = site.browser();
    browser.log_in("ann").await;
    for kind in bad_values(language) {
        let results = browser.does(json!([["try", ["set-bad", "login", "name", kind]]])).await;
        let error = &results[0]["error"];
        assert_eq!(error["name"], "not-serializable", "{kind}: {results}");
        assert_eq!((&error["package"], &error["key"]), (&json!("login"), &json!("name")));
        assert!(!error["reason"].as_str().unwrap().is_empty());
        assert_eq!(browser.user().await, "ann", "{kind}");
        let error =
            browser.fails(json!([["set", "login", "name", "eve"], ["set-bad", "login", "name", kind]])).await;
        assert_eq!(error["name"], "not-serializable");
        assert_eq!(browser.user().await, "ann", "{kind}");
    }
}

async fn a_value_of_another_type_is_an_error_and_stays(language: Language) {
    let site = Site::on_memory(language).await;
    let mut browser = site.browser();
    for value in [json!("secret"), json!(true), json!([1]), json!({"a": 1})] {
        let set = json!([["begin"], ["set", "values", "value", value], ["set", "values", "number", 1.5]]);
        browser.does(set).await;
        let steps = json!([["get-number", "values", "number"], ["try", ["get-number", "values", "value"]]]);
        let results = browser.does(steps).await;
        assert_eq!(results[0], 1.5);
        let error = &results[1]["error"];
        assert_eq!(error["name"], "wrong-type", "{value}: {results}");
        assert_eq!((&error["package"], &error["key"]), (&json!("values"), &json!("value")));
        assert!(!error["reason"].as_str().unwrap().is_empty());
        assert!(!error["text"].as_str().unwrap().contains("secret"), "{error}");
        assert_eq!(browser.does(json!([["get", "values", "value"]])).await, json!([value]));
    }
}

async fn adding_to_what_is_no_counter_is_an_error_and_changes_nothing(language: Language) {
    let site = Site::on_memory(language).await;
    const MOST: i64 = 9_007_199_254_740_991;
    let values = json!({"name": "apple", "most": MOST, "least": -MOST});
    for (key, held, added) in [
        ("name", Value::Null, 1),
        ("name", Value::Null, -1),
        ("most", json!(MOST), 1),
        ("least", json!(-MOST), -1),
    ] {
        let steps = json!([
            ["begin"],
            ["update", "values", values],
            ["try", ["add", "values", key, added]],
            ["entries", "values"]
        ]);
        let results = site.browser().does(steps).await;
        let error = &results[2]["error"];
        assert_eq!(error["name"], "not-a-counter", "{results}");
        assert_eq!((&error["package"], &error["key"]), (&json!("values"), &json!(key)));
        assert_eq!((&error["held"], &error["added"]), (&held, &json!(added)));
        assert_eq!(results[3], values);
    }
}

async fn an_invalid_name_is_an_error_with_the_limit(language: Language) {
    let site = Site::on_memory(language).await;
    let long = "ü".repeat(513);
    for (step, kind, length) in [
        (json!(["set", "", "key", 1]), "package", 0),
        (json!(["get", "cart", ""]), "key", 0),
        (json!(["set", "cart", long, 1]), "key", 1026),
        (json!(["remove-package", long]), "package", 1026),
    ] {
        let results = site.browser().does(json!([["begin"], ["try", step]])).await;
        let error = &results[1]["error"];
        assert_eq!(error["name"], "invalid-name", "{results}");
        assert_eq!(
            (&error["kind"], &error["length"], &error["limit"]),
            (&json!(kind), &json!(length), &json!(1024))
        );
    }
}
