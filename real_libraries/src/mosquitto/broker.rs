//! A broker of one's own, on loopback.

use std::io::{Error, ErrorKind, Read, Result};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs, process};

/// How long a broker may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// A `mosquitto` process on a free port of the loopback interface. Dropping it kills it.
#[derive(Debug)]
pub struct Broker {
    port: u16,
    configuration: PathBuf,
    child: Child,
}

impl Broker {
    /// Starts one, and returns when it accepts connections.
    ///
    /// # Errors
    ///
    /// There is no `mosquitto`, or it does not start.
    pub fn start() -> Result<Broker> {
        // Somebody else may take the port before the broker does.
        Broker::start_once().or_else(|_| Broker::start_once())
    }

    fn start_once() -> Result<Broker> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let name = format!("real_libraries_{}_{port}.conf", process::id());
        let configuration = env::temp_dir().join(name);
        // It never drops a message for a client that is slow.
        let settings = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n\
             max_queued_messages 0\nlog_dest none\n"
        );
        fs::write(&configuration, settings)?;
        let child = spawn(&configuration).inspect_err(|_| {
            // Nobody needs it any more.
            let _ = fs::remove_file(&configuration);
        })?;
        let mut broker = Broker { port, configuration, child };
        broker.wait_until_it_listens()?;
        Ok(broker)
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Kills it: its connections end without a word.
    pub fn kill(&mut self) {
        // An error says that it is dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again, on the same port, and returns when it accepts connections.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn restart(&mut self) -> Result<()> {
        self.kill();
        self.child = spawn(&self.configuration)?;
        self.wait_until_it_listens()
    }

    fn wait_until_it_listens(&mut self) -> Result<()> {
        let begin = Instant::now();
        while !answers(self.port) {
            if let Some(status) = self.child.try_wait()? {
                return Err(Error::other(format!("the broker has ended: {status}")));
            }
            if begin.elapsed() > PATIENCE {
                return Err(Error::new(ErrorKind::TimedOut, "the broker does not listen"));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

/// Whether the broker has taken a connection and, as we say nothing more, ended it. So it is done
/// with this one before a client comes.
fn answers(port: u16) -> bool {
    let asked = || {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.shutdown(Shutdown::Write)?;
        stream.read(&mut [0])
    };
    asked().is_ok_and(|bytes| bytes == 0)
}

/// From the path, or from where Debian has it, which is not in everybody's path.
fn spawn(configuration: &PathBuf) -> Result<Child> {
    let start = |program: &str| {
        Command::new(program)
            .arg("-c")
            .arg(configuration)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
    };
    start("mosquitto").or_else(|error| match error.kind() {
        ErrorKind::NotFound => start("/usr/sbin/mosquitto"),
        _ => Err(error),
    })
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
        // It may be gone already.
        let _ = fs::remove_file(&self.configuration);
    }
}
