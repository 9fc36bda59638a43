//! The WebSocket adapter against a server whose every byte is written by hand from RFC 6455, and a stream
//! that splits, delays and ends it anywhere.
//!
//! The faults are those of `embedded-websocket` 0.9.5, which the adapter must not pass on.

#[path = "support/meter_only.rs"]
mod meter_only;

use meter_only::MeterOnly;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use embassy_futures::poll_once;
use embedded_io_async::ErrorKind;
use embedded_ocpp::store::{RamStorage, RamStorageFull};
use embedded_ocpp::time::Instant;
use embedded_ocpp::transport::websocket::{
    self, ConnectError, Error, MIN_READ_BUFFER, MIN_WRITE_BUFFER, Options, Violation, WebSocket,
};
use embedded_ocpp::transport::{ConnectFailure, Received, WebSocketTransport};
use embedded_ocpp::{Boot, ChargePoint, Resources, facade as charge_point};

// ---- The nine faults of the codec ----

#[test]
fn fault_1_non_final_fragment_in_two_reads() {
    let frames = [b"\x01\x03[2,".as_slice(), b"\x00\x02\"i", b"\x80\x04d\"]\n"].concat();
    expect_at_every_split(&frames, &[message("[2,\"id\"]\n")], &[]);
}

#[test]
fn fault_2_frame_header_in_several_reads() {
    for length in [0, 1, 125, 126, 127, 300, 700] {
        let payload = "x".repeat(length);
        let frames = [text(&payload), text("next")].concat();
        expect_at_every_split(&frames, &[message(&payload), message("next")], &[]);
    }
}

#[test]
fn fault_3_ping_split_inside_a_fragmented_message() {
    let frames = [b"\x01\x02ab".as_slice(), b"\x89\x04ping", b"\x80\x02cd"].concat();
    expect_at_every_split(&frames, &[message("abcd")], &[(0x8A, "ping")]);
}

#[test]
fn fault_3_split_ping_is_answered_once() {
    expect_at_every_split(b"\x89\x05Hello", &[], &[(0x8A, "Hello")]);
    expect_at_every_split(b"\x89\x00", &[], &[(0x8A, "")]);
}

#[test]
fn fault_4_frame_in_the_segment_of_the_101() {
    let wire = Wire::new([RESPONSE.as_bytes(), &text("first"), &text("second")].concat());
    let mut buffers = Buffers::default();
    let mut link = connect(&wire, &mut buffers).unwrap();
    assert_eq!(receive(&mut link), Poll::Ready(message("first")));
    assert_eq!(receive(&mut link), Poll::Ready(message("second")));
    assert_eq!(receive(&mut link), Poll::Pending);
    assert!(link.is_connected());
}

#[test]
fn fault_5_response_in_several_reads() {
    expect_at_every_split(b"", &[], &[]);
}

#[test]
fn fault_6_end_of_stream_at_every_byte() {
    let frames = [
        b"\x01\x03[3,".as_slice(),
        b"\x89\x01!",
        b"\x80\x02{}",
        b"\x8A\x00",
        &text(&"x".repeat(200)),
        b"\x88\x02\x03\xE8",
    ]
    .concat();
    let dialogue = [RESPONSE.as_bytes(), &frames].concat();
    for end in 0..dialogue.len() {
        for chunk in [1, 7, dialogue.len()] {
            let wire = Wire::chunked(&dialogue[..end], chunk);
            wire.borrow_mut().incoming.push_back(Step::End);
            let mut buffers = Buffers::default();
            match connect(&wire, &mut buffers) {
                Err(error) => {
                    assert!(end < RESPONSE.len());
                    assert_eq!(error, ConnectError::Disconnected);
                }
                Ok(mut link) => {
                    assert!(end >= RESPONSE.len());
                    let outcomes = run(&mut link, &wire);
                    assert_eq!(outcomes.last(), Some(&Outcome::Over(Error::Disconnected)), "end at {end}");
                    assert!(!link.is_connected());
                }
            }
        }
    }
}

#[test]
fn fault_6_response_larger_than_the_read_buffer() {
    let padding = format!("X-Padding: {}\r\n", "x".repeat(4096));
    let response = RESPONSE.replace("Upgrade: ", &format!("{padding}Upgrade: "));
    for chunk in [1, 100, 10_000] {
        assert_eq!(refusal(&response, chunk), ConnectError::ResponseTooLong);
    }
}

#[test]
fn fault_6_response_may_fill_the_read_buffer() {
    let missing = MIN_READ_BUFFER - RESPONSE.len() - "X-Padding: \r\n".len();
    for (missing, fits) in [(missing, true), (missing + 1, false)] {
        let padding = format!("X-Padding: {}\r\n", "x".repeat(missing));
        let wire = Wire::new(RESPONSE.replace("Upgrade: ", &format!("{padding}Upgrade: ")));
        let mut buffers = Buffers { read: vec![0; MIN_READ_BUFFER], ..Buffers::default() };
        assert_eq!(connect(&wire, &mut buffers).is_ok(), fits);
    }
}

#[test]
fn fault_7_unexpected_subprotocol() {
    let long = "ocpp1.6, or something of over 24 characters";
    for protocol in ["ocpp2.0.1", "OCPP1.6", "", "ocpp1.6, ocpp2.0", "ocpp1.60", long] {
        let response = RESPONSE.replace("ocpp1.6", protocol);
        assert_eq!(refusal(&response, 1), ConnectError::Subprotocol, "{protocol}");
    }
    let twice = "Sec-WebSocket-Protocol: ocpp1.6\r\nSec-WebSocket-Protocol: ocpp1.6\r\n";
    let response = RESPONSE.replace("Sec-WebSocket-Protocol: ocpp1.6\r\n", twice);
    assert_eq!(refusal(&response, 1000), ConnectError::Subprotocol);
}

#[test]
fn fault_7_missing_or_wrong_accept() {
    let line = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    assert!(RESPONSE.contains(line));
    assert_eq!(refusal(&RESPONSE.replace(line, ""), 1), ConnectError::Accept);
    for wrong in ["S3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=="] {
        let response = RESPONSE.replace("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", wrong);
        assert_eq!(refusal(&response, 1), ConnectError::Accept);
    }
}

#[test]
fn fault_8_request_of_any_length_is_sent_or_refused() {
    for length in 1..1200 {
        let path = "p".repeat(length);
        let wire = Wire::new(RESPONSE);
        let (mut read, mut write) = ([0; MIN_READ_BUFFER], [0; 4096]);
        let options = Options::new("csms", &path, "CP1").with_password(b"0001020304050607");
        match open(&wire, &options, &mut read, &mut write) {
            Ok(_) => assert!(wire.borrow().outgoing.ends_with(b"\r\n\r\n")),
            Err(error) => {
                assert_eq!(error, ConnectError::RequestTooLong);
                assert!(length > 700, "{length}");
                assert!(wire.borrow().outgoing.is_empty());
            }
        }
    }
}

#[test]
fn fault_8_small_buffers_are_refused() {
    for (read, write) in [(MIN_READ_BUFFER - 1, 4096), (4096, MIN_WRITE_BUFFER - 1), (0, 0)] {
        let mut buffers = Buffers { read: vec![0; read], write: vec![0; write] };
        assert_eq!(connect(&Wire::new(RESPONSE), &mut buffers).err(), Some(ConnectError::BufferTooSmall));
    }
    let mut buffers = Buffers { read: vec![0; MIN_READ_BUFFER], write: vec![0; MIN_WRITE_BUFFER] };
    assert!(connect(&Wire::new(RESPONSE), &mut buffers).is_ok());
}

