//! All ways start the same programs in the same manner.

use std::fs;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

use super::command::{SpawnedChild, StartCommand, StartedChild};
use super::{spawn, standard};
use crate::sys::own::effective_user;
use crate::sys::process::kill_sessions;

/// What a program said and how it ended, or why it did not start.
type Outcome = io::Result<(String, ExitStatus)>;

type Way = fn(StartCommand) -> io::Result<StartedChild>;

const WAYS: &[Way] = &[
    spawn,
    #[cfg(raw_calls)]
    super::clone::fork,
    standard::spawn,
];

fn executable(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
}

/// A command with `/dev/null` as stdin, and the other end of its stdout and stderr.
fn command(program: &Path) -> (StartCommand, UnixStream) {
    let (reader, writer) = UnixStream::pair().unwrap();
    let nothing = fs::File::open("/dev/null").unwrap();
    let command = StartCommand {
        program: program.to_owned(),
        directory: None,
        arguments: vec![b"a b".to_vec(), b"".to_vec()],
        variables: vec![
            (b"PATH".to_vec(), b"/usr/bin:/bin".to_vec()),
            (b"ONE".to_vec(), b"1=\xff".to_vec()),
        ],
        user: None,
        descriptors_max: 4242,
        stdio: [
            OwnedFd::from(nothing),
            OwnedFd::from(writer.try_clone().unwrap()),
            OwnedFd::from(writer),
        ],
    };
    (command, reader)
}

fn outcome(started: io::Result<StartedChild>, mut reader: UnixStream) -> Outcome {
    let (mut child, failure) = started?;
    let mut said = Vec::new();
    reader.read_to_end(&mut said)?;
    let status = child.wait()?;
    match failure.error() {
        Some(error) => Err(error),
        None => Ok((String::from_utf8_lossy(&said).into_owned(), status)),
    }
}

/// The outcomes of all ways.
fn all(program: &Path, change: impl Fn(&mut StartCommand)) -> Vec<Outcome> {
    let by = |way: &Way| {
        let (mut command, reader) = command(program);
        change(&mut command);
        outcome(way(command), reader)
    };
    WAYS.iter().map(by).collect()
}

