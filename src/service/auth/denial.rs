//! Why a caller was not let in: for the log of whoever runs the service, never for the caller (SC-16, P-03).

/// What was wrong with a token. The caller sees one and the same 401 for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// No `Authorization` header.
    NoToken,
    /// Several `Authorization` headers, or one that is no bearer token.
    NotBearer,
    /// Longer than any honest token.
    TooLong,
    /// Not three parts in canonical base64url.
    Malformed,
    /// The header is no JSON object of the right types, or a member is missing.
    Header,
    /// `typ` is not `JWT`.
    Type,
    /// `alg` is unknown, symmetric or `none`.
    Algorithm,
    /// The header demands an extension (`crit`, `b64`) nobody agreed on.
    Critical,
    /// A claim is missing or of the wrong JSON type.
    Claims,
    /// `iss` is no registered client.
    Issuer,
    /// The connection came without a certificate of this client.
    Certificate,
    /// `alg` is not on the list of this client.
    AlgorithmNotAllowed,
    /// `jku` is not the address registered for this client.
    KeyAddress,
    /// The keys of this client cannot be had.
    NoKeys,
    /// `kid` is not in the key set of this client.
    UnknownKey,
    /// The key is of another kind than `alg` needs.
    KeyKind,
    /// The signature is not by that key.
    Signature,
    /// `aud` names neither this address nor one agreed with the client.
    Audience,
    /// `exp` has passed.
    Expired,
    /// `nbf` or `iat` lies ahead.
    NotYet,
    /// It lives longer than agreed, or no time at all.
    Lifetime,
    /// `tenant` is not on the list of this client.
    Tenant,
    /// The token was used before.
    Replayed,
}

impl Denial {
    /// The name of the cause in the log.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoToken => "no-token",
            Self::NotBearer => "not-bearer",
            Self::TooLong => "token-too-long",
            Self::Malformed => "token-malformed",
            Self::Header => "header",
            Self::Type => "typ",
            Self::Algorithm => "alg",
            Self::Critical => "crit",
            Self::Claims => "claims",
            Self::Issuer => "iss-unknown",
            Self::Certificate => "certificate",
            Self::AlgorithmNotAllowed => "alg-not-allowed",
            Self::KeyAddress => "jku",
            Self::NoKeys => "keys-unavailable",
            Self::UnknownKey => "kid-unknown",
            Self::KeyKind => "key-kind",
            Self::Signature => "signature",
            Self::Audience => "aud",
            Self::Expired => "expired",
            Self::NotYet => "not-yet-valid",
            Self::Lifetime => "lifetime",
            Self::Tenant => "tenant",
            Self::Replayed => "replayed",
        }
    }
}
