//! A thousand steps.

use super::{World, of};
use std::fmt::Write as _;

/// Ten sources, then layers of ten, each step adding two of the layer before.
fn pipeline(steps: usize) -> String {
    let mut text = "pipeline: many\nversion: 1.0.0\nsteps:\n".to_owned();
    for at in 0..steps {
        let (layer, lane) = (at / 10, at % 10);
        let _ = match layer {
            0 => writeln!(text, "  s{at}: {{ uses: constant@1, settings: {{ value: {lane} }} }}"),
            _ => {
                let (a, b) = (at - 10, (layer - 1) * 10 + (lane + 1) % 10);
                let value = -i64::try_from(layer).unwrap();
                writeln!(
                    text,
                    "  s{at}: {{ uses: add@1, inputs: {{ a: s{a}.rows, b: s{b}.rows, c: s{lane}.rows }}, settings: {{ value: {value}, column: value }} }}"
                )
            }
        };
    }
    text
}

#[test]
fn a_thousand_steps() {
    let world = World::new();
    // Values double from layer to layer: sixty layers do not overflow.
    let text = pipeline(600);
    let first = world.run(&text);
    assert_eq!(first.steps.len(), 600);
    assert!(first.live);
    let second = world.run(&text);
    assert!(second.steps.iter().all(|step| step.cached));
    assert_eq!(of(&first, "s599").content, of(&second, "s599").content);
    let names: Vec<_> = world.store.recorded_steps(&second.run.id).unwrap();
    assert_eq!(names.len(), 600);
    assert_eq!(
        world.store.index().unwrap().records(first.steps[0].record.as_ref().unwrap().as_str()).unwrap().len(),
        1
    );
}

#[test]
fn a_lost_file_of_a_cached_record_is_read_from_the_journal() {
    let world = World::new();
    world.run(&pipeline(20));
    let run = world.run(&pipeline(20)).run.id;
    let step = super::name("s11");
    let record = world.store.record(&run, &step).unwrap();
    let path = world.store.record_path(&run, &step);
    for lost in [Some(""), Some("{\"id\""), None] {
        match lost {
            Some(text) => std::fs::write(&path, text).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        assert_eq!(world.store.record(&run, &step).unwrap(), record);
    }
}
