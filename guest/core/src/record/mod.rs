//! The record: what is stored for a session, as the bytes of one entry.
//!
//! The first line is JSON: the header, and the list of packages. Each package follows as a JSON document with
//! a newline at its end. A record is readable over telnet, and only packages that are used get parsed:
//!
//! ```text
//! {"format":2,"life":"5c…","marks":"9f…","created":1700000000,"saved":1700000042,"timeout":3600,"packages":[["cart",11]]}
//! {"apple":2}
//! ```
//!
//! | field | meaning |
//! |---|---|
//! | `life` | the life of the session; a commit writes only to the life that it loaded |
//! | `marks` | the last commits, newest first, to recognise a commit whose reply was lost |
//! | `created`, `saved` | when the session was first stored, and when this record was written; seconds since the Unix epoch |
//! | `timeout` | the seconds without activity after which the session ends; 0 means never |
//! | `kept` | the store refused to expire the record, so only `saved` and `timeout` say when the session ends |
//! | `decisions` | commits over several records that were decided here: the mark, and the keys of the other records |
//! | `ended_until`, `moved_to` | the session ended; where it is now if its id was renewed |
//! | `pending` | a change that takes effect once the record under the key `primary` has its mark |
//! | `packages` | names and lengths in bytes of the packages, sorted by name |

mod error;
mod header;
mod location;
mod marks;
mod package;
mod parsed;
mod read;
mod settle;
mod write;