#[test]
fn fault_9_reserved_bits_and_masked_frames() {
    for bits in [0x40, 0x20, 0x10, 0x70] {
        violates(&[0x81 | bits, 0], Violation::ReservedBits);
        violates(&[0x89 | bits, 0], Violation::ReservedBits);
    }
    violates(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", Violation::Masked);
    violates(b"\x81\x80\x37\xfa\x21\x3d", Violation::Masked);
}

// ---- The opening handshake ----

#[test]
fn rpc_01_url_ends_in_the_percent_encoded_identity() {
    for (path, identity, expected) in [
        ("/ocpp", "RDAM 123", "/ocpp/RDAM%20123"),
        ("/ocpp/", "CP1", "/ocpp/CP1"),
        ("ocpp/16", "CP1", "/ocpp/16/CP1"),
        ("/", "CP1", "/CP1"),
        ("", "A/b:ö%", "/A%2Fb%3A%C3%B6%25"),
        // the identity is a segment of the path, whatever comes behind it
        ("/ocpp?site=7&x=/", "CP1", "/ocpp/CP1?site=7&x=/"),
        ("/ocpp/?site=7", "A?b", "/ocpp/A%3Fb?site=7"),
        ("?site=7", "CP1", "/CP1?site=7"),
        ("/x", "az-AZ_09.~", "/x/az-AZ_09.~"),
    ] {
        let request = request(Options::new("csms.example.com:8080", path, identity));
        assert!(request.starts_with(&format!("GET {expected} HTTP/1.1\r\n")), "{request}");
    }
}

/// The example of OCPP-J §3.1.3 with the key of RFC 6455 §1.3, and the one of OCPP-J §6.2.2.
#[test]
fn rpc_29_the_whole_request_and_nothing_that_is_not_asked_for() {
    let example = Options::new("some.server.com:33033", "/webServices/ocpp", "CP3211");
    assert_eq!(
        request(example),
        "GET /webServices/ocpp/CP3211 HTTP/1.1\r\n\
        Host: some.server.com:33033\r\n\
        Upgrade: websocket\r\n\
        Connection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Protocol: ocpp1.6\r\n\
        Sec-WebSocket-Version: 13\r\n\
        \r\n"
    );
    let key = b"\x00\x01\x02\x03\x04\x05\x06\x07\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
    assert_eq!(
        request(Options::new("csms", "/", "AL1000").with_password(key)),
        "GET /AL1000 HTTP/1.1\r\n\
        Host: csms\r\n\
        Upgrade: websocket\r\n\
        Connection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Protocol: ocpp1.6\r\n\
        Sec-WebSocket-Version: 13\r\n\
        Authorization: Basic QUwxMDAwOgABAgMEBQYH////////////////\r\n\
        \r\n"
    );
}

#[test]
fn rpc_03_a_response_may_announce_another_one() {
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let dialogue = [hints, "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 102\r\n\r\n", RESPONSE].concat();
    for steps in splits(&[dialogue.as_bytes(), &text("first")].concat()) {
        let wire = Wire::steps(steps);
        let mut buffers = Buffers::default();
        let mut link = connect(&wire, &mut buffers).unwrap();
        assert_eq!(run(&mut link, &wire), [message("first")]);
    }
    // each may be as long as the buffer
    let long = hints.replace("</a>", &"x".repeat(900));
    let mut buffers = Buffers { read: vec![0; MIN_READ_BUFFER], ..Buffers::default() };
    assert!(connect(&Wire::new([&long, &long, RESPONSE].concat()), &mut buffers).is_ok());
    // but it does not go on for ever
    assert_eq!(refusal(&hints.repeat(1000), 10_000), ConnectError::Response);
    assert_eq!(refusal(&[hints, "HTTP/1.1 404 Not Found\r\n\r\n"].concat(), 1), ConnectError::Status(404));
}

#[test]
fn rpc_03_as_many_headers_as_fit_the_buffer() {
    for count in [32, 33, 64, 65, 300] {
        let response = RESPONSE.replace("Connection", &("X: y\r\n".repeat(count) + "Connection"));
        let mut buffers = Buffers { read: vec![0; 2100], ..Buffers::default() };
        assert!(connect(&Wire::new(&response), &mut buffers).is_ok(), "{count}");
    }
}

#[test]
fn rpc_03_a_refusal_is_told_however_long_and_unfinished_it_is() {
    let begin = "HTTP/1.1 401 Unauthorized\r\nX-Padding: ".to_owned();
    assert_eq!(refusal(&(begin.clone() + &"x".repeat(10_000)), 1000), ConnectError::Status(401));
    let wire = Wire::new(begin);
    wire.borrow_mut().incoming.push_back(Step::End);
    assert_eq!(connect(&wire, &mut Buffers::default()).err(), Some(ConnectError::Status(401)));
    // what is no HTTP never gets to the end of a head
    assert_eq!(refusal("SSH-2.0-OpenSSH_9.6\r\n", 1), ConnectError::Response);
}

#[test]
fn rpc_01_options_that_would_break_the_request() {
    for options in [
        Options::new("", "/", "CP1"),
        Options::new("csms\r\nX: y", "/", "CP1"),
        Options::new("csms", "/a b", "CP1"),
        Options::new("csms", "/\n", "CP1"),
        Options::new("csms", "/ocpp#part", "CP1"),
        Options::new("csms", "/", ""),
        Options::new("csms", "/", "C:P").with_password(b"secret"),
    ] {
        let wire = Wire::new(RESPONSE);
        let (mut read, mut write) = ([0; 2000], [0; 2000]);
        let link = open(&wire, &options, &mut read, &mut write);
        assert_eq!(link.err(), Some(ConnectError::InvalidOptions));
        assert!(wire.borrow().outgoing.is_empty());
    }
}

#[test]
fn rpc_02_ocpp16_is_offered() {
    let request = request(Options::new("csms", "/ocpp", "CP1"));
    assert!(request.contains("\r\nSec-WebSocket-Protocol: ocpp1.6\r\n"));
}

#[test]
fn rpc_02_response_without_subprotocol_is_a_refusal() {
    let response = RESPONSE.replace("Sec-WebSocket-Protocol: ocpp1.6\r\n", "");
    for chunk in [1, 3, 1000] {
        assert_eq!(refusal(&response, chunk), ConnectError::Subprotocol);
    }
}

#[test]
fn rpc_03_http_status_is_reported() {
    for (status, line) in
        [(401, "401 Unauthorized"), (404, "404 Not Found"), (301, "301 Moved"), (200, "200"), (503, "503 ")]
    {
        let response = format!("HTTP/1.1 {line}\r\nContent-Length: 3\r\n\r\nbad");
        for chunk in [1, 5, 1000] {
            assert_eq!(refusal(&response, chunk), ConnectError::Status(status));
        }
    }
    let many = "X-Header: y\r\n".repeat(40);
    let response = format!("HTTP/1.1 404 Not Found\r\n{many}\r\n");
    assert_eq!(refusal(&response, 1000), ConnectError::Status(404));
}

#[test]
fn rpc_03_other_failures_of_the_handshake() {
    for response in [
        "SSH-2.0-OpenSSH_9.6\r\n\r\n",
        "\r\n\r\n",
        "HTTP/1.1\r\n\r\n",
        &RESPONSE.replace("Upgrade: websocket", "Upgrade: h2c"),
        &RESPONSE.replace("Connection: Upgrade\r\n", ""),
        &RESPONSE.replace("Connection", "Sec-WebSocket-Extensions: permessage-deflate\r\nConnection"),
        "HTTP/1.1 099 Odd\r\n\r\n",
        "HTTP/2 101 Switching Protocols\r\n\r\n",
    ] {
        assert_eq!(refusal(response, 1), ConnectError::Response, "{response}");
        assert_eq!(refusal(response, 1000), ConnectError::Response, "{response}");
    }
}

#[test]
fn rpc_03_stream_that_fails_during_the_handshake() {
    for failing in 0..100 {
        let wire = Wire::new(RESPONSE);
        wire.borrow_mut().fail_write_after = Some(failing);
        assert_eq!(connect(&wire, &mut Buffers::default()).err(), Some(ConnectError::Stream(ErrorKind::BrokenPipe)));
    }
}

#[test]
fn header_names_and_tokens_are_compared_without_case() {
    let response = RESPONSE
        .replace("Upgrade: websocket", "UPGRADE: WebSocket")
        .replace("Connection: Upgrade", "connection: keep-alive, upgrade")
        .replace("Sec-WebSocket-Protocol: ocpp1.6", "sec-websocket-protocol:   ocpp1.6  ")
        .replace("Sec-WebSocket-Accept", "SEC-WEBSOCKET-ACCEPT");
    assert!(connect(&Wire::new(response), &mut Buffers::default()).is_ok());
}

#[test]
fn basic_authentication_of_rfc_7617() {
    let request = |identity, password| request(Options::new("csms", "/", identity).with_password(password));
    let aladdin = request("Aladdin", b"open sesame".as_slice());
    assert!(aladdin.contains("\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"), "{aladdin}");
    // "RDAM 123" is not percent-encoded here
    assert!(request("RDAM 123", b"").contains("\r\nAuthorization: Basic UkRBTSAxMjM6\r\n"));
    // RFC 4648 §10 has "f", "fo" and "foo"; 0xFB 0xFF gives both digits that are no letters
    assert!(request("f", b"").contains(": Basic Zjo=\r\n"));
    assert!(request("a", &[0xFB, 0xFF]).contains(": Basic YTr7/w==\r\n"));
    assert!(request("a", &[0x3F, 0xFB, 0xEF]).contains(": Basic YTo/++8=\r\n"));
}

#[test]
fn request_goes_out_byte_by_byte() {
    let wire = Wire::new(RESPONSE);
    wire.borrow_mut().write_limit = 1;
    wire.borrow_mut().hesitates = true;
    assert!(connect(&wire, &mut Buffers::default()).is_ok());
    let whole = Wire::new(RESPONSE);
    assert!(connect(&whole, &mut Buffers::default()).is_ok());
    assert_eq!(wire.borrow().outgoing, whole.borrow().outgoing);
}

// ---- Receiving ----

#[test]
fn rpc_24_ping_is_answered_with_its_payload() {
    expect_at_every_split(b"\x89\x02hi\x81\x01x\x89\x00", &[message("x")], &[(0x8A, "hi"), (0x8A, "")]);
    let longest = "p".repeat(125);
    let frame = [b"\x89\x7D".as_slice(), longest.as_bytes()].concat();
    expect_at_every_split(&frame, &[], &[(0x8A, &longest)]);
}

#[test]
fn rpc_24_unasked_pong_is_ignored() {
    expect_at_every_split(b"\x8A\x03abc\x81\x01x", &[message("x")], &[]);
}

#[test]
fn rpc_25_fragments_with_control_frames_in_between() {
    let frames = b"\x01\x01a\x89\x011\x00\x00\x8A\x02zz\x00\x01b\x89\x012\x80\x01c\x81\x01d";
    expect_at_every_split(frames, &[message("abc"), message("d")], &[(0x8A, "1"), (0x8A, "2")]);
}

#[test]
fn rpc_25_frames_out_of_order() {
    violates(b"\x80\x01x", Violation::Continuation);
    violates(b"\x00\x01x", Violation::Continuation);
    violates(b"\x01\x01a\x80\x01b\x80\x01c", Violation::Continuation);
    violates(b"\x01\x01a\x81\x01b", Violation::UnfinishedMessage);
    violates(b"\x01\x01a\x02\x01b", Violation::UnfinishedMessage);
    violates(b"\x02\x01a\x81\x01b", Violation::UnfinishedMessage);
}

#[test]
fn control_frames_are_whole_and_short() {
    for op_code in [0x8, 0x9, 0xA] {
        violates(&[op_code, 0], Violation::ControlFrame);
        violates(&[0x80 | op_code, 126, 0, 126], Violation::ControlFrame);
        violates(&[0x80 | op_code, 127, 0, 0, 0, 0, 0, 0, 0, 1], Violation::ControlFrame);
    }
    for op_code in [0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF] {
        violates(&[0x80 | op_code, 0], Violation::OpCode);
    }
    violates(b"\x81\x7F\x80\0\0\0\0\0\0\x01", Violation::Length);
}

#[test]
fn lengths_in_two_and_eight_bytes() {
    let short_in_eight = b"\x81\x7F\0\0\0\0\0\0\0\x05Hello";
    let short_in_two = b"\x81\x7E\0\x05Hello";
    expect_at_every_split(short_in_eight, &[message("Hello")], &[]);
    expect_at_every_split(short_in_two, &[message("Hello")], &[]);

    let payload = "x".repeat(70_000);
    let frame = [b"\x81\x7F\0\0\0\0\0\x01\x11\x70".as_slice(), payload.as_bytes()].concat();
    let wire = Wire::chunked(&[RESPONSE.as_bytes(), &frame].concat(), 1460);
    let mut buffers = Buffers { read: vec![0; 70_064], ..Buffers::default() };
    let mut link = connect(&wire, &mut buffers).unwrap();
    let mut buffer = vec![0; 70_000];
    assert_eq!(run_with(&mut link, &wire, &mut buffer), vec![message(&payload)]);
}

#[test]
fn binary_messages_are_dropped() {
    let frames = b"\x82\x02\x00\xFF\x81\x01a\x02\x01x\x89\x00\x80\x01y\x81\x01b";
    expect_at_every_split(frames, &[message("a"), message("b")], &[(0x8A, "")]);
}

#[test]
fn message_too_long_for_the_buffer_of_the_caller() {
    for chunk in [1, 2, 64, 10_000] {
        let frames = [text("0123456789"), text("x"), text("abcdefgh")].concat();
        let wire = Wire::chunked(&[RESPONSE.as_bytes(), &frames].concat(), chunk);
        let mut buffers = Buffers::default();
        let mut link = connect(&wire, &mut buffers).unwrap();
        let expected = [Outcome::TooLong("01234567".into()), message("x"), message("abcdefgh")];
        assert_eq!(run_with(&mut link, &wire, &mut [0; 8]), expected);
        assert!(link.is_connected());
    }
}

#[test]
fn message_too_long_for_the_read_buffer() {
    // up to the end where that is in sight, with some room for other frames where it is not
    let whole = MIN_READ_BUFFER - 64;
    for length in [whole, whole + 1, MIN_READ_BUFFER, MIN_READ_BUFFER + 1, 2 * whole, 100_000] {
        let payload: String = ('a'..='z').cycle().take(length).collect();
        let (begin, end) = payload.split_at(length / 3);
        let fragments = [frame(0x01, begin), b"\x89\x01p".to_vec(), frame(0x80, end)].concat();
        let open_end = [frame(0x01, &payload), b"\x89\x01p".to_vec(), frame(0x80, "")].concat();
        for (frames, most) in [(fragments, MIN_READ_BUFFER), (text(&payload), MIN_READ_BUFFER), (open_end, whole)] {
            for chunk in [1, 63, 100_000_000] {
                let dialogue = [RESPONSE.as_bytes(), &frames, &text("after")].concat();
                let wire = Wire::chunked(&dialogue, chunk);
                let mut buffers = Buffers { read: vec![0; MIN_READ_BUFFER], ..Buffers::default() };
                let mut link = connect(&wire, &mut buffers).unwrap();
                let outcomes = run_with(&mut link, &wire, &mut [0; 4096]);
                let first = match length <= most {
                    true => message(&payload),
                    false => Outcome::TooLong(payload[..whole].into()),
                };
                assert!(outcomes == [first, message("after")], "{length} in chunks of {chunk}");
            }
        }
    }
}

#[test]
fn sec_43_message_too_long_for_a_buffer_comes_in_parts() {
    for length in [0, 7, 8, 9, 959, 960, 961, 1024, 1025, 2048, 30_000] {
        let payload: String = ('a'..='z').cycle().take(length).collect();
        let (begin, end) = payload.split_at(length / 3);
        let open_end = [frame(0x01, &payload), b"\x89\x01p".to_vec(), frame(0x80, "")].concat();
        let between = [frame(0x01, begin), b"\x89\x01p".to_vec(), frame(0x80, end)].concat();
        for frames in [text(&payload), open_end, between] {
            for (chunk, room) in [(1, 4096), (2, 8), (63, 8), (63, 700), (1460, 960), (100_000, 4096)] {
                let dialogue = [RESPONSE.as_bytes(), &frames, &text("after")].concat();
                let wire = Wire::chunked(&dialogue, chunk);
                let mut buffers = Buffers { read: vec![0; MIN_READ_BUFFER], ..Buffers::default() };
                let mut link = connect(&wire, &mut buffers).unwrap();
                let mut outcomes = run_in_parts(&mut link, &wire, &mut vec![0; room]);
                assert_eq!(outcomes.pop(), Some(message("after")));
                let last = outcomes.pop();
                let mut joined: String = outcomes
                    .iter()
                    .map(|part| match part {
                        Outcome::Part(part) if !part.is_empty() => &**part,
                        other => panic!("{other:?}"),
                    })
                    .collect();
                match last {
                    Some(Outcome::Message(last)) => joined += &last,
                    other => panic!("{other:?}"),
                }
                assert!(joined == payload, "{length} in chunks of {chunk}");
                let least = length.div_ceil(room.min(MIN_READ_BUFFER));
                assert!((least.saturating_sub(1)..=length.div_ceil(room.min(960))).contains(&outcomes.len()));
            }
        }
    }
}

#[test]
fn length_of_nearly_all_bytes_there_are() {
    let wire = Wire::new([RESPONSE.as_bytes(), b"\x81\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFFabc"].concat());
    let mut buffers = Buffers::default();
    let mut link = connect(&wire, &mut buffers).unwrap();
    assert_eq!(run(&mut link, &wire), []);
    wire.borrow_mut().push(&[b'x'; 10_000], 100);
    assert_eq!(run(&mut link, &wire), []);
}

#[test]
fn close_is_answered_and_reported() {
    for (frame, code, reply) in [
        (b"\x88\x02\x03\xE9".as_slice(), Some(1001), b"\x03\xE9".as_slice()),
        (b"\x88\x06\x03\xE8done", Some(1000), b"\x03\xE8"),
        (b"\x88\x00", None, b""),
    ] {
        for steps in splits(&[RESPONSE.as_bytes(), b"\x81\x01x", frame].concat()) {
            let wire = Wire::steps(steps);
            let mut buffers = Buffers::default();
            let mut link = connect(&wire, &mut buffers).unwrap();
            wire.borrow_mut().outgoing.clear();
            wire.borrow_mut().write_limit = 1;
            wire.borrow_mut().hesitates = true;
            assert_eq!(run(&mut link, &wire), [message("x"), Outcome::Over(Error::Closed(code))]);
            assert!(!link.is_connected());
            assert_eq!(wire.frames(), [(0x88, reply.to_vec())]);
            assert_eq!(wire.borrow().flushed, wire.borrow().outgoing.len(), "the answer left the stream");
            assert_eq!(receive(&mut link), Poll::Ready(Outcome::Over(Error::NotConnected)));
            assert_eq!(poll_once(link.send(b"x", true)), Poll::Ready(Err(Error::NotConnected)));
        }
    }
}

/// RFC 6455 §7.4: some codes are for local use, others nobody has defined.
#[test]
fn close_codes_that_must_not_be_sent() {
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535_u16] {
        violates(&[b"\x88\x02".as_slice(), &code.to_be_bytes()].concat(), Violation::CloseCode);
        violates(&[b"\x88\x03".as_slice(), &code.to_be_bytes(), b"!"].concat(), Violation::CloseCode);
    }
    violates(b"\x88\x01\x03", Violation::CloseCode);
    for code in [1000, 1003, 1007, 1014, 3000, 4999_u16] {
        let wire = Wire::new([RESPONSE.as_bytes(), b"\x88\x02", &code.to_be_bytes()].concat());
        let mut buffers = Buffers::default();
        let mut link = connect(&wire, &mut buffers).unwrap();
        assert_eq!(run(&mut link, &wire), [Outcome::Over(Error::Closed(Some(code)))]);
        assert_eq!(wire.frames(), [(0x88, code.to_be_bytes().to_vec())]);
    }
}

