//! What the user asked for.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use device::{Config, Device, Pace, Source};

/// How long the built-in signal lasts unless told otherwise.
const SECONDS_OF_SIGNAL: f64 = 2.0;

fn signal(sample_rate: u32, channels: u32) -> Source {
    Source::Signal { sample_rate, channels }
}

/// What a strategy promises its user. A loss that breaks no promise is counted all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    /// Every sample that was acquired arrives.
    pub lossless: bool,
    /// Each consumer's channel gives the blocks out in the order of the callbacks.
    pub ordered: bool,
}

/// A way to hand blocks over, as an experiment offers it on its command line.
pub trait Strategy: Copy + std::fmt::Debug + PartialEq + Send + Sync + 'static {
    /// All of them, the default first.
    const ALL: &'static [Self];
    /// As it is typed.
    fn name(self) -> &'static str;
    /// One line of help.
    fn help(self) -> &'static str;
    /// What the exit status is judged by.
    fn promise(self) -> Promise;
}

/// What the user asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Options<S> {
    /// How blocks are handed over.
    pub strategy: S,
    /// Where the samples come from, how fast, and in blocks of what length.
    pub device: Config,
    /// It ends after so many seconds of samples; `None`: when the source does.
    pub seconds: Option<f64>,
    /// Blocks that a bounded channel holds.
    pub capacity: usize,
    /// Consumers.
    pub workers: usize,
    /// What working on one block takes, besides looking at each sample.
    pub work: Duration,
    /// The report as JSON.
    pub json: bool,
}

impl<S: Strategy> Default for Options<S> {
    /// Two seconds of the built-in signal in real time, by the first strategy.
    fn default() -> Self {
        Options {
            strategy: S::ALL[0],
            device: Config::new(signal(Config::SAMPLE_RATE, 1)),
            seconds: Some(SECONDS_OF_SIGNAL),
            capacity: 64,
            workers: 2,
            work: Duration::ZERO,
            json: false,
        }
    }
}

impl<S: Strategy> Options<S> {
    /// From the command line. Ends the process after `--help` and, with status 2, after an error.
    pub fn parse(name: &'static str, about: &'static str) -> Self {
        let mut command = command::<S>(name, about);
        let matches = command.get_matches_mut();
        from_matches(&matches)
            .unwrap_or_else(|words| command.error(ErrorKind::ValueValidation, words).exit())
    }

    /// From arguments without the program's name.
    ///
    /// # Errors
    ///
    /// The words that [`Options::parse`] would print.
    pub fn from_arguments(arguments: &[&str]) -> Result<Self, String> {
        let command = command::<S>("bridge", "").no_binary_name(true);
        let matches = command.try_get_matches_from(arguments).map_err(|error| error.to_string())?;
        from_matches(&matches)
    }

    /// The device, opened and limited, not yet started.
    ///
    /// # Errors
    ///
    /// Those of [`Device::open`].
    pub fn open_device(&self) -> Result<Device, device::Error> {
        let device = Device::open(&self.device)?;
        if let Some(seconds) = self.seconds {
            let frames = (seconds * f64::from(device.sample_rate())).round() as u64;
            device.limit(frames.max(1))?; // some time was asked for
        }
        Ok(device)
    }

    /// Whether the recording comes from standard input.
    pub fn reads_standard_input(&self) -> bool {
        match &self.device.source {
            Source::Signal { .. } => false,
            Source::Wav(path) | Source::Raw { path, .. } => path.as_os_str() == "-",
        }
    }

    /// The source, for people.
    pub fn source_name(&self) -> String {
        match &self.device.source {
            Source::Signal { .. } => String::from("built-in signal"),
            Source::Wav(_) | Source::Raw { .. } if self.reads_standard_input() => {
                String::from("standard input")
            }
            Source::Wav(path) | Source::Raw { path, .. } => path.display().to_string(),
        }
    }
}

const INPUT: &str = "A recording: a WAV file, 16-bit PCM, or with --raw bare samples; \
    - is standard input [default: the built-in signal]";
const SECONDS: &str = "Ends after so many seconds of samples; 0: goes on until Ctrl-C \
    [default: 2, and all of a recording]";
const RAW: &str = "INPUT is 16-bit little-endian samples and nothing else \
    (so is a file named .raw, .pcm or .s16)";
const FIFO: &str = "Frames that the device keeps while a callback runs \
    [default: a quarter of a second, or four blocks]";
