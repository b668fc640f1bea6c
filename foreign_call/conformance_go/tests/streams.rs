//! Streams of items from goroutines. One test, as it looks at all of them.

use foreign_call_conformance_go::with_go;
#[cfg(go)]
use {
    foreign_call::CallError,
    foreign_call_conformance_go::faults::{Faults, FaultsImpl, Sign, Tint, Wrong},
    foreign_call_conformance_go::interface::{Remark, Watch, WatchImpl},
    futures_util::StreamExt,
    std::collections::HashMap,
    std::time::{Duration, Instant},
};

/// Until no goroutine is at it any more.
#[cfg(go)]
fn wait_for_go() {
    let guard = Instant::now() + Duration::from_secs(60);
    while WatchImpl::counts().0 > 0 || FaultsImpl::under_way().1 > 0 {
        assert!(Instant::now() < guard, "each goroutine ends");
        std::thread::yield_now();
    }
}

#[cfg(go)]
fn failed(code: i32, message: &str) -> CallError {
    CallError::Failed { code, message: message.to_owned() }
}

#[cfg(go)]
async fn either_side_ends_it() {
    let names = |threads| (0..threads).map(|it| format!("thread {it}")).collect::<Vec<_>>();
    let mut next: HashMap<String, u64> = HashMap::new();
    let mut remarks = WatchImpl::remarks(&names(4), 2_000);
    while let Some(remark) = remarks.next().await {
        let Remark { name, number } = remark.expect("it is valid");
        let expected = next.entry(name).or_default();
        assert_eq!(number, *expected, "none lost, none twice, none before another");
        *expected += 1;
    }
    assert_eq!(next.len(), 4);
    assert!(next.values().all(|count| *count == 2_000), "{next:?}");
    wait_for_go();
    assert_eq!(WatchImpl::counts(), (0, 0), "none was refused");

    // Dropped at some item: goroutines that wait for room, or not, see it and stop.
    for taken in 0..100 {
        let stream = WatchImpl::remarks(&names(3), u64::MAX);
        assert_eq!(stream.take(taken).count().await, taken);
    }
    wait_for_go();
    assert_eq!(WatchImpl::counts(), (0, 300), "each goroutine was refused once");

    let numbers: Vec<u64> = WatchImpl::numbers(7).take(100).collect().await;
    assert_eq!(numbers, (7..107).collect::<Vec<_>>());
    let empty: Vec<_> = WatchImpl::remarks(&[], 1).collect().await;
    assert_eq!(empty, []);
    let items: Vec<_> = WatchImpl::fails_after(3).collect().await;
    assert_eq!(items, [Ok(()), Ok(()), Ok(()), Err(failed(-5, "that was all"))]);
    wait_for_go();
}

#[cfg(go)]
async fn what_goes_wrong_is_the_last_item() {
    let good = Wrong {
        letter: 'x',
        tint: Tint::Dark,
        text: "text".into(),
        sign: Sign::Blank,
        more: vec![],
    };
    let second = async |how| {
        let items: Vec<_> = FaultsImpl::goes_wrong(how).collect().await;
        let [Ok(first), second] = items.as_slice() else { panic!("{items:?}") };
        assert_eq!(first, &good);
        second.as_ref().expect_err("it goes wrong").to_string()
    };
    let invalid = "the peer's answer is not valid: at `text`: not UTF-8 after 0 bytes";
    assert_eq!(second(0).await, invalid);
    assert_eq!(second(1).await, "panic: <nil> is no variant of Sign (code -1)");
    assert_eq!(second(2).await, "panic: in between (code -1)");
    let items: Vec<_> = FaultsImpl::goes_wrong(3).collect().await;
    assert_eq!(items, [Ok(good)]);
    assert_eq!(FaultsImpl::sent_late(), "the stream has ended");
}

/// Go has copied the arguments: they may go while it still sends.
#[cfg(go)]
async fn arguments_are_copied() {
    let mut value = HashMap::from([(
        "key".to_owned(),
        vec![Sign::Word("one".into()), Sign::Blank, Sign::Word("two".into())],
    )]);
    let more = vec![vec!["three".to_owned()], vec![], vec!["four".to_owned()]];
    let (letter, tint, sign) = ('x', Tint::Light, Sign::Blank);
    let mut more = Some(Wrong { letter, tint, text: "text".into(), sign, more });
    let stream = FaultsImpl::give_back(&value, &more, 3);
    // Written over, then freed: a view would show it.
    for sign in value.get_mut("key").expect("it is there") {
        if let Sign::Word(word) = sign {
            word.replace_range(.., "???");
        }
    }
    let texts = more.as_mut().expect("it is there").more.iter_mut().flatten();
    texts.for_each(|text| text.replace_range(.., "?????"));
    drop((value, more));
    let texts: Vec<_> = stream.collect().await;
    assert_eq!(texts, ["3", "2", "1", "key one two", "text three", "text four"]);
}

with_go! {
    fn items_come_until_either_side_ends_the_stream() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(either_side_ends_it());
        runtime.block_on(what_goes_wrong_is_the_last_item());
        runtime.block_on(arguments_are_copied());
    }
}