#[test]
fn failure_of_the_stream_ends_the_connection() {
    let wire = Wire::new(RESPONSE);
    let mut buffers = Buffers::default();
    let mut link = connect(&wire, &mut buffers).unwrap();
    wire.borrow_mut().incoming.push_back(Step::Fail);
    assert_eq!(receive(&mut link), Poll::Ready(Outcome::Over(Error::Stream(ErrorKind::BrokenPipe))));
    assert!(!link.is_connected());
}

#[test]
fn server_that_never_stops_does_not_hold_a_poll() {
    let wire = Wire::new([RESPONSE.as_bytes(), &b"\x82\x01x".repeat(100_000)].concat());
    let mut buffers = Buffers::default();
    let mut link = connect(&wire, &mut buffers).unwrap();
    assert_eq!(receive(&mut link), Poll::Pending);
    assert!(!wire.borrow().incoming.is_empty());
}

#[test]
fn random_bytes_neither_panic_nor_hang() {
    let mut seed = 1_u32;
    let mut random_byte = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    };
    for round in 0..5_000 {
        // small lengths and valid op codes now and then, so that the dialogue gets beyond its first frame
        let frames: Vec<u8> = (0..round % 200)
            .map(|_| match random_byte() {
                byte @ 0..64 => [0x81, 0x01, 0x80, 0x89, 0x8A, 0x82, 0x00, 0x02][usize::from(byte % 8)],
                byte @ 64..160 => byte % 4,
                byte => byte,
            })
            .collect();
        let wire = Wire::chunked(&[RESPONSE.as_bytes(), &frames].concat(), 1 + round % 9);
        wire.borrow_mut().incoming.push_back(Step::End);
        let mut buffers = Buffers::default();
        let mut link = connect(&wire, &mut buffers).unwrap();
        assert!(matches!(run(&mut link, &wire).last(), Some(Outcome::Over(_))));
        wire.frames(); // whatever went out is well-formed
    }
}