const JSON: &str = "Print the report as one JSON object, its fields named as in console::Report";
const RATE: &str = "Frames a second of the signal or of raw samples [default: 48000]";
const CHANNELS: &str = "Samples in a frame of the signal or of raw samples [default: 1]";
const CTRL_C: &str = "Ctrl-C stops the device, works on what was acquired and prints the report; \
    a second one ends at once, with status 130. Otherwise the status is 0 if all went as asked, \
    1 if something was lost that should not be, and 2 for bad arguments or a bad recording.";
const WAV_SAYS_ITSELF: &str = "a WAV file says its rate and channels itself; \
    --rate and --channels are for --raw and for the signal";

fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn command<S: Strategy>(name: &'static str, about: &'static str) -> Command {
    let strategies =
        S::ALL.iter().map(|strategy| PossibleValue::new(strategy.name()).help(strategy.help()));
    let strategy = PossibleValuesParser::new(strategies).map(|typed| {
        let named = S::ALL.iter().find(|strategy| strategy.name() == typed);
        *named.expect("the parser lets only names of strategies pass")
    });
    let paces = [
        PossibleValue::new("real-time").help("by the clock; a slow callback makes overruns"),
        PossibleValue::new("flat-out").help("as fast as the callback allows"),
    ];
    let number = || value_parser!(u32);
    let seconds = option("seconds", "S", SECONDS).value_parser(parse_seconds);
    Command::new(name)
        .about(about)
        .version(env!("CARGO_PKG_VERSION"))
        .after_help(CTRL_C)
        .arg(Arg::new("INPUT").help(INPUT).value_parser(value_parser!(PathBuf)))
        .arg(
            option("strategy", "S", "How blocks are handed over")
                .value_parser(strategy)
                .default_value(S::ALL[0].name()),
        )
        .arg(
            option("pace", "P", "How fast the device goes")
                .value_parser(paces)
                .default_value("real-time"),
        )
        .arg(option("block", "N", "Frames in a block").value_parser(number()).default_value("1024"))
        .arg(option("fifo", "N", FIFO).value_parser(number()))
        .arg(seconds.allow_negative_numbers(true)) // to be refused with a reason
        .arg(
            option("capacity", "N", "Blocks that a bounded channel holds")
                .value_parser(number().range(1..=65_536))
                .default_value("64"),
        )
        .arg(
            option("workers", "N", "Consumers")
                .value_parser(number().range(1..=64))
                .default_value("2"),
        )
        .arg(
            option("work", "US", "Microseconds that a consumer is busy with a block")
                .value_parser(number())
                .default_value("0"),
        )
        .arg(flag("raw", RAW).requires("INPUT"))
        .arg(option("rate", "HZ", RATE).value_parser(number()))
        .arg(option("channels", "N", CHANNELS).value_parser(number()))
        .arg(flag("json", JSON))
}

fn parse_seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() && seconds >= 0.0 => Ok(seconds),
        _ => Err(String::from("not a number of seconds")),
    }
}

fn from_matches<S: Strategy>(matches: &ArgMatches) -> Result<Options<S>, String> {
    let number = |name| matches.get_one::<u32>(name).copied();
    let given = |name| number(name).expect("it has a default");
    let seconds = matches.get_one::<f64>("seconds").copied();
    let (rate, channels) = (number("rate"), number("channels"));
    let sample_rate = rate.unwrap_or(Config::SAMPLE_RATE);
    let source = match matches.get_one::<PathBuf>("INPUT") {
        None => signal(sample_rate, channels.unwrap_or(1)),
        Some(path) if matches.get_flag("raw") || is_raw(path) => {
            Source::Raw { path: path.clone(), sample_rate, channels: channels.unwrap_or(1) }
        }
        Some(_) if rate.is_some() || channels.is_some() => {
            return Err(String::from(WAV_SAYS_ITSELF));
        }
        Some(path) => Source::Wav(path.clone()),
    };
    let usual = matches!(source, Source::Signal { .. }).then_some(SECONDS_OF_SIGNAL);
    let pace = match matches.get_one::<String>("pace").map(String::as_str) {
        Some("flat-out") => Pace::FlatOut,
        _ => Pace::RealTime,
    };
    Ok(Options {
        strategy: *matches.get_one("strategy").expect("it has a default"),
        device: Config {
            pace,
            block_length: given("block"),
            fifo_length: number("fifo"),
            ..Config::new(source)
        },
        seconds: seconds.or(usual).filter(|&seconds| seconds > 0.0),
        capacity: given("capacity") as usize,
        workers: given("workers") as usize,
        work: Duration::from_micros(given("work").into()),
        json: matches.get_flag("json"),
    })
}

fn is_raw(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| ["raw", "pcm", "s16"].iter().any(|raw| ending == *raw))
}