pub use self::error::RecordError;
pub(crate) use self::header::{Decision, Effect};
pub use self::header::{Header, Move, Pending};
pub(crate) use self::marks::{Life, Mark, Marks};
pub use self::package::PackageText;
pub use self::parsed::Record;
pub(crate) use self::write::{Replacement, encode, encode_pending};

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::*;

    fn sample() -> Vec<u8> {
        let header = Header { created: 1, saved: 2, timeout: 3600, ..Header::default() };
        let packages =
            [("broken", "{nope"), ("cart", r#"{"apple":2,"pear":[1, 2]}"#), ("line\n", r#"{"a":"b\n"}"#)];
        encode(&header, None, &packages.map(|(name, document)| (name, Some(document.into()))))
    }

    #[test]
    fn a_record_reads_back_as_it_was_written() {
        let record = Record::decode(sample()).unwrap();
        assert_eq!((record.header().created, record.header().saved, record.header().timeout), (1, 2, 3600));
        let cart = record.package("cart").unwrap().unwrap();
        assert_eq!(cart.entries().collect::<Vec<_>>(), [("apple", "2"), ("pear", "[1, 2]")]);
        assert_eq!(record.package("line\n").unwrap().unwrap().get("a"), Some(r#""b\n""#));
        assert!(record.package("absent").unwrap().is_none());
    }

    #[test]
    fn a_person_can_read_it() {
        let text = String::from_utf8(sample()).unwrap();
        assert_eq!(
            text,
            "{\"format\":2,\"life\":\"0000000000000000\",\"marks\":\"\",\"created\":1,\"saved\":2,\"timeout\":3600,\
             \"packages\":[[\"broken\",5],[\"cart\",25],[\"line\\n\",11]]}\n\
             {nope\n{\"apple\":2,\"pear\":[1, 2]}\n{\"a\":\"b\\n\"}\n"
        );
    }

    #[test]
    fn a_damaged_package_is_an_error_only_when_it_is_read() {
        let record = Record::decode(sample()).unwrap();
        assert!(record.package("cart").is_ok());
        assert!(matches!(record.package("broken"), Err(RecordError::Damaged(_))));
        assert_eq!(record.document("broken"), Some(&b"{nope"[..]));
    }

    #[test]
    fn every_truncation_is_noticed() {
        let whole = sample();
        for length in 0..whole.len() {
            let error = Record::decode(whole[..length].to_vec()).unwrap_err();
            assert!(matches!(error, RecordError::Damaged(_)), "{length}");
        }
    }

    #[test]
    fn foreign_bytes_and_bytes_too_many_are_noticed() {
        let mut longer = sample();
        longer.push(b'x');
        for bytes in [b"hello".to_vec(), b"{}\n".to_vec(), vec![0xff; 300], b"\n".to_vec(), longer] {
            assert!(matches!(Record::decode(bytes), Err(RecordError::Damaged(_))));
        }
    }

    #[test]
    fn lengths_that_overflow_are_noticed() {
        let bytes = br#"{"format":2,"life":"0000000000000000","marks":"","created":1,"saved":1,"timeout":1,"packages":[["a",18446744073709551615]]}
"#;
        assert!(matches!(Record::decode(bytes.to_vec()), Err(RecordError::Damaged(_))));
    }

    #[test]
    fn packages_out_of_order_or_twice_are_noticed() {
        for names in [["b", "a"], ["a", "a"]] {
            let packages = names.map(|name| (name, Some(b"{}".to_vec())));
            let bytes = encode(&Header::default(), None, &packages);
            assert!(matches!(Record::decode(bytes), Err(RecordError::Damaged(_))), "{names:?}");
        }
    }

    #[test]
    fn packages_are_replaced_added_and_removed_and_the_others_copied_as_they_stand() {
        let earlier = String::from_utf8(sample()).unwrap().replace("[\"cart\",25]", " [ \"cart\" , 25 ]");
        let earlier = Record::decode(earlier.into()).unwrap();
        let text = |replacements: &[(&str, Option<Vec<u8>>)]| {
            let bytes = encode(&Header::default(), Some(&earlier), replacements);
            let record = Record::decode(bytes).unwrap();
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            record.documents().map(|(name, document)| (name.to_owned(), text(document))).collect::<Vec<_>>()
        };
        let (broken, cart, line) = ("{nope", r#"{"apple":2,"pear":[1, 2]}"#, r#"{"a":"b\n"}"#);
        let owned = |entries: &[(&str, &str)]| -> Vec<(String, String)> {
            entries.iter().map(|(name, document)| ((*name).to_owned(), (*document).to_owned())).collect()
        };
        let fresh = || Some(b"{}".to_vec());
        assert_eq!(text(&[]), owned(&[("broken", broken), ("cart", cart), ("line\n", line)]));
        assert_eq!(
            text(&[("a", fresh()), ("cart", None), ("d\"", fresh()), ("none", None), ("z", fresh())]),
            owned(&[("a", "{}"), ("broken", broken), ("d\"", "{}"), ("line\n", line), ("z", "{}")])
        );
        assert_eq!(
            text(&[("broken", None), ("line\n", fresh())]),
            owned(&[("cart", cart), ("line\n", "{}")])
        );
        assert_eq!(text(&[("broken", None), ("cart", None), ("line\n", None)]), owned(&[]));
    }

    #[test]
    fn what_a_later_version_adds_to_the_first_line_is_no_damage() {
        let text = String::from_utf8(sample()).unwrap().replacen('{', r#"{"new":[{}],"#, 1);
        assert_eq!(Record::decode(text.into()).unwrap().header().timeout, 3600);
    }

    #[test]
    fn all_that_is_said_about_a_session_reads_back() {
        let move_to = |until| Some(Move { key: "ls1:\"b\"".into(), until });
        let header = Header {
            life: Life::parse("00112233445566ff").unwrap(),
            marks: Marks::from("1 2".to_owned()),
            saved: u64::MAX,
            timeout: u32::MAX,
            is_kept: true,
            decisions: vec![
                Decision {
                    mark: Mark::parse("00000000000000aa").unwrap(),
                    keys: vec!["a".into(), "b".into()],
                },
                Decision { mark: Mark::default(), keys: Vec::new() },
            ],
            ended_until: Some(3),
            moved_to: move_to(4),
            ..Header::default()
        };
        let line = |bytes: Vec<u8>| format!("{:?}", Record::decode(bytes).unwrap().header());
        assert_eq!(line(encode(&header, None, &[])), format!("{header:?}"));
        for effect in [Effect::Begin, Effect::Hold, Effect::End { ended_until: 5, moved_to: move_to(0) }] {
            let pending = pending(effect);
            let header = Header { pending: Some(Box::new(pending.clone())), ..header.clone() };
            assert_eq!(line(encode_pending(&header, &pending, None, &[])), format!("{header:?}"));
        }
    }

    fn pending(effect: Effect) -> Pending {
        Pending {
            mark: Mark::parse("00000000000000bb").unwrap(),
            primary: "ls1:p".into(),
            expects: "07".into(),
            since: 9,
            is_validated: true,
            effect,
        }
    }

    fn prepared(effect: Effect, replacements: &[Replacement<'_>]) -> Record {
        let record = Record::decode(sample()).unwrap();
        let bytes = encode_pending(record.header(), &pending(effect), Some(&record), replacements);
        Record::decode(bytes).unwrap()
    }

    fn packages(record: &Record) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        record.documents().map(|(name, document)| (name.to_owned(), text(document))).collect()
    }

    #[test]
    fn a_pending_change_replaces_and_removes_packages_once_it_is_settled_and_not_before() {
        let change = Effect::Change { replaced: Vec::new(), removed: Vec::new() };
        let replacements =
            [("broken", None), ("cart", Some(b"{}".to_vec())), ("new", Some(b"{\"a\":1}".to_vec()))];
        let before = packages(&Record::decode(sample()).unwrap());
        let prepared = || prepared(change.clone(), &replacements);
        assert_eq!(packages(&prepared()), before);
        assert_eq!(packages(&prepared().unsettled()), before);
        assert!(prepared().unsettled().pending().is_none());
        let (new, void) =
            (Mark::parse("00000000000000cc").unwrap(), Mark::parse("00000000000000bb").unwrap());
        let with_new_mark = Record::decode(prepared().with_new_mark(&new, &void)).unwrap();
        assert_eq!(packages(&with_new_mark), before);
        assert!(with_new_mark.pending().is_none() && with_new_mark.header().has_mark(&new));
        let other = Record::decode(prepared().with_new_mark(&new, &new)).unwrap();
        assert_eq!(packages(&other.settled().unwrap()), packages(&prepared().settled().unwrap()));
        let settled = prepared().settled().unwrap();
        let names: Vec<_> = packages(&settled).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["cart", "line\n", "new"]);
        assert_eq!(settled.document("cart"), Some(&b"{}"[..]));
        assert!(settled.header().has_mark(&Mark::parse("00000000000000bb").unwrap()));
        assert_eq!((settled.header().saved, settled.header().created), (9, 1));
    }

    #[test]
    fn a_session_that_begins_does_not_count_before_it_is_settled() {
        let before = prepared(Effect::Begin, &[]).unsettled();
        assert!(before.header().has_ended() && packages(&before).is_empty());
        let void = Mark::parse("00000000000000bb").unwrap();
        let with_new_mark = prepared(Effect::Begin, &[]).with_new_mark(&void, &void);
        assert_eq!(Record::decode(with_new_mark).unwrap().header().ended_until, Some(0));
        let settled = prepared(Effect::Begin, &[]).settled().unwrap();
        assert_eq!(packages(&settled), packages(&Record::decode(sample()).unwrap()));
    }

    #[test]
    fn a_session_that_ends_lives_until_it_is_settled() {
        let end = || prepared(Effect::End { ended_until: 77, moved_to: None }, &[]);
        assert!(!end().unsettled().header().has_ended());
        let settled = end().settled().unwrap();
        assert!(packages(&settled).is_empty() && settled.header().ended_until == Some(77));
    }

    #[test]
    fn a_pending_part_that_says_too_little_or_too_much_is_noticed() {
        let record = Record::decode(sample()).unwrap();
        let bytes = encode_pending(record.header(), &pending(Effect::Hold), Some(&record), &[]);
        let text = String::from_utf8(bytes).unwrap();
        for (from, to) in [
            ("\"hold\"", "\"hope\""),
            ("\"hold\"", "\"end\""),
            ("\"hold\"", "\"change\""),
            ("\"hold\"", "\"hold\",\"packages\":[]"),
            ("\"primary\":\"ls1:p\",", ""),
            ("00000000000000bb", "bb"),
            ("\"validated\":true", "\"validated\":false"),
        ] {
            let damaged = text.replacen(from, to, 1);
            assert_ne!(damaged, text);
            assert!(matches!(Record::decode(damaged.into()), Err(RecordError::Damaged(_))), "{from} {to}");
        }
    }

    #[test]
    fn a_first_line_that_says_too_little_or_too_much_is_noticed() {
        let text = String::from_utf8(sample()).unwrap();
        for (from, to) in [
            ("\"saved\":2,", ""),
            ("\"saved\":2,", "\"saved\":2,\"saved\":2,"),
            ("\"saved\":2,", "\"saved\":-2,"),
            ("\"saved\":2,", "\"saved\":02,"),
            ("\"timeout\":3600", "\"timeout\":4294967296"),
            ("]]}", "]]} x"),
        ] {
            let damaged = text.replacen(from, to, 1);
            assert_ne!(damaged, text);
            assert!(matches!(Record::decode(damaged.into()), Err(RecordError::Damaged(_))), "{from} {to}");
        }
    }

    #[test]
    fn a_format_of_the_future_is_told_from_damage() {
        for line in ["{\"format\":7}", "{\"marks\":7,\"format\":7}", "{\"format\":7,what comes then"] {
            let error = Record::decode(format!("{line}\n").into()).unwrap_err();
            assert_eq!(error, RecordError::UnknownFormat(7), "{line}");
        }
    }

    #[test]
    fn error_texts_tell_damage_from_an_unknown_format() {
        assert_eq!(RecordError::damaged("no first line").to_string(), "the record is damaged: no first line");
        assert_eq!(RecordError::UnknownFormat(2).to_string(), "the record has the unknown format 2");
    }

    #[test]
    fn a_record_that_is_written_again_keeps_its_packages_as_they_are() {
        let record = Record::decode(sample()).unwrap();
        assert_eq!(record.rewrite(record.header()), sample());
        let later = record.rewrite(&Header { saved: 9, ..record.header().clone() });
        assert_eq!(Record::decode(later).unwrap().header().saved, 9);
    }

    #[test]
    fn a_whole_record_of_another_format_is_told_from_damage() {
        let text = String::from_utf8(sample()).unwrap().replace("\"format\":2", "\"format\":3");
        assert_eq!(Record::decode(text.into_bytes()).unwrap_err(), RecordError::UnknownFormat(3));
    }

    #[test]
    fn a_package_tells_how_many_keys_it_holds() {
        let packages = [("empty", Some(b"{}".to_vec())), ("full", Some(b"{\"a\":1,\"b\":2}".to_vec()))];
        let record = Record::decode(encode(&Header::default(), None, &packages)).unwrap();
        let size = |name| record.package(name).unwrap().map(|package| (package.len(), package.is_empty()));
        assert_eq!((size("empty"), size("full")), (Some((0, true)), Some((2, false))));
    }

    #[test]
    fn writing_a_record_takes_little_more_memory_than_the_record() {
        let document = Some(vec![b'x'; 10_000]);
        let bytes = encode(&Header::default(), None, &[("a package of ten thousand", document)]);
        assert!(bytes.capacity() < bytes.len() + 1000, "{} for {}", bytes.capacity(), bytes.len());
        let record = Record::decode(bytes).unwrap();
        let again = record.rewrite(record.header());
        assert!(again.capacity() < again.len() + 1000, "{} for {}", again.capacity(), again.len());
    }
}
