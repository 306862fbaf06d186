//! The list of all settings.

use super::{Setting, setting};

/// All settings, in the order of the example file.
pub const SETTINGS: &[Setting] = &[
    setting(
        "profile",
        Some("\"development\""),
        "What the service is used for: \"development\" (made-up patients) or \"production\" (patients). Production \
         refuses to start with unsafe settings, or with knowledge that is not approved.",
    )
    .such_as("\"production\"")
    .overridden("APPOSITE_PROFILE", "--profile"),
    setting(
        "listen",
        Some("\"127.0.0.1:8080\""),
        "Address and port to listen on; port 0 takes any free one. Beyond this machine only with signed calls, and with \
         TLS: our own ([tls]) or that of a proxy in front (tls_ends_upstream).",
    )
    .overridden("APPOSITE_LISTEN", "--listen"),
    setting(
        "base_url",
        None,
        "The address of the service as clients see it, without /cds-services. Tokens must be made out to it. In \
         development it defaults to the address listened on.",
    )
    .such_as("\"https://cds.example.org\"")
    .overridden("APPOSITE_BASE_URL", "--base-url"),
    setting(
        "tls_ends_upstream",
        Some("false"),
        "Whether a proxy in front ends TLS, and nobody else can reach the address listened on.",
    )
    .such_as("true"),
    setting(
        "discovery_needs_token",
        Some("false"),
        "Whether GET /cds-services, too, needs a token. The document holds nothing about patients.",
    ),
    setting(
        "cards",
        None,
        "Folder with the knowledge; a relative path starts at this file. Left out: the knowledge built in.",
    )
    .overridden("APPOSITE_CARDS", "--cards"),
    setting(
        "local_codes",
        None,
        "CSV file that says what the site's own codes mean, and which to offer; see local-codes.md.",
    )
    .overridden("APPOSITE_LOCAL_CODES", "--local-codes"),
    setting(
        "dialect",
        Some("\"generic-3.0\""),
        "How callers speak CDS Hooks where no client is registered: a dialect as in client.dialect.",
    )
    .overridden("APPOSITE_DIALECT", "--dialect"),
    setting("limits.body_bytes", Some("4194304"), "The largest request body, in bytes."),
    setting(
        "limits.head_seconds",
        Some("5"),
        "Seconds for a request head, from its first byte or from connecting.",
    ),
    setting("limits.body_seconds", Some("10"), "Seconds for a request body."),
    setting(
        "limits.idle_seconds",
        Some("75"),
        "Seconds a connection may rest between calls; longer than the proxy in front keeps it.",
    ),
    setting(
        "limits.drain_seconds",
        Some("10"),
        "Seconds that calls in flight may take once the service is asked to end.",
    ),
    setting(
        "limits.leave_seconds",
        Some("0"),
        "Seconds for which new connections are still taken, and /health/ready says 503, once the service is asked to \
         end. Behind a load balancer: longer than it takes to notice.",
    ),
    setting("limits.connections", Some("1024"), "Connections served at once."),
    setting(
        "limits.calls",
        Some("256"),
        "Calls being judged, or waiting for a FHIR server, at once. Further ones get 503 and `Retry-After`.",
    ),
    setting(
        "limits.answer_millis",
        Some("2000"),
        "Milliseconds a call may wait for its answer once its body is in; then it gets 503.",
    ),
    setting(
        "limits.rate_per_second",
        Some("0"),
        "Calls a second, all callers together, where no client is registered; 0: no limit. Further ones get 429.",
    ),
    setting(
        "limits.burst",
        Some("200"),
        "Calls at once after a rest, where limits.rate_per_second limits them.",
    ),
    setting(
        "limits.failures_per_second",
        Some("10"),
        "Attempts a second without a valid token, for each address; 0: no limit. Further ones get 429 unread. Has no \
         effect with tls_ends_upstream, where all calls come from the address of the proxy.",
    ),
    setting(
        "limits.failures_burst",
        Some("100"),
        "Attempts at once without a valid token, for each address.",
    ),
    setting(
        "fhir.deadline_millis",
        Some("450"),
        "Milliseconds from the arrival of a call until whatever has not come from a FHIR server counts as not \
         delivered; less than limits.answer_millis, at most 5000.",
    ),
    setting("fhir.pages", Some("10"), "Pages read per query."),
    setting("fhir.page_bytes", Some("8388608"), "Bytes read per page."),
    setting(
        "fhir.call_bytes",
        Some("16777216"),
        "Bytes read per call, all queries together.",
    ),
    setting(
        "fhir.requests",
        Some("64"),
        "Requests under way to one FHIR server at once, for one client; further ones wait, within the time above.",
    ),
    setting(
        "tls.certificate",
        None,
        "PEM file with the certificate of this service and those in between: it then speaks TLS 1.2 and 1.3 itself. \
         Read again on SIGHUP and once a minute; one that cannot be used leaves the old one in place.",
    ),
    setting("tls.key", None, "PEM file with the private key of the certificate."),
    setting(
        "tls.client_ca",
        None,
        "PEM file with the authorities that sign the certificates of clients (mutual TLS). Left out: clients show none.",
    ),
    setting(
        "tls.client_required",
        Some("true"),
        "With tls.client_ca: whether a connection without a certificate is refused.",
    ),
    setting(
        "tls.handshake_seconds",
        Some("5"),
        "Seconds for a TLS handshake.",
    ),
    setting(
        "admin.listen",
        None,
        "Address and port for /health/live, /health/ready and /metrics (Prometheus), apart from the calls and without \
         TLS or authentication. Left out: there is none, and nothing is counted.",
    )
    .such_as("\"127.0.0.1:9090\""),
    setting(
        "admin.remote",
        Some("false"),
        "Whether admin.listen may be beyond this machine. Only where a network keeps callers away from it.",
    ),
    setting(
        "store.url",
        None,
        "Where decisions (without names of persons) and feedback are kept: \"sqlite:FILE\", a PostgreSQL as \
         \"postgres://USER@HOST/DATABASE\" for several replicas, or \"none\": then there is no audit and no address for \
         feedback. Left out: apposite.db in STATE_DIRECTORY (systemd), else in XDG_STATE_HOME/apposite, else in \
         ~/.local/state/apposite.",
    )
    .such_as("\"sqlite:apposite.db\"")
    .overridden("APPOSITE_STORE", "--store"),
    setting(
        "store.key_file",
        None,
        "32 or more random bytes, under which persons and orders become pseudonyms. Left out: a file beside the SQLite \
         file, made on first use. Needed with PostgreSQL, the same for every replica.",
    ),
    setting(
        "store.password_file",
        None,
        "File with the password of the PostgreSQL; `url` must not hold it.",
    ),
    setting(
        "store.ca",
        None,
        "PEM file of the authorities that may have signed the certificate of the PostgreSQL. Needed if it is on another \
         machine: the connection is then encrypted.",
    ),
    setting(
        "store.keep_days",
        Some("2190"),
        "Days until decisions and feedback are deleted. Six years by default.",
    ),
    setting(
        "store.comment_days",
        Some("90"),
        "Days until comments in feedback are deleted, if they are kept.",
    ),
    setting(
        "store.comments",
        Some("false"),
        "Whether comments in feedback are kept, cut to 1024 characters. People write about patients there.",
    ),
    setting(
        "store.queue",
        Some("4096"),
        "Calls whose audit rows may wait to be written. Calls never wait for the store: what finds no place is lost, and \
         counted.",
    ),
    setting(
        "store.share_tokens",
        Some("false"),
        "Whether replicas on one PostgreSQL share which tokens were used, so that each passes once among all of them. \
         Where it does not answer within 20 ms, each replica remembers for itself.",
    ),
    setting(
        "mode.service",
        Some("\"live\""),
        "What becomes of cards. \"live\": shown. \"shadow\": judged and kept, and not shown, to see first what would \
         fire; `apposite report` compares it with what was ordered. \"off\": calls get no cards and are not judged. \
         The stricter of this, client.mode, the rules below and `apposite switch` holds.",
    ),
    setting(
        "mode.shadow_rules",
        Some("[]"),
        "Card kinds that are judged and kept, and not shown. `apposite knowledge render` lists the kinds.",
    ),
    setting(
        "mode.off_rules",
        Some("[]"),
        "Card kinds that are not shown; orders are judged all the same. `apposite switch off rule KIND` does it without \
         a restart.",
    ),
    setting(
        "client.name",
        None,
        "What people call this client. It appears in logs; each client has its own.",
    )
    .such_as("\"general-hospital\""),
    setting(
        "client.issuer",
        None,
        "The `iss` of its tokens, to the letter. Each client has its own.",
    )
    .such_as("\"https://ehr.example.org\""),
    setting(
        "client.jwks_url",
        None,
        "Where it publishes its public keys: https, no redirects. A `jku` in a token must be equal to it. Either this \
         or jwks_file.",
    )
    .such_as("\"https://ehr.example.org/.well-known/jwks.json\""),
    setting(
        "client.jwks_file",
        None,
        "A file with its public keys (a JWK Set), for clients that publish none. Read again every five \
         minutes, and sooner when a token names a key that is not in it.",
    ),
    setting(
        "client.jwks_plain_http",
        Some("false"),
        "Whether jwks_url may be plain http. Only for a key server on this machine.",
    ),
    setting(
        "client.audiences",
        Some("[]"),
        "Values of `aud` accepted besides the address that is called; some EHRs have it typed in by hand.",
    ),
    setting(
        "client.algorithms",
        Some("[\"ES384\", \"RS384\"]"),
        "How it may sign. Also known: ES256, RS256, RS512, PS256, PS384, PS512, EdDSA.",
    ),
    setting(
        "client.tenants",
        Some("[]"),
        "The organisations it speaks for: its tokens must name one of them in `tenant`. Empty: its tokens name none.",
    ),
    setting(
        "client.max_lifetime_seconds",
        Some("3600"),
        "The longest life of a token in seconds, from `iat` to `exp`; at most a day.",
    ),
    setting(
        "client.leeway_seconds",
        Some("60"),
        "Seconds that its clock and ours may differ; at most 120.",
    ),
    setting(
        "client.replay",
        Some("\"strict\""),
        "\"strict\": each token passes once. \"test\": as often as it is sent, for test kits that sign once; not in \
         production.",
    ),
    setting(
        "client.seen_tokens",
        Some("250000"),
        "How many used tokens are remembered until they expire, about 100 bytes each. When it is full, calls of this \
         client get 503.",
    ),
    setting(
        "client.rate_per_second",
        Some("100"),
        "Calls a second that it may make; 0: no limit. Further ones get 429 and `Retry-After`. Each replica counts for \
         itself.",
    ),
    setting(
        "client.burst",
        Some("200"),
        "Calls at once that it may make after a rest.",
    ),
    setting(
        "client.certificate_names",
        Some("[]"),
        "With tls.client_ca: host names of which the certificate of its connection must carry one. Empty: any certificate \
         of those authorities will do.",
    ),
    setting(
        "client.cors_origins",
        Some("[]"),
        "Web pages that may call from a browser: exact origins. An origin is allowed for the whole service.",
    ),
    setting(
        "client.fhir_bases",
        Some("[]"),
        "FHIR servers that may be read for its calls: `fhirServer` must be one of them, or lie below one. Only what a \
         call lacks and could change its answer is read, with the access granted in that call. Empty: none is read.",
    ),
    setting(
        "client.fhir_private",
        Some("false"),
        "Whether fhir_bases may lie in a private network, such as the hospital's own.",
    ),
    setting(
        "client.fhir_loopback",
        Some("false"),
        "Whether fhir_bases may lie on this machine. They may then be plain http, in development.",
    ),
    setting(
        "client.fhir_subject",
        None,
        "Our name at its authorization server: access granted to any other `subject` is not used. Left out: not \
         compared.",
    ),
    setting(
        "client.mode",
        Some("\"live\""),
        "What becomes of cards for this client: \"live\", \"shadow\" or \"off\", as mode.service.",
    ),
    setting(
        "client.dialect",
        Some("\"generic-3.0\""),
        "How it speaks CDS Hooks: generic-3.0, generic-2.0, generic-1.0, epic, oracle-health, public-sandbox, \
         da-vinci-crd, or a file of your own that ends in .toml. `apposite config dialect` shows what each says, and \
         where it has that from. It also sets algorithms and max_lifetime_seconds where these are left out.",
    ),
    setting(
        "client.local_codes",
        None,
        "CSV file with this client's own codes, in place of the one for all; see local-codes.md.",
    ),
    setting(
        "client.orderables",
        Some("\"optional\""),
        "\"required\": a study is offered as a button only if the map of codes has an orderable for it; others are told \
         in words. \"optional\": standard codes are offered too.",
    ),
    setting(
        "client.system_actions",
        None,
        "Where appropriateness ratings are written on its orders: \"off\", \"top-level\" (CDS Hooks 2.0), \
         \"extension\" (Argonaut guide) or \"both\". Left out: as the dialect says, which is \"off\" but for \
         public-sandbox. Only by agreement with the client.",
    )
    .such_as("\"off\""),
    setting(
        "client.pama_g_code",
        None,
        "The identifier of the qualified mechanism that these ratings name. Only if you run one: Apposite is none.",
    ),
];
