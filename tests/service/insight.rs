//! What is counted of kept rows, in a file and in PostgreSQL alike; and the report that is made of it.

use crate::support::database::{Folder, on_both};
use crate::support::demo::{END, fill};
use apposite::insight::{Filter, Insight};
use apposite::service::history;
use apposite::store::{Store, StoreOptions};
use jiff::civil::date;
use std::process::Command;

const TODAY: jiff::civil::Date = date(2026, 6, 15);

async fn insight(store: &Store, query: &str) -> Insight {
    let filter = Filter::parse(query, TODAY).unwrap();
    let mut read = 0;
    let insight = history::insight(store, &filter, usize::MAX, |calls| read = calls)
        .await
        .unwrap();
    assert!(read as u64 >= insight.calls);
    insight
}

/// The same numbers from both databases, and each equals what SQL counts by itself.
#[tokio::test]
async fn both_databases_come_to_the_same_numbers() {
    let seen = std::sync::Mutex::new(Vec::new());
    on_both(async |options: StoreOptions| {
        let store = Store::open(options).await.unwrap().unwrap();
        fill(&store, 7, 3000).await;
        let insight = insight(&store, "").await;
        let count = async |sql: &'static str| {
            let rows = store.query(apposite::store::Statement::plain(sql)).await.unwrap();
            u64::try_from(rows[0][0].number().unwrap()).unwrap()
        };
        assert_eq!(insight.calls, count("SELECT COUNT(*) FROM audit_call").await);
        assert!(insight.calls > 3000 && insight.complete);
        assert_eq!(
            insight.total.fired,
            count("SELECT COUNT(*) FROM audit_card").await
        );
        assert_eq!(
            insight.total.shadow,
            count("SELECT COUNT(*) FROM audit_card WHERE mode = 'shadow'").await
        );
        assert_eq!(
            insight.total.accepted,
            count("SELECT COUNT(*) FROM feedback WHERE outcome = 'accepted'").await
        );
        assert_eq!(
            insight.total.overridden,
            count("SELECT COUNT(*) FROM feedback WHERE outcome = 'overridden'").await
        );
        assert_eq!(
            insight.total.decisions,
            count("SELECT COUNT(*) FROM audit_decision").await
        );
        let taken: u64 = insight.total.taken.iter().map(|t| t.count).sum();
        assert_eq!(taken, insight.total.accepted);
        assert!(
            insight.total.taken.iter().all(|t| !t.name.is_empty()),
            "{:?}",
            insight.total.taken
        );
        let days: u64 = insight.by_day.iter().map(|d| d.calls).sum();
        let weeks: u64 = insight.by_week.iter().map(|w| w.measures.fired).sum();
        assert_eq!((days, weeks), (insight.calls, insight.total.fired));
        let clients: u64 = insight.clients.iter().map(|c| c.measures.decisions).sum();
        assert_eq!(clients, insight.total.decisions);
        // The card that was made to be overridden, and no other.
        let review: Vec<&str> = insight.review.iter().map(|r| r.kind.as_str()).collect();
        assert_eq!(review, ["CHEST_ONLY"]);
        assert!(
            insight
                .unmapped
                .iter()
                .any(|u| u.code == "RADCT0815" && u.orders > 20)
        );
        assert!(
            !insight.unmapped.iter().any(|u| u.code.contains('=')),
            "what is no code is not kept"
        );
        assert!(
            insight
                .after
                .iter()
                .any(|a| a.kind == "UNA_NONCONTRAST" && a.as_offered > 0 && a.not_seen > 0)
        );
        assert!(insight.latency.p50 < 2000 && insight.latency.p99 > 100_000);
        seen.lock()
            .unwrap()
            .push(serde_json::to_string(&insight).unwrap());
    })
    .await;
    let seen = seen.into_inner().unwrap();
    assert_eq!(seen[0], seen[1]);
}

