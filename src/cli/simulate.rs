//! `apposite simulate`: an EHR for integration engineers, from the side of the terminal.
//!
//! Without an address it starts our own service beside it, with this EHR as its registered client, so that one command
//! shows the whole signed exchange. What the EHR does is the matter of [`crate::simulate`].

mod own;
mod report;

use super::{Cards, Failure, example, files, print};
use crate::simulate::call::{self, Access, Outcome};
use crate::simulate::client::{Client, Reply, Signing, Unanswered};
use crate::simulate::ehr::{Ehr, Serves};
use crate::simulate::identity::{Identity, random_uuid};
use crate::simulate::prefetch::Sent;
use crate::simulate::record::Record;
use crate::simulate::rules::{self, Exchange, Finding, Level};
use anyhow::Context as _;
use report::{Called, Report};
use serde_json::{Map, Value};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// What to send: names of examples, files, folders of files [default: the example with a card]
    #[arg(value_name = "CALL")]
    calls: Vec<String>,
    /// Send every example
    #[arg(long, conflicts_with = "calls")]
    all: bool,
    /// The service to call; without it, our own is started for as long as this runs
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Call only the service of this id
    #[arg(long, value_name = "ID")]
    service: Option<String>,
    /// Send calls without a token
    #[arg(long)]
    no_auth: bool,
    /// Offer no FHIR server
    #[arg(long)]
    no_fhir: bool,
    /// Which prefetch keys to send
    #[arg(long, value_enum, default_value_t)]
    prefetch: Sent,
    /// Resources on one page of what the FHIR server finds
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    page: usize,
    /// What becomes of the cards, told to the service
    #[arg(long, value_enum)]
    feedback: Option<Outcome>,
    /// Whose eyes read the answers
    #[arg(long = "as", value_enum, default_value_t)]
    reader: Reader,
    /// The private key: read from this file, or made and kept in it
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// The `iss` of tokens [default: the address of this EHR]
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// Where the service can fetch the key set, for the `jku` of tokens [default: this EHR, for services on this machine]
    #[arg(long, value_name = "URL")]
    key_set_url: Option<String>,
    /// Print the public key set, to register it with a service, and end
    #[arg(long)]
    print_keys: bool,
    /// What the access token says it was issued to
    #[arg(long, value_name = "NAME", default_value = "cds-service")]
    subject: String,
    /// Where this EHR listens; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))]
    listen: SocketAddr,
    /// How long to wait for an answer
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    patience: u64,
    /// Print one JSON object per line, for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    cards: Cards,
}