#[test]
fn a_program_gets_what_it_is_given_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("say");
    executable(
        &program,
        "#!/bin/sh\necho \"$0|$1|$2|$#|$ONE\"; pwd -P; cat; echo err >&2; exit 3\n",
    );
    let place = folder.path().canonicalize().unwrap();
    for outcome in all(&program, |_| {}) {
        let (said, status) = outcome.unwrap();
        let said = said.replace('\u{fffd}', "?");
        let want = format!(
            "{}|a b||2|1=?\n{}\nerr\n",
            program.display(),
            place.display()
        );
        assert_eq!(said, want);
        assert_eq!(status.code(), Some(3));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_is_started_in_its_open_directory_whatever_has_its_path_now() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for (place, word) in [("here", "right"), ("there", "wrong")] {
        fs::create_dir(at(place)).unwrap();
        let text = format!("#!/bin/sh\necho $0 {word}\n");
        executable(&at(place).join("say"), &text);
    }
    let directory = fs::File::open(at("here")).unwrap();
    fs::rename(at("here"), at("gone")).unwrap();
    fs::rename(at("there"), at("here")).unwrap();
    let outcomes = all(&at("here/say"), |command| {
        command.directory = Some(directory.try_clone().unwrap().into());
    });
    for outcome in outcomes {
        let (said, _) = outcome.unwrap();
        assert_eq!(said, "./say right\n");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_has_no_descriptor_but_its_stdio() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("list");
    executable(&program, "#!/bin/sh\nexec ls /dev/fd/\n");
    // One that a program of std's would inherit.
    let kept = rustix::io::dup(fs::File::open("/dev/null").unwrap()).unwrap();
    for outcome in all(&program, |_| {}) {
        // The last one is the directory that `ls` reads.
        assert_eq!(outcome.unwrap().0, "0\n1\n2\n3\n");
    }
    drop(kept);
}

#[test]
fn what_cannot_run_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    executable(&at("no-interpreter"), "#!/no/such/thing\n");
    executable(&at("text"), "echo this is no program\n");
    fs::write(at("plain"), "#!/bin/sh\n").unwrap();
    for (name, want) in [
        ("no-interpreter", rustix::io::Errno::NOENT),
        ("text", rustix::io::Errno::NOEXEC),
        ("plain", rustix::io::Errno::ACCESS),
        ("none", rustix::io::Errno::NOENT),
    ] {
        for outcome in all(&at(name), |_| {}) {
            let error = outcome.unwrap_err();
            assert_eq!(error.raw_os_error(), Some(want.raw_os_error()), "{name}");
        }
    }
    for outcome in all(Path::new("/bin/sh"), |command| command.arguments[0].push(0)) {
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}

#[test]
fn another_user_is_that_user_alone() {
    if effective_user() != 0 {
        println!("skipped: only root can become another user");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let program = folder.path().join("who");
    executable(&program, "#!/bin/sh\nid -u; id -g; id -G\n");
    for outcome in all(&program, |command| command.user = Some((65_534, 65_533))) {
        let (said, _) = outcome.unwrap();
        assert_eq!(said, "65534\n65533\n65533\n");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_leads_a_session_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("lead");
    // Its id, its group, its session and its terminal (proc_pid_stat(5)).
    let text = "#!/bin/sh\nread -r id _ _ _ group session tty _ </proc/self/stat\n\
        test $id = $group && test $id = $session && echo $tty\n";
    executable(&program, text);
    for outcome in all(&program, |_| {}) {
        let (said, _) = outcome.unwrap();
        assert_eq!(said, "0\n");
    }
}

/// Starts a program that has a child in a group of its own; returns both ids.
#[cfg(target_os = "linux")]
fn with_stray(way: Way, folder: &Path) -> (Box<dyn SpawnedChild>, String, UnixStream) {
    let program = folder.join("stray");
    // It leaves its group, and heeds no TERM.
    let text = "#!/bin/sh\ntrap '' TERM\ntimeout 601 sleep 600 >/dev/null 2>&1 &\n\
        read -r _ _ _ _ group _ </proc/$!/stat\n\
        while test $group != $!; do read -r _ _ _ _ group _ </proc/$!/stat; done\n\
        echo $!\nexec >/dev/null 2>&1\nwait\n";
    executable(&program, text);
    let (command, mut reader) = command(&program);
    let (child, _) = way(command).unwrap();
    let mut said = String::new();
    reader.read_to_string(&mut said).unwrap();
    (child, said.trim().to_owned(), reader)
}

#[cfg(target_os = "linux")]
fn has_ended(pid: &str) -> bool {
    crate::sys::process::wait_until(
        std::time::Duration::from_secs(10),
        || match fs::read_to_string(format!("/proc/{pid}/stat")) {
            Ok(stat) => stat.contains(") Z "),
            Err(_) => true,
        },
    )
}

#[test]
#[cfg(target_os = "linux")]
fn what_has_left_the_group_is_ended_with_the_session() {
    let folder = tempfile::tempdir().unwrap();
    for way in WAYS {
        let (mut child, stray, _reader) = with_stray(*way, folder.path());
        kill_sessions(&[child.id()]);
        assert!(has_ended(&stray));
        // The same when the leader has ended, and is not reaped.
        child.wait().unwrap();
        let (child, stray, _reader) = with_stray(*way, folder.path());
        drop(child);
        assert!(has_ended(&stray));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_ends_with_whoever_has_started_it() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("wait");
    executable(&program, "#!/bin/sh\nprintf .\nread line\n");
    let (_input, waits) = UnixStream::pair().unwrap();
    for way in WAYS {
        let (mut command, mut reader) = command(&program);
        command.stdio[0] = waits.try_clone().unwrap().into();
        // The thread stands for a process here, as it does to the system.
        let starter = std::thread::spawn(move || {
            std::mem::forget(way(command).unwrap());
            reader.read_exact(&mut [0]).unwrap();
            reader
        });
        let mut reader = starter.join().unwrap();
        assert_eq!(reader.read(&mut [0]).unwrap(), 0, "its stdout is closed");
    }
}

#[test]
fn a_program_has_the_descriptor_limit_that_it_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("limits");
    executable(&program, "#!/bin/sh\nulimit -S -n; ulimit -H -n\n");
    let hard = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum;
    let hard = hard.map_or("unlimited".into(), |hard| hard.to_string());
    for outcome in all(&program, |_| {}) {
        let (said, _) = outcome.unwrap();
        assert_eq!(said, format!("4242\n{hard}\n"));
    }
}

#[test]
fn a_user_that_nobody_can_become_is_told_from_a_program_that_cannot_run() {
    if effective_user() != 0 {
        println!("skipped: only root can become another user");
        return;
    }
    super::try_user(65_534, 65_533).unwrap();
    for number in [rustix::io::Errno::PERM, rustix::io::Errno::INVAL] {
        let error = super::command::error_of(-number.raw_os_error());
        assert_eq!(error.raw_os_error(), None);
        assert!(
            error
                .to_string()
                .starts_with("cannot become another user: ")
        );
    }
}

#[test]
fn a_group_is_there_at_once_and_a_dropped_child_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("wait");
    executable(&program, "#!/bin/sh\nwhile :; do sleep 1000; done\n");
    for _ in 0..50 {
        let (command, _reader) = command(&program);
        let (mut child, _) = spawn(command).unwrap();
        // Before or after it has become its program: the signal is not lost.
        kill_sessions(&[child.id()]);
        assert_eq!(child.wait().unwrap().signal(), Some(9));
    }
    for way in WAYS {
        let (command, mut reader) = command(&program);
        let (child, _) = way(command).unwrap();
        drop(child);
        assert_eq!(reader.read(&mut [0]).unwrap(), 0, "its stdout is closed");
    }
}

#[test]
fn ignored_and_blocked_signals_are_not_inherited() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("signals");
    executable(
        &program,
        "#!/bin/sh\ngrep -E '^Sig(Blk|Ign)' /proc/self/status\n",
    );
    if !Path::new("/proc/self/status").exists() {
        println!("skipped: no /proc");
        return;
    }
    // The test itself ignores SIGPIPE, as every Rust program does, and HUP as under nohup(1).
    // SAFETY: to ignore a signal runs no code.
    unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
    for outcome in all(&program, |_| {}) {
        let (said, _) = outcome.unwrap();
        // The C library's own let nobody touch them: glibc's is 32, musl's are 32 to 34.
        let all = |line: &str| u64::from_str_radix(line.rsplit('\t').next().unwrap(), 16).unwrap();
        let masks: Vec<u64> = said.lines().map(|line| all(line) & !(7 << 31)).collect();
        assert_eq!(masks, [0, 0], "{said}");
    }
}

/// What the test below has traced; a test by itself, too.
#[test]
fn threads_start_programs_of_another_user_side_by_side() {
    if effective_user() != 0 {
        println!("skipped: only root can become another user");
        return;
    }
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for outcome in all(Path::new("/bin/true"), |command| {
                    command.user = Some((65_534, 65_533));
                }) {
                    assert!(outcome.unwrap().1.success());
                }
            });
        }
    });
}