/// Every filter narrows in the same way whether the database or the counting does it, and the list shows the same calls.
#[tokio::test]
async fn filters_and_the_list_of_calls_agree() {
    on_both(async |options: StoreOptions| {
        let store = Store::open(options).await.unwrap().unwrap();
        fill(&store, 11, 1500).await;
        let all = insight(&store, "").await;
        for query in [
            "client=north",
            "kind=MBA_FDG",
            "mode=shadow",
            "knowledge=0.2.0",
            "study=CT_ABD_PEL_WO",
            "scenario=initial_staging&client=south",
            "from=2026-06-01&to=2026-06-07",
            "days=1",
            "client=nobody",
        ] {
            let counted = insight(&store, query).await;
            assert!(counted.calls < all.calls, "{query}");
            let filter = Filter::parse(query, TODAY).unwrap();
            let (mut before, mut listed, mut last) = (None, 0, String::from("9"));
            loop {
                let page = history::page(&store, &filter, before.as_deref(), 50)
                    .await
                    .unwrap();
                for call in &page.calls {
                    assert!(call.time <= last, "the latest first");
                    last.clone_from(&call.time);
                }
                listed += page.calls.len() as u64;
                before = page.next;
                if before.is_none() {
                    break;
                }
            }
            assert_eq!(listed, counted.calls, "{query}");
        }
        let north = insight(&store, "client=north").await;
        let in_all = all.clients.iter().find(|c| c.name == "north").unwrap();
        assert_eq!(north.total.fired, in_all.measures.fired);
    })
    .await;
}

/// Reading goes bit by bit: no more calls than asked for, and said so.
#[tokio::test]
async fn a_report_of_too_much_says_that_it_is_a_part() {
    let folder = Folder::new();
    let store = Store::open(folder.store()).await.unwrap().unwrap();
    fill(&store, 3, 2500).await;
    let part = history::insight(&store, &Filter::default(), 1000, |_| ())
        .await
        .unwrap();
    assert!(!part.complete && part.calls == 1000);
    assert!(apposite::report::html(&part, "now").contains("Only the earliest calls were read"));
    store.purge(END + 3000 * 86_400_000).await.unwrap();
    let none = insight(&store, "").await;
    assert_eq!(
        (none.calls, none.unmapped.len()),
        (0, 0),
        "what is old is gone, codes too"
    );
}

/// `apposite report` writes the page, JSON and the table from the store of the service.
#[tokio::test(flavor = "multi_thread")]
async fn the_command_writes_the_report() {
    let folder = Folder::new();
    let store = Store::open(folder.store()).await.unwrap().unwrap();
    fill(&store, 5, 4000).await;
    store.close().await;
    let place = format!("sqlite:{}", folder.0.join("apposite.db").display());
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_apposite"));
        command.arg("report").args(["--store", &place]).args(arguments);
        let output = command.env_remove("APPOSITE_CONFIG").output().unwrap();
        (
            output.status.success(),
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr),
        )
    };
    // Kept where it can be looked at.
    let out = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("report.html");
    let (done, said) = run(&["--out", out.to_str().unwrap()]);
    assert!(done && said.is_empty(), "{said}");
    let page = std::fs::read_to_string(&out).unwrap();
    assert!(page.contains("Review <code>CHEST_ONLY</code>") && page.contains("</html>"));
    let (_, json) = run(&["--format", "json", "--client", "north", "--from", "2026-06-01"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["filter"]["from"], "2026-06-01");
    assert_eq!(json["clients"].as_array().unwrap().len(), 1);
    let (_, table) = run(&["--format", "csv"]);
    assert!(table.starts_with("table,name,detail,count,") && table.contains("\nkind,CHEST_ONLY,"));
    let (done, said) = run(&["--from", "yesterday"]);
    assert!(!done && said.contains("`from` is not a day"), "{said}");
    let elsewhere = Command::new(env!("CARGO_BIN_EXE_apposite"))
        .args(["report", "--store", "sqlite:/nowhere/at/all.db"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&elsewhere.stderr);
    assert!(
        !elsewhere.status.success() && said.contains("there is no such store"),
        "{said}"
    );
}
