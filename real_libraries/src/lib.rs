//! Bindings to libraries that everybody knows, with nothing but what `callback_bridge` offers.
//!
//! | module | user data | called by | blocks go to |
//! |---|---|---|---|
//! | [`sqlite`] | first (update hook) and in the middle (trace) | the thread that runs a statement | an async consumer |
//! | `mosquitto` (feature of that name) | in the middle, one for all callbacks | the library's own thread | a tokio `Stream` |

#[cfg(feature = "mosquitto")]
pub mod mosquitto;
pub mod sqlite;
