//! What happened, for people and for programs.

use std::fmt;

use device::{Device, Pace};
use serde::Serialize;

use crate::{Counters, Ending, Options, Order, Promise, Strategy, Tally};

/// Samples that were acquired and did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// Overruns: the callback took too long.
    pub device: u64,
    /// The hand-off was full, or nobody was left to receive them.
    pub handoff: u64,
}

/// What happened. The same for every strategy of experiments 8 and 9, so that runs compare.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// How the blocks were handed over.
    pub strategy: String,
    /// Where the samples came from.
    pub source: String,
    /// `real-time` or `flat-out`.
    pub pace: &'static str,
    /// Frames a second.
    pub sample_rate: u32,
    /// Samples in a frame.
    pub channels: u32,
    /// Blocks that the consumers worked on.
    pub blocks: u64,
    /// Samples in them.
    pub samples: u64,
    /// Samples that the callback was given. All of them are in `samples` or in `lost.handoff`.
    pub delivered: u64,
    /// Samples that did not arrive.
    pub lost: Lost,
    /// Blocks that the hand-off had no room for.
    pub dropped_blocks: u64,
    /// The lowest sample.
    pub minimum: Option<i16>,
    /// The highest sample.
    pub maximum: Option<i16>,
    /// The root of the mean square.
    pub rms: Option<f64>,
    /// Of value and place of every sample, in hexadecimal: equal where the samples are.
    pub checksum: String,
    /// Samples that are not what the built-in signal has in their place. `None` for a recording,
    /// and where overruns have shifted the places.
    pub altered: Option<u64>,
    /// Blocks that came after one that they should have preceded.
    pub out_of_order: u64,
    /// The most blocks that were on their way at once, the one in the callback's hands included:
    /// what the hand-off costs in memory.
    pub most_waiting: usize,
    /// The most consumers that were at work at once.
    pub most_working: usize,
    /// Nanoseconds that the device stood still, at the longest.
    pub longest_callback_ns: u64,
    /// The system's number of the thread that ran the callback.
    pub callback_thread: u64,
    /// Those of the threads that the consumers ran on.
    pub consumer_threads: Vec<u64>,
    /// Whether Ctrl-C ended it.
    pub interrupted: bool,
    /// Whether reading the recording failed in the middle.
    pub failed: bool,
    /// What the device had to say about the recording.
    pub notice: Option<String>,
    /// What the strategy promises; the exit status is judged by it.
    #[serde(skip)]
    pub promise: Promise,
}

impl Report {
    /// Puts together what the parts know, once the device has ended and every consumer is through.
    pub fn new<S: Strategy>(
        options: &Options<S>,
        device: &Device,
        ending: Ending,
        counters: &Counters,
        tally: &Tally,
        orders: &[Order],
    ) -> Report {
        let stats = device.statistics();
        let (dropped_blocks, dropped_samples) = counters.losses();
        let is_signal = matches!(options.device.source, device::Source::Signal { .. });
        Report {
            strategy: options.strategy.name().into(),
            source: options.source_name(),
            pace: match options.device.pace {
                Pace::RealTime => "real-time",
                Pace::FlatOut => "flat-out",
            },
            sample_rate: device.sample_rate(),
            channels: device.channels(),
            blocks: tally.blocks,
            samples: tally.samples,
            delivered: stats.samples,
            lost: Lost { device: stats.overruns, handoff: dropped_samples },
            dropped_blocks,
            minimum: tally.range.map(|(lowest, _)| lowest),
            maximum: tally.range.map(|(_, highest)| highest),
            rms: tally.rms(),
            checksum: format!("{:016x}", tally.checksum),
            altered: (is_signal && stats.overruns == 0).then_some(tally.not_the_signal),
            out_of_order: orders.iter().map(Order::out_of_order).sum(),
            most_waiting: counters.most_waiting(),
            most_working: counters.most_working(),
            longest_callback_ns: stats.longest_callback_ns,
            callback_thread: stats.thread_id,
            consumer_threads: tally.threads.iter().copied().collect(),
            interrupted: ending == Ending::Interrupted,
            failed: ending == Ending::Failed,
            notice: device.notice(),
            promise: options.strategy.promise(),
        }
    }