/// Whose rules an answer is checked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Reader {
    /// The specification
    #[default]
    Spec,
    /// The page of the public sandbox as well; our own service then speaks its dialect
    Sandbox,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let identity = identity(arguments.key.as_deref())?;
    if arguments.print_keys {
        print(&format!(
            "{}\n",
            serde_json::to_string_pretty(&identity.key_set())?
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    if !arguments.listen.ip().is_loopback() {
        let what = format!("`{}`: is open to other machines", arguments.listen);
        return Err(Failure::new(what, "the record is behind one token only: listen on 127.0.0.1").into());
    }
    let calls = calls(arguments)?;
    let mut report = Report::new(arguments.json);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the threads of the EHR")?;
    let played = runtime.block_on(play(arguments, identity, &calls, &mut report));
    // What still serves has nobody left to serve.
    runtime.shutdown_timeout(Duration::ZERO);
    played?;
    report.end()?;
    Ok(if report.is_well() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The key of the file, or a new one, kept in the file if one is named.
fn identity(file: Option<&Path>) -> anyhow::Result<Identity> {
    let Some(file) = file else {
        return Ok(Identity::generate()?);
    };
    if file.exists() {
        let help = "give a PEM file that this command made, or one for ES384";
        let text = String::from_utf8(files::read_with(file, help)?).unwrap_or_default();
        let what = |fault| Failure::new(format!("`{}`: {fault}", file.display()), help);
        return Ok(Identity::from_pem(&text).map_err(what)?);
    }
    let identity = Identity::generate()?;
    own::keep_secret(file, &identity.to_pem()?)?;
    Ok(identity)
}

/// The calls by name.
fn calls(arguments: &Arguments) -> anyhow::Result<Vec<(String, Value)>> {
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    let examples: Vec<String> = match (arguments.all, arguments.calls.is_empty()) {
        (true, _) => example::names().collect(),
        (false, true) => vec![example::DEFAULT.to_owned()],
        (false, false) => arguments.calls.clone(),
    };
    for name in examples {
        let path = Path::new(&name);
        if path.is_dir() {
            found.extend(files::requests(path)?);
        } else if path.exists() || name == "-" {
            found.push((name.clone(), files::read(path)?));
        } else {
            found.push((name.clone(), example::named(&name)?.as_bytes().to_vec()));
        }
    }
    let parsed = found.into_iter().map(|(name, bytes)| {
        let call: Option<Value> = serde_json::from_slice(&bytes).ok().filter(Value::is_object);
        let help = "give the body of a CDS Hooks call; broken ones are sent with curl";
        let what = || Failure::new(format!("`{name}`: is no JSON object"), help);
        Ok((name.clone(), call.ok_or_else(what)?))
    });
    parsed.collect()
}

async fn play(
    arguments: &Arguments,
    identity: Identity,
    calls: &[(String, Value)],
    report: &mut Report,
) -> anyhow::Result<()> {
    let taken = |_| {
        Failure::new(
            format!("`{}`: cannot listen there", arguments.listen),
            "choose another port",
        )
    };
    let listener = TcpListener::bind(arguments.listen).await.map_err(taken)?;
    let token = random_uuid()?;
    let serves = Serves {
        key_set: identity.key_set(),
        token: token.clone(),
        page: arguments.page,
    };
    let ehr = Ehr::start(listener, serves).context("cannot tell the address in use")?;
    let issuer = arguments.issuer.clone().unwrap_or_else(|| ehr.url());
    let (base, own) = match &arguments.url {
        Some(url) => (url.clone(), None),
        None => {
            let (base, knowledge) = own::start(arguments, &ehr, &issuer).await?;
            (base, Some(knowledge))
        }
    };
    let signing = (!arguments.no_auth).then(|| Signing {
        identity,
        issuer: issuer.clone(),
        key_set_url: key_set_url(arguments, &ehr),
    });
    let client = Client::new(&base, signing, Duration::from_secs(arguments.patience)).map_err(told)?;
    report.begin(&client, &ehr, &issuer, arguments, own.as_deref())?;
    let reply = client.discover().await.map_err(told)?;
    let found = rules::discovery::check(reply.status, reply.media_type.as_deref(), &reply.body);
    let document: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    report.discovered(&reply, &document, &found)?;
    let services = document
        .get("services")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    for (name, written) in calls {
        let wanted = |service: &&Value| {
            let id = service.get("id").and_then(Value::as_str);
            let chosen = arguments.service.is_none() || arguments.service.as_deref() == id;
            chosen && id.is_some() && service.get("hook") == written.get("hook")
        };
        let mut any = false;
        for service in services.iter().filter(wanted) {
            any = true;
            let access = (!arguments.no_fhir).then(|| Access {
                base: ehr.fhir_base(),
                token: &token,
                subject: &arguments.subject,
            });
            ehr.hold(Record::of(written));
            one(
                arguments,
                &client,
                &ehr,
                (name, written),
                (service, access),
                report,
            )
            .await?;
        }
        if !any {
            report.nobody(name, written.get("hook").and_then(Value::as_str).unwrap_or("?"))?;
        }
    }
    Ok(())
}

/// What tokens say of where the key set is: nothing to a service that could not fetch it there.
fn key_set_url(arguments: &Arguments, ehr: &Ehr) -> Option<String> {
    let near = |url: &String| {
        let url = reqwest::Url::parse(url).ok();
        let host = url
            .and_then(|u| u.host_str().map(ToOwned::to_owned))
            .unwrap_or_default();
        let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
        host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
    };
    let own = || arguments.url.as_ref().is_none_or(near).then(|| ehr.key_set_url());
    arguments.key_set_url.clone().or_else(own)
}

/// One call of one service, and what becomes of its cards.
async fn one(
    arguments: &Arguments,
    client: &Client,
    ehr: &Ehr,
    (name, written): (&str, &Value),
    (service, access): (&Value, Option<Access<'_>>),
    report: &mut Report,
) -> anyhow::Result<()> {
    let none = Map::new();
    let templates = service
        .get("prefetch")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    let id = service.get("id").and_then(Value::as_str).unwrap_or_default();
    let request = call::call(written, &random_uuid()?, templates, arguments.prefetch, access);
    // What the EHR asked itself is no business of the service.
    drop(ehr.asked());
    let reply = client.call(id, &request).await.map_err(told)?;
    let findings = checked(arguments.reader, &request, &reply);
    let answer: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    report.called(&Called {
        name,
        service: id,
        request: &request,
        reply: &reply,
        answer: &answer,
        findings: &findings,
        asked: &ehr.asked(),
    })?;
    let Some(outcome) = arguments.feedback else {
        return Ok(());
    };
    for card in answer
        .get("cards")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        if let Some(told_back) = call::feedback(card, outcome, &time) {
            let reply = client.feedback(id, &told_back).await.map_err(told)?;
            report.feedback(&told_back, &reply)?;
        }
    }
    Ok(())
}

fn checked(reader: Reader, request: &Value, reply: &Reply) -> Vec<Finding> {
    let exchange = Exchange {
        request,
        status: reply.status,
        media_type: reply.media_type.as_deref(),
        body: &reply.body,
    };
    let mut findings = rules::check(exchange);
    if reader == Reader::Sandbox {
        findings.extend(rules::sandbox::check(exchange));
    }
    findings.sort_by_key(|f| std::cmp::Reverse(f.level));
    findings
}

/// Whether something that a service must do was not done.
fn is_broken(findings: &[Finding]) -> bool {
    findings.iter().any(|f| f.level == Level::Required)
}

fn told(error: Unanswered) -> Failure {
    Failure::new(
        error.to_string(),
        "check the address, and that the service is running and can be reached from here",
    )
}
