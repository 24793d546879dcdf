//! Random programs on the core and on the reference model.

use proptest::prelude::*;

use crate::model::{IDS, KEYS, PACKAGES, Step, run};
use crate::random::config;

fn step() -> impl Strategy<Value = Step> {
    let (id, package, key) = (0..IDS.len(), 0..PACKAGES.len(), 0..KEYS.len());
    prop_oneof![
        8 => (id.clone(), package.clone(), key.clone(), 0..4u8).prop_map(|(i, p, k, v)| Step::Set(i, p, k, v)),
        5 => (id.clone(), package.clone(), key.clone(), -2..3i8).prop_map(|(i, p, k, n)| Step::Add(i, p, k, n)),
        2 => (id.clone(), package.clone(), prop::collection::vec((key.clone(), 0..4u8), 0..4))
            .prop_map(|(i, p, entries)| Step::Update(i, p, entries)),
        4 => (id.clone(), package.clone(), key).prop_map(|(i, p, k)| Step::Remove(i, p, k)),
        2 => (id.clone(), package.clone()).prop_map(|(i, p)| Step::Clear(i, p)),
        2 => (id.clone(), package).prop_map(|(i, p)| Step::RemovePackage(i, p)),
        1 => id.prop_map(Step::Destroy),
        5 => Just(Step::Savepoint),
        4 => (0..8usize).prop_map(Step::Rollback),
        2 => (0..8usize).prop_map(Step::Release),
        2 => Just(Step::Commit),
        1 => Just(Step::Abort),
    ]
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn every_program_ends_as_in_the_reference_model(program in prop::collection::vec(step(), 1..60)) {
        run(&program);
    }
}
