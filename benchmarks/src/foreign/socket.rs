//! No call at all: messages as JSON over a Unix socket, to a thread that answers.

use std::collections::VecDeque;
use std::future::Future;
use std::io::{BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::thread;

use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;
use tokio::sync::oneshot;

use super::{Later, Now, Payload};

#[derive(Debug, Serialize, Deserialize)]
pub struct User {
    name: String,
    age: u8,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    users: Vec<User>,
    bytes: Vec<u8>,
}

/// What is asked; `T` is how the asking side has it, borrowed, and the answering side, owned.
#[derive(Serialize, Deserialize)]
enum Message<U, R> {
    Empty,
    OneWay(U),
    Told,
    Flat(U),
    Nested(R),
}

type Sent<'a> = Message<&'a User, &'a Request>;
type Received = Message<User, Request>;

/// Bytes of an answer.
const ANSWER: usize = size_of::<u64>();

/// The message, with its length before it.
fn frame(message: &Sent) -> Vec<u8> {
    let mut frame = vec![0; 4];
    serde_json::to_writer(&mut frame, message).expect("a Vec takes it");
    let length = u32::try_from(frame.len() - 4).expect("a small message");
    frame[..4].copy_from_slice(&length.to_le_bytes());
    frame
}

/// Answers until the other side is gone.
fn answer(socket: UnixStream) {
    let mut answers = socket.try_clone().expect("a second descriptor");
    let mut messages = BufReader::new(socket);
    let mut ages = 0;
    let mut length = [0; 4];
    while messages.read_exact(&mut length).is_ok() {
        let mut message = vec![0; u32::from_le_bytes(length) as usize];
        messages.read_exact(&mut message).expect("the rest of it");
        let answer = match serde_json::from_slice(&message).expect("a message") {
            Received::Empty => continue,
            Received::OneWay(user) => {
                ages += u64::from(user.age);
                continue;
            }
            Received::Told => ages,
            Received::Flat(user) => u64::from(user.age % 2),
            Received::Nested(request) => {
                u64::from(!request.users.is_empty() && request.bytes.first() == Some(&1))
            }
        };
        answers.write_all(&answer.to_le_bytes()).expect("the other side waits");
    }
}

fn connect() -> UnixStream {
    let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
    thread::spawn(|| answer(theirs));
    ours
}

macro_rules! payload {
    ($peer:ident) => {
        impl Payload for $peer {
            const NAME: &'static str = "Unix socket, JSON";
            const COST: usize = 20;
            type User = User;
            type Request = Request;

            fn user(name: String, age: u8) -> User {
                User { name, age }
            }

            fn request(users: Vec<User>, bytes: Vec<u8>) -> Request {
                Request { users, bytes }
            }
        }
    };
}

/// Blocks until the answer is there.
pub struct Socket(UnixStream);

payload!(Socket);

impl Socket {
    fn tell(&self, message: &Sent) {
        (&self.0).write_all(&frame(message)).expect("somebody answers");
    }

    fn ask(&self, message: &Sent) -> u64 {
        self.tell(message);
        let mut answer = [0; ANSWER];
        (&self.0).read_exact(&mut answer).expect("somebody answers");
        u64::from_le_bytes(answer)
    }
}

impl Now for Socket {
    fn open() -> Socket {
        Socket(connect())
    }

    fn empty(&self) {
        self.tell(&Message::Empty);
    }

    fn one_way(&self, user: &User) {
        self.tell(&Message::OneWay(user));
    }

    fn told(&self) -> u64 {
        self.ask(&Message::Told)
    }

    fn flat(&self, user: &User) -> bool {
        self.ask(&Message::Flat(user)) == 1
    }

    fn nested(&self, request: &Request) -> bool {
        self.ask(&Message::Nested(request)) == 1
    }
}

/// One connection for all tasks: answers come in the order of the questions.
pub struct SocketLater {
    questions: UnixStream,
    waiting: Arc<Mutex<VecDeque<oneshot::Sender<u64>>>>,
}

payload!(SocketLater);

impl Later for SocketLater {
    fn open() -> SocketLater {
        let socket = connect();
        socket.set_nonblocking(true).expect("a socket can be");
        let questions = socket.try_clone().expect("a second descriptor");
        let mut answers = tokio::net::UnixStream::from_std(socket).expect("in a runtime");
        let waiting = Arc::new(Mutex::new(VecDeque::<oneshot::Sender<u64>>::new()));
        let asked = Arc::clone(&waiting);
        tokio::spawn(async move {
            let mut buffer = [0; 64 * ANSWER];
            let mut filled = 0;
            while let Ok(read @ 1..) = answers.read(&mut buffer[filled..]).await {
                filled += read;
                let mut asked = asked.lock().expect("no panic");
                for answer in buffer[..filled].chunks_exact(ANSWER) {
                    let answer = u64::from_le_bytes(answer.try_into().expect("so many bytes"));
                    let _ = asked.pop_front().expect("somebody asked").send(answer);
                }
                let rest = filled - filled % ANSWER;
                buffer.copy_within(rest..filled, 0);
                filled %= ANSWER;
            }
        });
        SocketLater { questions, waiting }
    }

    fn later(&self, request: &'static Request) -> impl Future<Output = bool> + Send {
        let (sender, receiver) = oneshot::channel();
        let frame = frame(&Message::Nested(request));
        // Locked until it is sent, so that both are in the same order.
        let mut waiting = self.waiting.lock().expect("no panic");
        waiting.push_back(sender);
        // 64 small messages always find room in a socket, so none is ever sent in part.
        (&self.questions).write_all(&frame).expect("there is room");
        drop(waiting);
        async { receiver.await.expect("somebody answers") == 1 }
    }
}