// ---- Sending ----

#[test]
fn text_is_masked_as_in_rfc_6455() {
    let wire = Wire::new(RESPONSE);
    let mut buffers = Buffers::default();
    let mut link = connect(&wire, &mut buffers).unwrap();
    wire.borrow_mut().outgoing.clear();
    assert_eq!(poll_once(link.send(b"Hello", true)), Poll::Ready(Ok(())));
    // RFC 6455 §5.7, a single-frame masked text message
    assert_eq!(wire.borrow().outgoing, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    assert_eq!(wire.borrow().flushed, wire.borrow().outgoing.len());
}

#[test]
fn lengths_of_sent_frames() {
    for length in [0, 1, 125, 126, 127, 65_534] {
        let wire = Wire::new(RESPONSE);
        let mut buffers = Buffers { write: vec![0; 70_000], ..Buffers::default() };
        let mut link = connect(&wire, &mut buffers).unwrap();
        wire.borrow_mut().outgoing.clear();
        assert_eq!(poll_once(link.send(&vec![b'x'; length], true)), Poll::Ready(Ok(())));
        assert_eq!(wire.frames(), [(0x81, vec![b'x'; length])]);
    }
    // 65 535 bytes fit the short length, but the codec would use the long one: so two frames
    let wire = Wire::new(RESPONSE);
    let mut buffers = Buffers { write: vec![0; 70_000], ..Buffers::default() };
    let mut link = connect(&wire, &mut buffers).unwrap();
    wire.borrow_mut().outgoing.clear();
    assert_eq!(send(&mut link, &vec![b'x'; 65_535], true), Ok(()));
    assert_eq!(wire.frames(), [(0x01, vec![b'x'; 65_534]), (0x80, b"x".to_vec())]);
}

#[test]
fn message_in_two_parts() {
    let wire = Wire::new(RESPONSE);
    let mut buffers = Buffers::default();
    let mut link = connect(&wire, &mut buffers).unwrap();
    wire.borrow_mut().outgoing.clear();
    for (part, last) in [("ab", false), ("", false), ("cd", true), ("e", true)] {
        assert_eq!(poll_once(link.send(part.as_bytes(), last)), Poll::Ready(Ok(())));
    }
    assert_eq!(
        wire.frames(),
        [(0x01, b"ab".to_vec()), (0x00, b"".to_vec()), (0x80, b"cd".to_vec()), (0x81, b"e".to_vec())]
    );
}

#[test]
fn dropped_send_goes_out_once() {
    let long = "0123456789".repeat(50);
    for (write_limit, hesitates) in [(1, true), (1, false), (7, true), (50, true), (usize::MAX, true)] {
        let wire = Wire::new(RESPONSE);
        let mut buffers = Buffers { write: vec![0; 150], ..Buffers::default() };
        let mut link = connect(&wire, &mut buffers).unwrap();
        {
            let mut wire = wire.borrow_mut();
            wire.outgoing.clear();
            wire.write_limit = write_limit;
            wire.hesitates = hesitates;
        }
        for (part, last) in [("first", true), (&long, false), ("end", true), (&long, true)] {
            assert_eq!(send(&mut link, part.as_bytes(), last), Ok(()));
        }
        assert_eq!(run(&mut link, &wire), []); // takes the rest out
        let mut messages = vec![];
        let mut message = String::new();
        for (head, payload) in wire.frames() {
            assert_eq!(head & 0x0F == 0, !message.is_empty());
            message += std::str::from_utf8(&payload).unwrap();
            if head & 0x80 != 0 {
                messages.push(std::mem::take(&mut message));
            }
        }
        assert_eq!(messages, ["first", &format!("{long}end"), &long]);
    }
}

#[test]
fn part_longer_than_the_write_buffer_goes_out_in_fragments() {
    let wire = Wire::new(RESPONSE);
    let mut buffers = Buffers { write: vec![0; 208], ..Buffers::default() };
    let mut link = connect(&wire, &mut buffers).unwrap();
    wire.borrow_mut().outgoing.clear();
    for length in [200, 201, 400] {
        assert_eq!(send(&mut link, &vec![b'x'; length], true), Ok(()));
    }
    let lengths: Vec<_> = wire.frames().into_iter().map(|(head, payload)| (head, payload.len())).collect();
    assert_eq!(lengths, [(0x81, 200), (0x01, 200), (0x80, 1), (0x01, 200), (0x80, 200)]);
}

#[test]
fn pong_goes_out_between_the_fragments_of_a_message() {
    // the codec would make a continuation of it
    let wire = Wire::new(RESPONSE);
    let mut buffers = Buffers::default();
    let mut link = connect(&wire, &mut buffers).unwrap();
    wire.borrow_mut().outgoing.clear();
    assert_eq!(poll_once(link.send(b"begin", false)), Poll::Ready(Ok(())));
    wire.borrow_mut().push(b"\x89\x02hi\x81\x01x", 100);
    assert_eq!(receive(&mut link), Poll::Ready(message("x")));
    assert_eq!(poll_once(link.send(b"end", true)), Poll::Ready(Ok(())));
    assert_eq!(wire.frames(), [(0x01, b"begin".to_vec()), (0x8A, b"hi".to_vec()), (0x80, b"end".to_vec())]);
}

#[test]
fn control_frames_wait_for_the_end_of_a_frame() {
    let wire = Wire::new(RESPONSE);
    let mut buffers = Buffers::default();
    let mut link = connect(&wire, &mut buffers).unwrap();
    wire.borrow_mut().outgoing.clear();
    wire.borrow_mut().write_limit = 3;
    wire.borrow_mut().hesitates = true;
    assert_eq!(send(&mut link, b"a text of some length", true), Ok(()));
    wire.borrow_mut().push(b"\x89\x01a\x89\x02bc", 1); // only the most recent ping need be answered
    assert_eq!(run(&mut link, &wire), []);
    assert_eq!(send(&mut link, b"next", true), Ok(()));
    assert_eq!(run(&mut link, &wire), []);
    let frames = wire.frames();
    assert_eq!(frames.first(), Some(&(0x81, b"a text of some length".to_vec())));
    assert!(frames.contains(&(0x8A, b"bc".to_vec())));
    assert_eq!(frames.last(), Some(&(0x81, b"next".to_vec())));
}

#[test]
fn ping_in_the_making_is_not_answered() {
    let wire = Wire::new(RESPONSE);
    let mut buffers = Buffers::default();
    let mut link = connect(&wire, &mut buffers).unwrap();
    wire.borrow_mut().outgoing.clear();
    wire.borrow_mut().write_limit = 0;
    assert_eq!(poll_once(link.send(b"x", true)), Poll::Ready(Ok(())));
    wire.borrow_mut().push(b"\x89\x04aaaa\x89\x04bb", 100);
    assert_eq!(receive(&mut link), Poll::Pending);
    wire.borrow_mut().write_limit = 100;
    assert_eq!(receive(&mut link), Poll::Pending);
    assert_eq!(wire.frames(), [(0x81, b"x".to_vec())]);
    wire.borrow_mut().push(b"cc", 100);
    assert_eq!(receive(&mut link), Poll::Pending);
    assert_eq!(wire.frames(), [(0x81, b"x".to_vec()), (0x8A, b"bbcc".to_vec())]);
}

#[test]
fn stuck_write_does_not_stop_reading() {
    let wire = Wire::new(RESPONSE);
    let mut buffers = Buffers::default();
    let mut link = connect(&wire, &mut buffers).unwrap();
    wire.borrow_mut().write_limit = 0;
    assert_eq!(poll_once(link.send(b"one", true)), Poll::Ready(Ok(()))); // lies in the write buffer
    assert_eq!(poll_once(link.send(b"two", true)), Poll::Pending);
    wire.borrow_mut().push(&text("hello"), 100);
    assert_eq!(receive(&mut link), Poll::Ready(message("hello")));
    wire.borrow_mut().outgoing.clear();
    wire.borrow_mut().write_limit = 100;
    assert_eq!(poll_once(link.send(b"two", true)), Poll::Ready(Ok(())));
    assert_eq!(wire.frames(), [(0x81, b"one".to_vec()), (0x81, b"two".to_vec())]);
}

#[test]
fn write_that_fails_or_takes_nothing_ends_the_connection() {
    for failing in 0..8 {
        let wire = Wire::new(RESPONSE);
        let mut buffers = Buffers::default();
        let mut link = connect(&wire, &mut buffers).unwrap();
        wire.borrow_mut().fail_write_after = Some(failing);
        wire.borrow_mut().write_limit = 1;
        assert_eq!(send(&mut link, b"xx", true), Err(Error::Stream(ErrorKind::BrokenPipe)));
        assert!(!link.is_connected());
    }
    let wire = Wire::new(RESPONSE);
    let mut buffers = Buffers::default();
    let mut link = connect(&wire, &mut buffers).unwrap();
    wire.borrow_mut().takes_nothing = true;
    assert_eq!(send(&mut link, b"xx", true), Err(Error::Disconnected));
}

// ---- Keep-alive and the end ----

#[test]
fn rpc_24_ping_each_interval() {
    let wire = Wire::new(RESPONSE);
    let mut buffers = Buffers::default();
    let mut link = connect(&wire, &mut buffers).unwrap();
    wire.borrow_mut().outgoing.clear();
    let mut pings = vec![];
    for second in 100..250 {
        link.keep_alive(Instant::from_secs(second), 60);
        assert_eq!(receive(&mut link), Poll::Pending);
        if wire.frames() == [(0x89, b"".to_vec())] {
            pings.push(second);
            wire.borrow_mut().push(b"\x8A\x00", 1);
        }
        wire.borrow_mut().outgoing.clear();
    }
    assert_eq!(pings, [160, 220]);
}

#[test]
fn rpc_24_no_ping_when_switched_off() {
    let wire = Wire::new(RESPONSE);
    let mut buffers = Buffers::default();
    let mut link = connect(&wire, &mut buffers).unwrap();
    wire.borrow_mut().outgoing.clear();
    for second in (0..1_000_000).step_by(1000) {
        link.keep_alive(Instant::from_secs(second), 0);
        assert_eq!(receive(&mut link), Poll::Pending);
    }
    assert_eq!(wire.frames(), []);
}

#[test]
fn rpc_24_missing_pong_ends_the_connection() {
    // the interval and when the connection is given up: one interval after the ping, at least ten seconds
    for (interval, end) in [(60, 120), (10, 20), (1, 11)] {
        let wire = Wire::new(RESPONSE);
        let mut buffers = Buffers::default();
        let mut link = connect(&wire, &mut buffers).unwrap();
        for second in 0..end {
            link.keep_alive(Instant::from_secs(second), interval);
            assert_eq!(receive(&mut link), Poll::Pending, "at {second}");
        }
        link.keep_alive(Instant::from_secs(end), interval);
        assert_eq!(receive(&mut link), Poll::Ready(Outcome::Over(Error::PongTimeout)));
        assert!(!link.is_connected());
    }
}

#[test]
fn rpc_24_pong_counts_though_the_firmware_comes_late() {
    let wire = Wire::new(RESPONSE);
    let mut buffers = Buffers::default();
    let mut link = connect(&wire, &mut buffers).unwrap();
    for second in [0, 30] {
        link.keep_alive(Instant::from_secs(second), 30);
        assert_eq!(receive(&mut link), Poll::Pending);
    }
    wire.borrow_mut().push(b"\x8A\x00", 1);
    link.keep_alive(Instant::from_secs(1000), 30);
    assert_eq!(receive(&mut link), Poll::Pending);
    assert!(link.is_connected());
}

#[test]
fn rpc_24_anything_received_counts_as_pong() {
    let wire = Wire::new(RESPONSE);
    let mut buffers = Buffers::default();
    let mut link = connect(&wire, &mut buffers).unwrap();
    // a message that trickles in, and a firmware that was away for longer than the timeout
    for (second, byte) in (0..2000).step_by(100).zip(text("a long message!!!!")) {
        link.keep_alive(Instant::from_secs(second), 30);
        wire.borrow_mut().push(&[byte], 1);
        let _ = receive(&mut link);
        assert!(link.is_connected());
    }
}

/// The interval, and how long the stream may take nothing: as long as a pong may take, 30 s at most.
const SEND_TIMEOUTS: [(u32, u64); 5] = [(0, 30), (3, 10), (10, 10), (20, 20), (300, 30)];

#[test]
fn rpc_31_a_send_that_the_stream_does_not_take_ends_the_connection() {
    for (interval, timeout) in SEND_TIMEOUTS {
        let wire = Wire::new(RESPONSE);
        let mut buffers = Buffers::default();
        let mut link = connect(&wire, &mut buffers).unwrap();
        wire.borrow_mut().write_limit = 0;
        for second in 0..timeout {
            link.keep_alive(Instant::from_secs(second), interval);
            // the first part lies in the write buffer
            assert_eq!(poll_once(link.send(b"x", true)).is_ready(), second == 0);
            assert!(link.next_deadline() <= Instant::from_secs(timeout));
        }
        link.keep_alive(Instant::from_secs(timeout), interval);
        assert_eq!(poll_once(link.send(b"x", true)), Poll::Ready(Err(Error::SendTimeout)));
        assert!(!link.is_connected());
        assert_eq!(link.next_deadline(), Instant::NEVER);
    }
}

#[test]
fn rpc_31_a_server_that_talks_and_does_not_read_is_given_up() {
    for (interval, timeout) in SEND_TIMEOUTS {
        let wire = Wire::new(RESPONSE);
        let mut buffers = Buffers::default();
        let mut link = connect(&wire, &mut buffers).unwrap();
        wire.borrow_mut().write_limit = 0;
        link.keep_alive(Instant::ZERO, interval);
        assert_eq!(poll_once(link.send(b"x", true)), Poll::Ready(Ok(())));
        for second in 0..timeout {
            link.keep_alive(Instant::from_secs(second), interval);
            wire.borrow_mut().push(&text("hello"), 100);
            assert_eq!(receive(&mut link), Poll::Ready(message("hello")));
        }
        link.keep_alive(Instant::from_secs(timeout), interval);
        assert_eq!(receive(&mut link), Poll::Ready(Outcome::Over(Error::SendTimeout)));
    }
}

#[test]
fn rpc_31_a_flush_that_never_ends_ends_the_connection() {
    let wire = Wire::new(RESPONSE);
    let mut buffers = Buffers::default();
    let mut link = connect(&wire, &mut buffers).unwrap();
    wire.borrow_mut().never_flushes = true;
    link.keep_alive(Instant::ZERO, 0);
    assert_eq!(poll_once(link.send(b"x", true)), Poll::Ready(Ok(())));
    for second in 0..30 {
        link.keep_alive(Instant::from_secs(second), 0);
        wire.borrow_mut().push(&text("hello"), 100);
        assert_eq!(receive(&mut link), Poll::Ready(message("hello")));
    }
    link.keep_alive(Instant::from_secs(30), 0);
    assert_eq!(receive(&mut link), Poll::Ready(Outcome::Over(Error::SendTimeout)));
}

#[test]
fn rpc_31_a_slow_stream_is_no_stuck_one() {
    let wire = Wire::new(RESPONSE);
    let mut buffers = Buffers::default();
    let mut link = connect(&wire, &mut buffers).unwrap();
    wire.borrow_mut().outgoing.clear();
    wire.borrow_mut().write_limit = 0;
    assert_eq!(poll_once(link.send(b"a text of some length", true)), Poll::Ready(Ok(())));
    for second in (0..300).step_by(9) {
        link.keep_alive(Instant::from_secs(second), 0);
        assert_eq!(receive(&mut link), Poll::Pending);
        // takes one byte and no more
        wire.borrow_mut().write_limit = 1;
        wire.borrow_mut().hesitates = true;
        assert_eq!(receive(&mut link), Poll::Pending);
        assert_eq!(receive(&mut link), Poll::Pending);
        wire.borrow_mut().write_limit = 0;
        wire.borrow_mut().hesitates = false;
    }
    assert_eq!(wire.frames(), [(0x81, b"a text of some length".to_vec())]);
}

#[test]
fn stuck_farewell_is_given_up() {
    let wire = Wire::new([RESPONSE.as_bytes(), b"\x88\x02\x03\xE8"].concat());
    let mut buffers = Buffers::default();
    let mut link = connect(&wire, &mut buffers).unwrap();
    wire.borrow_mut().write_limit = 0;
    for second in 0..5 {
        link.keep_alive(Instant::from_secs(second), 0);
        assert_eq!(receive(&mut link), Poll::Pending);
        assert_eq!(poll_once(link.send(b"x", true)), Poll::Pending);
    }
    link.keep_alive(Instant::from_secs(6), 0);
    assert_eq!(receive(&mut link), Poll::Ready(Outcome::Over(Error::Closed(Some(1000)))));
}

#[test]
fn polite_close() {
    for answer in [b"\x88\x02\x03\xE8".as_slice(), b"\x81\x01x\x89\x00\x88\x00"] {
        let wire = Wire::new(RESPONSE);
        let mut buffers = Buffers::default();
        let mut link = connect(&wire, &mut buffers).unwrap();
        wire.borrow_mut().outgoing.clear();
        wire.borrow_mut().write_limit = 1;
        wire.borrow_mut().hesitates = true;
        wire.borrow_mut().push(answer, 1);
        wire.borrow_mut().incoming.push_back(Step::End);
        assert_eq!(block_on(poll_fn(|_| link.poll_close())), Ok(()));
        assert_eq!(wire.frames(), [(0x88, b"\x03\xE8".to_vec())]);
    }
    // a server that just hangs up or breaks the rules, or a stream that breaks
    for (answer, result) in [
        (Step::End, Ok(())),
        (Step::Bytes([0xFF].into()), Err(Error::Violation(Violation::ReservedBits))),
        (Step::Fail, Err(Error::Stream(ErrorKind::BrokenPipe))),
    ] {
        let wire = Wire::new(RESPONSE);
        let mut buffers = Buffers::default();
        let mut link = connect(&wire, &mut buffers).unwrap();
        wire.borrow_mut().incoming.push_back(answer);
        assert_eq!(block_on(poll_fn(|_| link.poll_close())), result);
    }
}

// ---- Under a charge point, in a superloop ----

#[test]
fn a_socket_that_is_slow_to_connect_keeps_nobody_waiting() {
    let wire = Wire::new(RESPONSE);
    wire.borrow_mut().write_limit = 0; // it takes nothing before it is connected
    let mut buffers = Buffers::default();
    superloop(&mut buffers, |charger, link, told| {
        link.open(Stream(wire.clone()), &OPTIONS);
        for second in 0..60 {
            assert!(poll(charger, link, second).is_ok());
            assert!(!charger.is_connected() && !link.is_over());
        }
        wire.borrow_mut().write_limit = usize::MAX;
        assert!(poll(charger, link, 60).is_ok());
        assert!(charger.is_connected());
        assert!(wire.frames()[0].1.starts_with(b"[2,"), "BootNotification");
        assert_eq!(told.get(), None);
    });
}

#[test]
fn rpc_03_poll_tells_once_why_there_is_no_connection() {
    let mut buffers = Buffers::default();
    superloop(&mut buffers, |charger, link, told| {
        for (second, why) in
            [ConnectFailure::Status(401), ConnectFailure::ServerCertificate, ConnectFailure::UnknownHost]
                .into_iter()
                .enumerate()
                .map(|(number, why)| (1 + 100 * number as u64, why))
        {
            match why {
                ConnectFailure::Status(_) => link.open(Stream(Wire::new("HTTP/1.1 401 No\r\n\r\n")), &OPTIONS),
                ConnectFailure::UnknownHost => link.abandon(why), // what the firmware knows
                _ => link.open(Stream(Wire::steps(vec![Step::Fail])), &OPTIONS),
            }
            assert_eq!(poll(charger, link, second), Err(charge_point::Error::Connect(why)));
            assert_eq!(told.take(), Some(why));
            assert!(link.is_over() && !charger.is_connected());
            assert!(charger.connect_at() > Instant::from_secs(second));
            assert!(poll(charger, link, second + 1).is_ok());
            assert_eq!(told.take(), None);
        }
        link.open(Stream(Wire::new("")), &Options::new("", "/", "CP1"));
        assert_eq!(poll(charger, link, 300), Err(charge_point::Error::Connect(ConnectFailure::Setup)));
    });
}

#[test]
fn what_a_connection_left_unfinished_does_not_come_into_the_next() {
    let mut buffers = Buffers::default();
    superloop(&mut buffers, |charger, link, _| {
        let first = Wire::new([RESPONSE.as_bytes(), b"\x01\x03[2,", b"\x89\x05Hel"].concat());
        link.open(Stream(first.clone()), &OPTIONS);
        assert_eq!(link.poll_handshake(), Poll::Ready(Ok(())));
        first.borrow_mut().fail_write_after = Some(20); // in the middle of BootNotification
        assert!(matches!(poll(charger, link, 1), Err(charge_point::Error::Transport(_))));
        assert!(link.is_over());

        let second = Wire::new([RESPONSE.as_bytes(), b"\x81\x02{}\x89\x00"].concat());
        link.open(Stream(second.clone()), &OPTIONS);
        for at in 10..12 {
            assert!(poll(charger, link, at).is_ok());
        }
        assert!(charger.is_connected());
        let frames = second.frames();
        assert!(frames[0].1.starts_with(b"[2,") && frames[0].1.ends_with(b"]"), "whole, and from its beginning");
        assert_eq!(frames[1], (0x8A, vec![]));
    });
}

#[test]
fn the_charge_point_goes_on_with_a_close_that_has_begun() {
    for answers in [true, false] {
        let mut buffers = Buffers::default();
        superloop(&mut buffers, |charger, link, told| {
            let wire = Wire::new(RESPONSE);
            link.open(Stream(wire.clone()), &OPTIONS);
            assert!(poll(charger, link, 1).is_ok());
            assert!(link.poll_close().is_pending());
            for second in 2..6 {
                assert!(poll(charger, link, second).is_ok());
                assert!(!charger.is_connected() && !link.is_over());
            }
            assert_eq!(wire.frames().last(), Some(&(0x88, b"\x03\xE8".to_vec())));
            if answers {
                wire.borrow_mut().push(b"\x88\x02\x03\xE8", 1);
            }
            for second in 6..=7 {
                assert!(poll(charger, link, second).is_ok());
                assert_eq!(link.is_over(), answers || second == 7, "five seconds after it was told");
            }
            assert_eq!(told.get(), None);
        });
    }
}

type Told<'t> = &'t Cell<Option<ConnectFailure>>;

/// Has a charge point and a link that is not open yet.
fn superloop(buffers: &mut Buffers, act: impl FnOnce(&mut ChargePoint<'_>, &mut Link<'_>, Told<'_>)) {
    let told = Cell::new(None);
    let tell = |why| told.set(Some(why));
    let mut resources = Resources::<1>::new();
    let mut charger = ChargePoint::new(&mut resources, Boot::new("Model", "Vendor")).unwrap();
    charger.set_hardware(&MeterOnly, 1).unwrap();
    charger.set_on_reset_execute(&|_| ());
    charger.set_on_connect_failed(&tell);
    let Buffers { read, write } = buffers;
    let mut link = WebSocket::new(read, write, random as fn(&mut [u8]));
    assert!(poll(&mut charger, &mut link, 0).is_ok());
    act(&mut charger, &mut link, &told);
}

fn poll(
    charger: &mut ChargePoint<'_>,
    link: &mut Link<'_>,
    second: u64,
) -> Result<Instant, charge_point::Error<Error<ErrorKind>, RamStorageFull>> {
    charger.poll(Instant::from_secs(second), link, &mut RamStorage::<1024>::new())
}

#[test]
fn errors_are_told_in_words() {
    use std::error::Error as _;
    let error = Error::<ErrorKind>::Violation(Violation::Masked);
    assert_eq!(error.to_string(), "server broke the protocol: masked frame");
    assert_eq!(error.source().unwrap().to_string(), "masked frame");
    assert!(ConnectError::Stream(ErrorKind::BrokenPipe).source().is_some());
    assert_eq!(ConnectError::<ErrorKind>::Status(401).to_string(), "server answered with HTTP status 401");
}

// ---- The server and its frames, from RFC 6455 ----

/// The answer to the nonce of RFC 6455 §1.3, with the accept key stated there.
const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
    Sec-WebSocket-Protocol: ocpp1.6\r\n\
    \r\n";

/// Draws the nonce of RFC 6455 §1.3 for the handshake, the mask of §5.7 for each frame.
fn random(bytes: &mut [u8]) {
    match bytes.len() {
        16 => bytes.copy_from_slice(b"the sample nonce"),
        _ => bytes.copy_from_slice(&MASK),
    }
}

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

fn text(payload: &str) -> Vec<u8> {
    frame(0x81, payload)
}

fn frame(head: u8, payload: &str) -> Vec<u8> {
    let mut frame = vec![head];
    match payload.len() {
        length @ ..126 => frame.push(length as u8),
        length @ ..65_536 => {
            frame.push(126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(payload.as_bytes());
    frame
}

// ---- The stream ----

#[derive(Clone, Debug)]
enum Step {
    Bytes(VecDeque<u8>),
    /// One read finds nothing.
    Wait,
    End,
    Fail,
}

/// Both directions of a connection, as seen from outside.
struct Wire {
    incoming: VecDeque<Step>,
    outgoing: Vec<u8>,
    flushed: usize,
    /// Bytes taken by one write; with none every write waits.
    write_limit: usize,
    /// Every other write and flush waits.
    hesitates: bool,
    hesitated: bool,
    fail_write_after: Option<usize>,
    takes_nothing: bool,
    never_flushes: bool,
}

type SharedWire = Rc<RefCell<Wire>>;

impl Wire {
    fn new(bytes: impl AsRef<[u8]>) -> SharedWire {
        Self::chunked(bytes.as_ref(), usize::MAX)
    }

    fn chunked(bytes: &[u8], chunk: usize) -> SharedWire {
        let wire = Self::steps(vec![]);
        wire.borrow_mut().push(bytes, chunk);
        wire
    }

    fn steps(steps: Vec<Step>) -> SharedWire {
        Rc::new(RefCell::new(Self {
            incoming: steps.into(),
            outgoing: vec![],
            flushed: 0,
            write_limit: usize::MAX,
            hesitates: false,
            hesitated: false,
            fail_write_after: None,
            takes_nothing: false,
            never_flushes: false,
        }))
    }

    fn push(&mut self, bytes: &[u8], chunk: usize) {
        self.incoming.extend(bytes.chunks(chunk).map(|chunk| Step::Bytes(chunk.iter().copied().collect())));
    }

    fn poll_read(&mut self, buffer: &mut [u8]) -> Poll<Result<usize, ErrorKind>> {
        assert!(!buffer.is_empty(), "an empty read looks like the end of the stream");
        match self.incoming.pop_front() {
            None | Some(Step::Wait) => Poll::Pending,
            Some(Step::Fail) => Poll::Ready(Err(ErrorKind::BrokenPipe)),
            Some(Step::End) => {
                self.incoming.push_front(Step::End);
                Poll::Ready(Ok(0))
            }
            Some(Step::Bytes(mut bytes)) => {
                let count = buffer.len().min(bytes.len());
                buffer.iter_mut().zip(bytes.drain(..count)).for_each(|(to, from)| *to = from);
                if !bytes.is_empty() {
                    self.incoming.push_front(Step::Bytes(bytes));
                }
                Poll::Ready(Ok(count))
            }
        }
    }

    fn poll_write(&mut self, bytes: &[u8]) -> Poll<Result<usize, ErrorKind>> {
        if self.takes_nothing {
            return Poll::Ready(Ok(0));
        }
        if self.hesitate() || self.write_limit == 0 {
            return Poll::Pending;
        }
        let mut limit = self.write_limit;
        if let Some(left) = &mut self.fail_write_after {
            if *left == 0 {
                return Poll::Ready(Err(ErrorKind::BrokenPipe));
            }
            limit = limit.min(*left);
            *left -= limit.min(bytes.len());
        }
        let count = bytes.len().min(limit);
        self.outgoing.extend(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(&mut self) -> Poll<Result<(), ErrorKind>> {
        if self.hesitate() || self.never_flushes {
            return Poll::Pending;
        }
        self.flushed = self.outgoing.len();
        Poll::Ready(Ok(()))
    }

    fn hesitate(&mut self) -> bool {
        self.hesitated = self.hesitates && !self.hesitated;
        self.hesitated
    }
}

trait Frames {
    /// First byte and payload of each frame that the client has sent; they must be masked and minimal.
    fn frames(&self) -> Vec<(u8, Vec<u8>)>;
}

impl Frames for SharedWire {
    fn frames(&self) -> Vec<(u8, Vec<u8>)> {
        let wire = self.borrow();
        let mut bytes = wire.outgoing.as_slice();
        if bytes.starts_with(b"GET ") {
            let head = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
            bytes = &bytes[head + 4..];
        }
        let mut frames = vec![];
        while let [first, second, rest @ ..] = bytes {
            assert_eq!(second & 0x80, 0x80, "frame of a client is not masked");
            let (length, rest) = match (second & 0x7F, rest) {
                (126, [a, b, rest @ ..]) => {
                    let length = u16::from_be_bytes([*a, *b]);
                    assert!(length > 125);
                    (usize::from(length), rest)
                }
                (127, _) => panic!("a frame of over 65 535 bytes"),
                (length, rest) => (usize::from(length), rest),
            };
            let (mask, rest) = rest.split_at(4);
            assert_eq!(mask, MASK);
            let (payload, rest) = rest.split_at(length);
            let payload = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
            frames.push((*first, payload));
            bytes = rest;
        }
        assert!(bytes.is_empty(), "frame is incomplete");
        frames
    }
}

#[derive(Debug)]
struct Stream(SharedWire);

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}

impl websocket::Stream for Stream {
    type Error = ErrorKind;

    fn read(&mut self, buffer: &mut [u8]) -> Poll<Result<usize, ErrorKind>> {
        self.0.borrow_mut().poll_read(buffer)
    }

    fn write(&mut self, bytes: &[u8]) -> Poll<Result<usize, ErrorKind>> {
        self.0.borrow_mut().poll_write(bytes)
    }

    fn flush(&mut self) -> Poll<Result<(), ErrorKind>> {
        self.0.borrow_mut().poll_flush()
    }

    fn connect_failure(error: &ErrorKind) -> ConnectFailure {
        assert_eq!(*error, ErrorKind::BrokenPipe);
        ConnectFailure::ServerCertificate // there may be TLS in the stream
    }
}

// ---- Driving the adapter ----

/// More polls than any dialogue here needs: who takes more hangs.
const MAX_POLLS: usize = 1_000_000;

struct Buffers {
    read: Vec<u8>,
    write: Vec<u8>,
}

impl Default for Buffers {
    fn default() -> Self {
        Self { read: vec![0; 2048], write: vec![0; 1024] }
    }
}

const OPTIONS: Options<'static> = Options::new("csms.example.com", "/ocpp", "RDAM 123");

type Link<'a> = WebSocket<'a, Stream, fn(&mut [u8])>;

#[derive(Clone, Debug, PartialEq)]
enum Outcome {
    Message(String),
    TooLong(String),
    Part(String),
    Over(Error<ErrorKind>),
}

fn message(text: &str) -> Outcome {
    Outcome::Message(text.into())
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..MAX_POLLS {
        if let Poll::Ready(output) = poll_once(future.as_mut()) {
            return output;
        }
    }
    panic!("hangs");
}

fn connect<'a>(wire: &SharedWire, buffers: &'a mut Buffers) -> Result<Link<'a>, ConnectError<ErrorKind>> {
    let Buffers { read, write } = buffers;
    open(wire, &OPTIONS, read, write)
}

fn open<'a>(
    wire: &SharedWire,
    options: &Options<'_>,
    read: &'a mut [u8],
    write: &'a mut [u8],
) -> Result<Link<'a>, ConnectError<ErrorKind>> {
    let mut link = WebSocket::new(read, write, random as fn(&mut [u8]));
    link.open(Stream(wire.clone()), options);
    for _ in 0..MAX_POLLS {
        if let Poll::Ready(result) = link.poll_handshake() {
            assert_eq!(link.is_connected(), result.is_ok());
            return result.map(|()| link);
        }
    }
    panic!("hangs");
}

/// Why `response`, arriving in chunks, is not accepted.
fn refusal(response: &str, chunk: usize) -> ConnectError<ErrorKind> {
    let wire = Wire::chunked(response.as_bytes(), chunk);
    connect(&wire, &mut Buffers::default()).err().expect("accepted")
}

/// The request of a connection with these options.
fn request(options: Options<'_>) -> String {
    let wire = Wire::new(RESPONSE);
    let Buffers { mut read, mut write } = Buffers::default();
    let link = open(&wire, &options, &mut read, &mut write);
    assert!(link.is_ok());
    String::from_utf8(wire.borrow().outgoing.clone()).unwrap()
}

/// Polls `receive` once and drops it.
fn receive(link: &mut Link<'_>) -> Poll<Outcome> {
    receive_into(link, &mut [0; 1024])
}

fn receive_into(link: &mut Link<'_>, buffer: &mut [u8]) -> Poll<Outcome> {
    outcome(poll_once(link.receive(buffer)), buffer)
}

fn outcome(received: Poll<Result<Option<Received>, Error<ErrorKind>>>, buffer: &[u8]) -> Poll<Outcome> {
    let string = |length| String::from_utf8(buffer[..length].to_vec()).unwrap_or("not UTF-8".into());
    received.map(|result| match result {
        Ok(Some(Received::Message(length))) => Outcome::Message(string(length)),
        Ok(Some(Received::TooLong(length))) => Outcome::TooLong(string(length)),
        Ok(Some(Received::Part(length))) => Outcome::Part(string(length)),
        Ok(None) => unreachable!("waits instead"),
        Err(error) => Outcome::Over(error),
    })
}

/// Receives, a dropped future each time, until nothing is left to read or write or the connection is over.
fn run(link: &mut Link<'_>, wire: &SharedWire) -> Vec<Outcome> {
    run_with(link, wire, &mut [0; 1024])
}

fn run_with(link: &mut Link<'_>, wire: &SharedWire, buffer: &mut [u8]) -> Vec<Outcome> {
    run_by(link, wire, buffer, receive_into)
}

/// The same with parts.
fn run_in_parts(link: &mut Link<'_>, wire: &SharedWire, buffer: &mut [u8]) -> Vec<Outcome> {
    run_by(link, wire, buffer, |link, buffer| outcome(poll_once(link.receive_in_parts(buffer)), buffer))
}

fn run_by(
    link: &mut Link<'_>,
    wire: &SharedWire,
    buffer: &mut [u8],
    receive: fn(&mut Link<'_>, &mut [u8]) -> Poll<Outcome>,
) -> Vec<Outcome> {
    let mut outcomes = vec![];
    let mut idle = 0;
    for _ in 0..MAX_POLLS {
        buffer.fill(b'?'); // its content may change between calls
        match receive(link, buffer) {
            Poll::Ready(outcome) => outcomes.push(outcome),
            Poll::Pending if wire.borrow().incoming.is_empty() => idle += 1,
            Poll::Pending => {}
        }
        if idle > 500 || !link.is_connected() {
            return outcomes;
        }
    }
    panic!("hangs");
}

/// Sends a part, a dropped future each time.
fn send(link: &mut Link<'_>, part: &[u8], last: bool) -> Result<(), Error<ErrorKind>> {
    for _ in 0..MAX_POLLS {
        if let Poll::Ready(result) = poll_once(link.send(part, last)) {
            return result;
        }
    }
    panic!("hangs");
}

/// The bytes cut in two at every place, byte by byte, and each with waits in between.
fn splits(bytes: &[u8]) -> Vec<Vec<Step>> {
    let step = |bytes: &[u8]| Step::Bytes(bytes.iter().copied().collect());
    let mut scripts = vec![
        bytes.chunks(1).map(step).collect(),
        bytes.chunks(1).flat_map(|byte| [step(byte), Step::Wait]).collect(),
        bytes.chunks(3).flat_map(|bytes| [step(bytes), Step::Wait, Step::Wait]).collect(),
    ];
    for index in 1..bytes.len() {
        let (begin, end) = bytes.split_at(index);
        scripts.push(vec![step(begin), step(end)]);
        scripts.push(vec![step(begin), Step::Wait, step(end)]);
    }
    scripts
}

/// Receives `frames` behind the response of the handshake, split in every way, and compares what the
/// caller gets and what the server gets.
fn expect_at_every_split(frames: &[u8], outcomes: &[Outcome], replies: &[(u8, &str)]) {
    let replies: Vec<_> = replies.iter().map(|(head, text)| (*head, text.as_bytes().to_vec())).collect();
    for steps in splits(&[RESPONSE.as_bytes(), frames].concat()) {
        for hesitates in [false, true] {
            let wire = Wire::steps(steps.clone());
            let mut buffers = Buffers::default();
            let mut link = connect(&wire, &mut buffers).unwrap();
            wire.borrow_mut().hesitates = hesitates;
            assert_eq!(run(&mut link, &wire), outcomes, "{steps:?}");
            assert!(link.is_connected());
            if !hesitates {
                assert_eq!(wire.frames(), replies, "{steps:?}");
            } else {
                // of pings in quick succession the last one is answered for sure
                assert_eq!(wire.frames().last(), replies.last(), "{steps:?}");
            }
        }
    }
}

/// Whatever way `frames` are split, they end the connection, and the server is told (code 1002).
fn violates(frames: &[u8], violation: Violation) {
    for steps in splits(&[RESPONSE.as_bytes(), frames].concat()) {
        let wire = Wire::steps(steps);
        let mut buffers = Buffers::default();
        let mut link = connect(&wire, &mut buffers).unwrap();
        assert_eq!(run(&mut link, &wire).last(), Some(&Outcome::Over(Error::Violation(violation))));
        assert!(!link.is_connected());
        assert_eq!(wire.frames(), [(0x88, 1002_u16.to_be_bytes().to_vec())]);
    }
}

/// The parameters do not get in the way of an error type that cannot occur.
const _: fn(Error<Infallible>) -> Box<dyn std::error::Error> = |error| Box::new(error);
