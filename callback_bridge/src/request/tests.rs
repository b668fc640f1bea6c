//! What only shows from inside: generations that run out, and the free list's order.

use super::lay::Lay;
use super::pool::pools;
use super::slot::INDEX_MASK;
use super::*;

#[test]
fn a_slot_that_ran_out_of_generations_is_never_used_again() {
    let (completion, response) = completion::<[u8; 300]>();
    let slot = pools().slot(completion.handle().as_usize() & INDEX_MASK).expect("it exists");
    slot.age();
    let retired = stats().retired;
    drop(response);
    drop(completion);
    if cfg!(target_pointer_width = "64") {
        assert_eq!(stats().retired, retired + 1);
    }
    for _ in 0..2 {
        let other = pools().take(Lay::<[u8; 300]>::CLASS).expect("there are others");
        assert_ne!(other.index, slot.index);
    }
}
