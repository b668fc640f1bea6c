//! The experiment with `callback_bridge`: the object is borrowed for one call, and no pointer is cast.
#![expect(clippy::print_stdout, reason = "printing is what a main is for")]

use anyhow::{Context, anyhow};
use callback_bridge::closure::Thunk;
use pass_rust_object_2::{NoCallback, Report, Tally, ffi};

fn deliver(value: i32) -> Result<(), NoCallback> {
    // SAFETY: this program has one thread, and what is registered never unwinds.
    match unsafe { ffi::pass_rust_object_2_main_deliver(value) } {
        0 => Ok(()),
        _ => Err(NoCallback),
    }
}

/// Has the library call its callback with each value, and the callback edit the object.
fn edit_with(tally: &mut Tally, values: &[i32]) -> anyhow::Result<()> {
    let edit = Thunk::new(|value: i32| {
        tally.count += 1;
        tally.total += value;
    });
    let delivered = edit.scope(|edit| {
        // SAFETY: this program has one thread, and the function is unregistered before its end.
        unsafe { ffi::pass_rust_object_2_main_register(Some(edit)) };
        let delivered = values.iter().try_for_each(|&value| deliver(value));
        // SAFETY: as above.
        unsafe { ffi::pass_rust_object_2_main_register(None) };
        delivered
    });
    Ok(delivered.map_err(|full| anyhow!("{full}"))??)
}

fn main() -> anyhow::Result<()> {
    let before = Tally { count: 0, total: 5 };
    let delivered = vec![1, 2];
    let mut after = before;
    edit_with(&mut after, &delivered)?;
    let refusal = deliver(3).err().context("a value was delivered to nobody")?;
    println!("{}", Report { before, delivered, after, refusal });
    Ok(())
}
