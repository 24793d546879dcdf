//! Checks that programs of operations have the same result on the core and on a reference model.

#![no_main]

#[path = "../../tests/behaviour/model.rs"]
mod model;
#[allow(dead_code, unused_imports, reason = "the tests of the core use more of it")]
#[path = "../../tests/behaviour/world/mod.rs"]
mod world;

use arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;

use crate::model::{IDS, KEYS, PACKAGES, Step};

/// The maximum number of steps of a program; everything is compared after each.
const MAX_STEPS: usize = 100;

#[derive(Debug)]
struct Program(Vec<Step>);

impl<'a> Arbitrary<'a> for Program {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let mut steps = Vec::new();
        while !bytes.is_empty() && steps.len() < MAX_STEPS {
            steps.push(step(bytes)?);
        }
        Ok(Self(steps))
    }
}

fn step(bytes: &mut Unstructured<'_>) -> arbitrary::Result<Step> {
    Ok(match bytes.int_in_range(0..=11u8)? {
        0 => Step::Set(id(bytes)?, package(bytes)?, key(bytes)?, value(bytes)?),
        1 => Step::Update(id(bytes)?, package(bytes)?, entries(bytes)?),
        2 => Step::Remove(id(bytes)?, package(bytes)?, key(bytes)?),
        3 => Step::Clear(id(bytes)?, package(bytes)?),
        4 => Step::RemovePackage(id(bytes)?, package(bytes)?),
        5 => Step::Destroy(id(bytes)?),
        6 => Step::Savepoint,
        7 => Step::Rollback(choice(bytes)?),
        8 => Step::Release(choice(bytes)?),
        9 => Step::Commit,
        10 => Step::Add(id(bytes)?, package(bytes)?, key(bytes)?, number(bytes)?),
        _ => Step::Abort,
    })
}

fn id(bytes: &mut Unstructured<'_>) -> arbitrary::Result<usize> {
    bytes.choose_index(IDS.len())
}

fn package(bytes: &mut Unstructured<'_>) -> arbitrary::Result<usize> {
    bytes.choose_index(PACKAGES.len())
}

fn key(bytes: &mut Unstructured<'_>) -> arbitrary::Result<usize> {
    bytes.choose_index(KEYS.len())
}

fn value(bytes: &mut Unstructured<'_>) -> arbitrary::Result<u8> {
    bytes.int_in_range(0..=3)
}

fn number(bytes: &mut Unstructured<'_>) -> arbitrary::Result<i8> {
    bytes.int_in_range(-2..=2)
}

fn entries(bytes: &mut Unstructured<'_>) -> arbitrary::Result<Vec<(usize, u8)>> {
    (0..bytes.int_in_range(0..=3u8)?).map(|_| Ok((key(bytes)?, value(bytes)?))).collect()
}

fn choice(bytes: &mut Unstructured<'_>) -> arbitrary::Result<usize> {
    bytes.choose_index(8)
}

fuzz_target!(|program: Program| model::run(&program.0));
