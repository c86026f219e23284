//! Whose turn it is.

use deskside_protocol::AttachmentId;

use super::*;
use proptest::prelude::*;

fn queued(sequence: i64, client_id: ClientId, message: Message) -> (i64, Queued) {
    let queued_at = Timestamp::from_unix_ms(0);
    (sequence, Queued { sequence, id: sequence.to_string(), client_id, payload: None, message, queued_at })
}

fn message() -> impl Strategy<Value = Message> {
    let kind = prop_oneof![Just(Kind::FollowUp), Just(Kind::Verdict), Just(Kind::Ticket)];
    let stage = prop_oneof![
        any::<bool>().prop_map(|doubt| Stage::New { doubt }),
        Just(Stage::Placed { number: Some(1), missing: vec![AttachmentId::new()], doubt: false }),
        proptest::option::of(Just(1u64)).prop_map(|number| Stage::Parked {
            number,
            arrived: number.is_some(),
            why: ErrorReport::new(ErrorCode::Refused, "no")
        }),
    ];
    (kind, stage).prop_map(|(kind, stage)| Message { stage, ..Message::new(kind, vec![]) })
}

proptest! {
    #[test]
    fn turns_are_kept_within_a_request_and_nothing_waits_for_another_request(
        messages in proptest::collection::vec((0usize..4, message()), 0..24),
    ) {
        let requests: Vec<_> = (0..4).map(|_| ClientId::new()).collect();
        let queue: BTreeMap<_, _> = messages
            .into_iter()
            .zip(1..)
            .map(|((request, message), sequence)| queued(sequence, requests[request], message))
            .collect();
        let heads = heads(&queue);
        for request in requests {
            let own: Vec<_> = queue.values().filter(|q| q.client_id == request).collect();
            let head = heads.iter().find(|q| q.client_id == request);
            let first = own.iter().find(|q| !q.message.lets_pass());
            prop_assert_eq!(head.map(|q| q.sequence), first.map(|q| q.sequence));
        }
    }
}