/// Where core dumps of set-uid programs are on, whoever has this user could trace a child that
/// has it and nothing else, and is dumpable. Here the system is said to be set so: strace(1) tells
/// what is done about it, and holds up each program's start.
#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn no_child_has_its_new_user_alone_while_it_could_be_traced() {
    const INNER: &str = "sys::spawn::tests::threads_start_programs_of_another_user_side_by_side";
    let folder = tempfile::tempdir().unwrap();
    let (setting, trace) = (folder.path().join("setting"), folder.path().join("trace"));
    fs::write(&setting, "1\n").unwrap();
    let run = "mount --bind \"$1\" /proc/sys/fs/suid_dumpable && \
        exec strace -f -qq -o \"$2\" -e inject=execve:delay_enter=20000 \
        -e trace=clone,close_range,execve,setresuid,setuid,prctl \"$3\" --exact \"$4\"";
    let mut command = std::process::Command::new("unshare");
    command.args(["--mount", "sh", "-c", run, "sh"]);
    command.arg(&setting).arg(&trace);
    command.arg(std::env::current_exe().unwrap()).arg(INNER);
    if !command.output().is_ok_and(|output| output.status.success()) {
        println!("skipped: no strace here, or no namespace of mounts");
        return;
    }
    let trace = fs::read_to_string(trace).unwrap();
    // Children that share our memory, those nobody may trace, and those with the new user alone.
    let (mut sharing, mut safe, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    let (mut sharers, mut others) = (0, 0);
    for line in trace.lines() {
        let (id, call) = line.split_once(' ').unwrap();
        let (call, shares) = (call.trim_start(), sharing.contains(&id));
        if call.starts_with("close_range(3, 4294967295, 0") {
            // The other two ways have them closed later: `CLOSE_RANGE_CLOEXEC`.
            sharing.push(id);
        } else if call.starts_with("setresuid(65534, 65534, -1") {
            let mut besides = bare.iter().filter(|other| sharing.contains(*other));
            let other = besides.next().filter(|_| shares);
            assert_eq!(other, None, "it could be traced now: {line}");
        } else if call.starts_with("prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE") {
            safe.push(id);
        } else if call.starts_with("setresuid(-1, -1, 65534") {
            assert!(safe.contains(&id), "{line}");
            bare.push(id);
        } else if call.starts_with("setuid(") || call.starts_with("setresuid(") {
            panic!("too much at once: {line}");
        } else if call.contains("execve") && !call.contains("unfinished") && safe.contains(&id) {
            sharers += i32::from(shares);
            others += i32::from(!shares);
            bare.retain(|other| *other != id);
        } else if call.contains("clone resumed") {
            // Whoever has waited may go on before that line: the child has memory of its own.
            let child = call.rsplit(' ').next();
            bare.retain(|other| Some(*other) != child);
        }
    }
    assert_eq!((sharers, others), (4, 8), "{trace}");
}