    /// One JSON object on one line. Field names are those of this struct.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("numbers and strings have a JSON form")
    }

    /// What went wrong, in a sentence, where the exit status must say so.
    pub fn broken_promise(&self) -> Option<String> {
        let Lost { device, handoff } = self.lost;
        if self.failed {
            return Some(String::from("the recording could not be read to its end"));
        }
        if self.delivered != self.samples + handoff {
            return Some(format!(
                "{} samples were delivered, but {} arrived and {handoff} were counted as lost",
                self.delivered, self.samples
            ));
        }
        if self.promise.lossless && device > 0 {
            return Some(format!(
                "the device overran: it lost {device} samples while a callback took too long"
            ));
        }
        if self.promise.lossless && handoff > 0 {
            return Some(format!("{handoff} samples found nobody to receive them"));
        }
        if let Some(altered @ 1..) = self.altered {
            return Some(format!("{altered} samples are not what the device delivered"));
        }
        if self.promise.ordered && self.out_of_order > 0 {
            let blocks = self.out_of_order;
            return Some(format!("{} promises order, but {blocks} blocks overtook", self.strategy));
        }
        None
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural =
            |count: u64, what| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let or_none = |value: Option<String>| value.unwrap_or_else(|| String::from("none"));
        let ended = if self.interrupted { ", until Ctrl-C" } else { "" };
        let format = plural(self.channels.into(), "channel");
        let checked = match self.altered {
            Some(0) => ", each one checked",
            Some(_) => ", NOT all as delivered",
            None => "",
        };
        let order = match self.out_of_order {
            0 => String::from("kept"),
            blocks => format!("not kept: {} came too late", plural(blocks, "block")),
        };
        let rms = self.rms.map(|rms| format!("{rms:.1}"));
        let threads: Vec<_> = self.consumer_threads.iter().map(u64::to_string).collect();
        writeln!(f, "source            {}{ended}", self.source)?;
        writeln!(f, "rate              {} Hz, {format}, {}", self.sample_rate, self.pace)?;
        writeln!(f, "strategy          {}", self.strategy)?;
        writeln!(f, "blocks            {}", self.blocks)?;
        writeln!(f, "samples           {}{checked}", self.samples)?;
        writeln!(
            f,
            "lost              {} in the device, {} in the hand-off",
            self.lost.device, self.lost.handoff
        )?;
        writeln!(f, "order             {order}")?;
        writeln!(f, "minimum           {}", or_none(self.minimum.map(|low| low.to_string())))?;
        writeln!(f, "maximum           {}", or_none(self.maximum.map(|high| high.to_string())))?;
        writeln!(f, "RMS               {}", or_none(rms))?;
        writeln!(f, "checksum          {}", self.checksum)?;
        writeln!(f, "most waiting      {}", plural(self.most_waiting as u64, "block"))?;
        writeln!(f, "longest callback  {:.1} us", self.longest_callback_ns as f64 / 1000.0)?;
        let threads = if threads.is_empty() { String::from("none") } else { threads.join(", ") };
        writeln!(f, "callback thread   {}", self.callback_thread)?;
        write!(f, "consumer threads  {}; {} at work at once", threads, self.most_working)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(promise: Promise) -> Report {
        Report {
            strategy: String::from("hope"),
            source: String::from("built-in signal"),
            pace: "real-time",
            sample_rate: 48_000,
            channels: 1,
            blocks: 1,
            samples: 10,
            delivered: 10,
            lost: Lost { device: 0, handoff: 0 },
            dropped_blocks: 0,
            minimum: Some(-1),
            maximum: Some(1),
            rms: Some(1.0),
            checksum: String::new(),
            altered: Some(0),
            out_of_order: 0,
            most_waiting: 1,
            most_working: 1,
            longest_callback_ns: 1,
            callback_thread: 1,
            consumer_threads: vec![2],
            interrupted: false,
            failed: false,
            notice: None,
            promise,
        }
    }

    #[test]
    fn what_was_promised_and_not_kept_is_said() {
        let strict = || report(Promise { lossless: true, ordered: true });
        let loose = || report(Promise { lossless: false, ordered: false });
        let words = |report: Report| report.broken_promise();
        assert_eq!(words(strict()), None);
        let overran = Lost { device: 3, handoff: 0 };
        let sentence = "the device overran: it lost 3 samples while a callback took too long";
        assert_eq!(words(Report { lost: overran, ..strict() }).as_deref(), Some(sentence));
        assert_eq!(words(Report { lost: overran, ..loose() }), None);
        let lost = Lost { device: 0, handoff: 4 };
        let sentence = "4 samples found nobody to receive them";
        let refused = |report| Report { lost, delivered: 14, ..report };
        assert_eq!(words(refused(strict())).as_deref(), Some(sentence));
        assert_eq!(words(refused(loose())), None);
        let sentence = "11 samples were delivered, but 10 arrived and 0 were counted as lost";
        assert_eq!(words(Report { delivered: 11, ..loose() }).as_deref(), Some(sentence));
        let sentence = "hope promises order, but 2 blocks overtook";
        assert_eq!(words(Report { out_of_order: 2, ..strict() }).as_deref(), Some(sentence));
        assert_eq!(words(Report { out_of_order: 2, ..loose() }), None);
        // Nobody may alter samples, and nobody may stop in the middle.
        let sentence = "5 samples are not what the device delivered";
        assert_eq!(words(Report { altered: Some(5), ..loose() }).as_deref(), Some(sentence));
        let sentence = "the recording could not be read to its end";
        assert_eq!(words(Report { failed: true, ..loose() }).as_deref(), Some(sentence));
    }
}
