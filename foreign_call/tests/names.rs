//! Types may be called what they like: what the macros write looks nothing up by the user's names.

#![allow(missing_docs, missing_debug_implementations, reason = "the names are the point")]

use foreign_call::{CallError, R2G, g2r, r2g};

#[derive(R2G, Debug, PartialEq)]
pub struct Fn {
    pub send: Send,
    pub clone: Clone,
}

#[derive(R2G, Debug, PartialEq)]
pub enum Send {
    Sync(u8),
    Some { none: u8 },
}

#[derive(R2G, Debug, PartialEq)]
pub struct Clone(pub Sized, pub From);

#[derive(R2G, Debug, PartialEq)]
pub struct Sized(pub String);

#[derive(R2G, Debug, PartialEq)]
pub enum From {
    Into,
}

/// Nobody has these functions, so nothing may call them.
#[r2g]
pub trait Called {
    fn now(it: &Fn) -> Result<Fn, CallError>;
    #[send]
    #[drop_safe_ret]
    async fn later(it: Fn) -> Result<Fn, CallError>;
}

#[g2r]
pub trait Offered {
    fn now(&self, it: Fn) -> Fn;
    async fn later(&self, it: &Fn) -> u8;
}

struct Instance;

impl Offered for Instance {
    fn now(&self, it: Fn) -> Fn {
        it
    }

    async fn later(&self, it: &Fn) -> u8 {
        match it.send {
            Send::Sync(number) | Send::Some { none: number } => number,
        }
    }
}

#[test]
fn names_of_the_prelude_are_the_user_s_to_give() {
    let offer = OfferedOffer::new(Instance, drop).expect("nobody else offers");
    let again = OfferedOffer::new(Instance, drop);
    assert!(again.is_err(), "it is offered");
    drop(offer);
    let it = Fn { send: Send::Some { none: 7 }, clone: Clone(Sized(String::new()), From::Into) };
    assert_eq!(Instance.now(it).send, Send::Some { none: 7 });
}
