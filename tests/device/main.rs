//! The device that all experiments use: what its header promises.

mod acquisition; // blocks, channels, pace, overruns
mod bad_input; // a status and a sentence for each
mod contract; // C and Rust say the same; the signal
mod fuzz; // thousands of broken recordings
mod life; // start, wait, stop, close, in every order
#[cfg(unix)]
mod pipes; // named pipes: waiting for input, and being stopped then
#[cfg(unix)]
mod processes; // standard input, descriptors, and what else needs a process of its own
mod recordings; // what is in the file arrives
mod stage; // the callback that all of these use
mod wav; // WAV files, made by hand
