//! A connection that has agreed to another version of OCPP is not spoken over.

#[path = "support/frozen.rs"]
mod frozen;
#[path = "support/meter_only.rs"]
mod meter_only;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embedded_ocpp::facade::Shared;
use embedded_ocpp::store::RamStorage;
use embedded_ocpp::transport::{ConnectFailure, Received, WebSocketTransport};
use embedded_ocpp::{Boot, ChargePoint, Error, Instant, Resources};
use frozen::Frozen;
use meter_only::MeterOnly;
use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::pin::pin;
use std::task::{Context, Waker};

/// A library that offers several subprotocols, and stays connected whatever it is told.
#[derive(Default)]
struct Library {
    agreed: Cell<&'static str>,
    aborted: Cell<bool>,
    sent: Cell<u32>,
}

impl WebSocketTransport for &Library {
    type Error = ();

    fn is_connected(&self) -> bool {
        true
    }

    fn subprotocol(&self) -> &str {
        self.agreed.get()
    }

    async fn receive(&mut self, _: &mut [u8]) -> Result<Option<Received>, ()> {
        pending().await
    }

    async fn send(&mut self, _: &[u8], _: bool) -> Result<(), ()> {
        self.sent.set(self.sent.get() + 1);
        Ok(())
    }

    fn abort(&mut self) {
        self.aborted.set(true);
    }
}

fn charge_point<'a>(resources: &'a mut Resources<'a, 1>, tell: &'a dyn Fn(ConnectFailure)) -> ChargePoint<'a> {
    let mut charger = ChargePoint::new(resources, Boot::new("Model", "Vendor")).unwrap();
    charger.set_hardware(&MeterOnly, 1).unwrap();
    charger.set_on_reset_execute(&|_| ());
    charger.set_on_connect_failed(tell);
    charger
}

#[test]
fn in_a_superloop_it_fails_and_the_next_one_is_spoken_over() {
    let told = RefCell::new(Vec::new());
    let tell = |why| told.borrow_mut().push(why);
    let mut resources = Resources::<1>::new();
    let mut charger = charge_point(&mut resources, &tell);
    let (library, mut storage) = (Library::default(), RamStorage::<4096>::new());
    library.agreed.set("ocpp2.0.1");
    for ms in 0..100 {
        let polled = charger.poll(Instant::from_millis(ms), &mut &library, &mut storage);
        assert_eq!(polled, Err(Error::Connect(ConnectFailure::Subprotocol)));
    }
    assert!(library.aborted.get() && library.sent.get() == 0 && !charger.is_connected());
    assert!(charger.is_recovered());
    // Told once for each wait, not at each poll.
    assert_eq!(told.take(), [ConnectFailure::Subprotocol]);
    assert!(charger.connect_at() > Instant::from_millis(100));

    library.agreed.set("ocpp1.6");
    charger.poll(Instant::from_millis(200), &mut &library, &mut storage).unwrap();
    assert!(charger.is_connected() && library.sent.get() == 1);
}

#[test]
fn under_the_runner_it_counts_as_one_that_could_not_be_opened() {
    for (agreed, why, sent) in [("ocpp2.0.1", &[ConnectFailure::Subprotocol][..], 0), ("ocpp1.6", &[], 1)] {
        let told = RefCell::new(Vec::new());
        let tell = |why| told.borrow_mut().push(why);
        let mut resources = Resources::<1>::new();
        let library = Library::default();
        library.agreed.set(agreed);
        let mut shared = Shared::<NoopRawMutex>::new(charge_point(&mut resources, &tell));
        let (_, mut runner) = shared.split();
        let mut storage = RamStorage::<4096>::new();
        let mut run = pin!(runner.run(async |link| link.transport(&mut &library).await, &mut storage, &Frozen));
        assert!(run.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert_eq!((&told.borrow()[..], library.sent.get()), (why, sent));
    }
}
