//! A real PostgreSQL 15 in a directory of its own, one for the whole test process.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{Connection as _, Executor as _, PgConnection};

/// Where Debian keeps the binaries; PATH comes first.
const DEBIAN_BIN: &str = "/usr/lib/postgresql/15/bin";
/// Longest wait for the server to take connections.
const START: Duration = Duration::from_secs(30);
/// Runs the server until its standard input closes, which the end of the test process does however
/// it ends; then stops it and removes its directory.
const RUN_UNTIL_STDIN_CLOSES: &str = r#"
trap '' INT TERM HUP
$AS "$BIN/postgres" -D "$DIR/data" -p "$PORT" -k "$DIR" -c listen_addresses=127.0.0.1 \
    -c fsync="$FSYNC" -c max_connections=200 >"$DIR/log" 2>&1 &
read _
$AS "$BIN/pg_ctl" -D "$DIR/data" -m immediate stop >/dev/null 2>&1
rm -rf "$DIR"
"#;

struct Server {
    port: u16,
    // Its standard input is the leash.
    _child: Child,
}

/// The URL of a new, empty database. Unless it is `durable` a power cut would lose what it said is stored:
/// tests cut none.
pub async fn new_database(durable: bool) -> String {
    static SERVERS: [OnceLock<Server>; 2] = [OnceLock::new(), OnceLock::new()];
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let server = SERVERS[usize::from(durable)].get_or_init(|| start(durable));
    let base = format!("postgres://postgres@127.0.0.1:{}", server.port);
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let mut connection = connect(&format!("{base}/postgres")).await;
    connection
        .execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .await
        .unwrap();
    format!("{base}/{name}")
}

/// Ends every connection to the database and removes it.
pub async fn drop_database(url: &str) {
    let (base, name) = url.rsplit_once('/').unwrap();
    let mut connection = connect(&format!("{base}/postgres")).await;
    connection
        .execute(sqlx::AssertSqlSafe(format!(
            "DROP DATABASE {name} WITH (FORCE)"
        )))
        .await
        .unwrap();
}

async fn connect(url: &str) -> PgConnection {
    let started = Instant::now();
    loop {
        match PgConnection::connect(url).await {
            Ok(connection) => return connection,
            Err(error) if started.elapsed() > START => {
                panic!("PostgreSQL did not start within 30 s: {error}")
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

fn start(durable: bool) -> Server {
    let bin = binaries();
    let user = server_user();
    let dir = tempfile::Builder::new()
        .prefix("primis-postgres")
        .tempdir()
        .unwrap()
        .keep();
    let as_user: Vec<&str> = user.map_or(vec![], |user| vec!["runuser", "-u", user, "--"]);
    if let Some(user) = user {
        run(Command::new("chown").arg(user).arg(&dir));
    }
    let initdb = bin.join("initdb");
    let data = dir.join("data");
    let mut words: Vec<&std::ffi::OsStr> = as_user.iter().map(|w| w.as_ref()).collect();
    words.extend([initdb.as_os_str(), "-D".as_ref(), data.as_os_str()]);
    words.extend(
        [
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ]
        .map(std::ffi::OsStr::new),
    );
    run(Command::new(words[0]).args(&words[1..]).current_dir(&dir));
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let child = Command::new("sh")
        .args(["-c", RUN_UNTIL_STDIN_CLOSES])
        .env("AS", as_user.join(" "))
        .env("BIN", &bin)
        .env("DIR", &dir)
        .env("FSYNC", if durable { "on" } else { "off" })
        .env("PORT", port.to_string())
        .current_dir(&dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Server {
        port,
        _child: child,
    }
}

fn run(command: &mut Command) {
    let output = command
        .output()
        .unwrap_or_else(|e| panic!("{command:?} cannot be run: {e}"));
    assert!(
        output.status.success(),
        "{command:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The directory with `postgres`, `initdb` and `pg_ctl`. Their absence fails the test: a skipped
/// database is an untested one.
fn binaries() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from(DEBIAN_BIN)])
        .find(|dir| ["postgres", "initdb", "pg_ctl"].iter().all(|name| dir.join(name).is_file()))
        .unwrap_or_else(|| {
            panic!("PostgreSQL is not installed: these tests need postgres, initdb and pg_ctl on PATH or in {DEBIAN_BIN} (apt-get install postgresql-15)")
        })
}

/// PostgreSQL refuses to run as root; then the user it was installed with runs it.
fn server_user() -> Option<&'static str> {
    let id = Command::new("id").arg("-u").output().unwrap();
    if String::from_utf8_lossy(&id.stdout).trim() != "0" {
        return None;
    }
    let passwd = std::fs::read_to_string(Path::new("/etc/passwd")).unwrap();
    let has = |user: &str| {
        passwd
            .lines()
            .any(|line| line.starts_with(&format!("{user}:")))
    };
    let user = ["postgres", "nobody"].into_iter().find(|user| has(user));
    Some(user.expect(
        "PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it",
    ))
}
