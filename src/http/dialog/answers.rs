//! What a dialog answers to those who ask it: plain words, by which nobody can move it.

/// Where a request is, as a person would tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Between two requests.
    Idle,
    /// A head is being read.
    Head,
    /// The request is with its handler or exchange, and no response is known.
    Route,
    /// The same, while its body is read.
    Body,
    /// A response is being made.
    Respond,
    /// It is made, and on its way.
    Flush,
    /// Our side was ended; what comes is read and dropped.
    Linger,
    /// All is over.
    Gone,
}

/// What the bytes of the peer are at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// What a proxy says of the connection that it passes on.
    ProxyHeader,
    /// A request head.
    Head,
    /// A body that is offered to the exchange.
    Body,
    /// A body that is counted and dropped.
    Discard,
    /// Another protocol, which is offered to the exchange.
    Switched,
    /// Nothing any more: whatever comes is dropped.
    Anything,
    /// Not to be read yet, or never.
    Nothing,
}

/// What is waited for, and so which limit of time applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The first byte of a request.
    Request,
    /// The rest of a head.
    Head,
    /// Bytes of a body that somebody reads.
    Body,
    /// The end of a body that nobody reads.
    Discard,
    /// The peer, to take what was queued.
    Reader,
    /// The exchange, or the source of its answer: it has its own deadlines.
    Answer,
    /// The peer or the exchange, after a switch to another protocol: which of them, nobody knows
    /// here.
    Switched,
    /// The end of the peer's stream.
    End,
}

/// What the joint state asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joint {
    /// Go on.
    Stay,
    /// Both sides are through: the next request may come.
    NextCycle,
    /// Close when everything queued was sent.
    Close,
    /// Our side is through, the peer's is not, after a switch to another protocol: when everything
    /// was sent, end our side of the stream, and go on to receive.
    EndOutput,
    /// Send everything, then end the stream and wait for the peer to end its own (RFC 9112
    /// section 9.6), for a close with unread bytes would reset the connection.
    Linger,
}
