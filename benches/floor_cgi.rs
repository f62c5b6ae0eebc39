//! What a script costs beside the least it can: `cargo bench --bench floor_cgi [SCRIPTS]`.
//!
//! The floor starts a static program with three pipes, reads its output, and reaps it, one after
//! the other, and nothing else. Then sprat serves the same program, run by the same user, to one
//! client. Five rounds of both; the ratios are taken within a round.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

const ROUNDS: usize = 5;

/// What both are to be at most: CPU and wall of sprat's, over the floor's.
const RATIO_WANTED: f64 = 1.25;

/// What Linux counts processor time in for programs, whatever its own clock (time(7), `USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

const SCRIPT: &str = "#include <unistd.h>\n\
int main(void) {\n\
    static const char text[] = \"Content-Type: text/plain\\r\\n\\r\\nhello\\n\";\n\
    return write(1, text, sizeof text - 1) < 0;\n\
}\n";

/// Microseconds a script.
#[derive(Clone, Copy)]
struct Cost {
    cpu: f64,
    wall: f64,
}

fn main() -> io::Result<()> {
    let mut words = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'));
    let scripts = words
        .next_back()
        .map_or(1000, |word| word.parse().expect("a count"));
    let folder = tempfile::tempdir()?;
    let open = |path: &Path| {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(path, mode)
    };
    open(folder.path())?;
    fs::create_dir(folder.path().join("cgi-bin"))?;
    let script = folder.path().join("cgi-bin/hello");
    if !compile(folder.path(), &script) {
        println!("skipped: no C compiler that links statically");
        return Ok(());
    }
    let mut ratios = (Vec::new(), Vec::new());
    println!("us a script    floor: CPU  wall    sprat: CPU  wall    ratio: CPU  wall");
    for _ in 0..ROUNDS {
        let floor = floor(&script, scripts)?;
        let sprat = sprat(folder.path(), scripts)?;
        let (cpu, wall) = (sprat.cpu / floor.cpu, sprat.wall / floor.wall);
        println!(
            "{:22.0} {:5.0} {:13.0} {:5.0} {cpu:13.2} {wall:5.2}",
            floor.cpu, floor.wall, sprat.cpu, sprat.wall
        );
        ratios.0.push(cpu);
        ratios.1.push(wall);
    }
    let (cpu, wall) = (median(ratios.0), median(ratios.1));
    println!("median: CPU {cpu:.2}, wall {wall:.2}; wanted: at most {RATIO_WANTED:.2}");
    Ok(())
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

fn compile(folder: &Path, script: &Path) -> bool {
    let source = folder.join("hello.c");
    let written = fs::write(&source, SCRIPT);
    let mut cc = Command::new("cc");
    cc.args(["-O2", "-static", "-o"]).arg(script).arg(&source);
    written.is_ok() && cc.status().is_ok_and(|status| status.success())
}

/// CPU time of a process and the children that it has reaped, in microseconds.
fn cpu(pid: &str) -> io::Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, in parentheses, may hold spaces; state is the first field after it.
    let fields = text.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(4);
    let ticks: u64 = ticks.map(|one| one.parse::<u64>().expect("ticks")).sum();
    Ok(ticks as f64 * 1e6 / TICKS_PER_SECOND)
}

fn measure(pid: &str, times: usize, mut act: impl FnMut() -> io::Result<()>) -> io::Result<Cost> {
    let (before, begun) = (cpu(pid)?, Instant::now());
    for _ in 0..times {
        act()?;
    }
    let wall = begun.elapsed().as_secs_f64() * 1e6;
    Ok(Cost {
        cpu: (cpu(pid)? - before) / times as f64,
        wall: wall / times as f64,
    })
}

fn floor(script: &Path, times: usize) -> io::Result<Cost> {
    measure("self", times, || {
        let mut command = Command::new(script);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (mut out, mut err) = (Vec::new(), Vec::new());
        child.stdout.take().expect("a pipe").read_to_end(&mut out)?;
        child.stderr.take().expect("a pipe").read_to_end(&mut err)?;
        assert!(child.wait()?.success() && out.ends_with(b"hello\n"));
        Ok(())
    })
}

fn sprat(folder: &Path, times: usize) -> io::Result<Cost> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sprat"));
    command
        .args(["--quiet", "--cgi", "--bind", "127.0.0.1", "--directory"])
        .arg(folder);
    if rustix::process::geteuid().is_root() {
        // As the floor does.
        command.args(["--cgi-user", "root"]);
    }
    command.arg("0").stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let cost = ask(&mut child, times);
    kill_process(Pid::from_child(&child), Signal::INT)?;
    child.wait()?;
    cost
}

fn ask(child: &mut Child, times: usize) -> io::Result<Cost> {
    let mut banner = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut banner)?;
    let mut words = banner.split(' ').skip_while(|word| *word != "port");
    let port = words.nth(1).expect("a port").parse().expect("a number");
    let mut peer = TcpStream::connect(("127.0.0.1", port))?;
    let mut answer = [0; 4096];
    measure(&child.id().to_string(), times, || {
        peer.write_all(b"GET /cgi-bin/hello HTTP/1.1\r\nHost: x\r\n\r\n")?;
        let mut len = 0;
        // The last chunk, or with a length the end of the text.
        while !answer[..len].ends_with(b"\r\n0\r\n\r\n") && !answer[..len].ends_with(b"\nhello\n") {
            match peer.read(&mut answer[len..])? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => len += count,
            }
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"));
        Ok(())
    })
}
