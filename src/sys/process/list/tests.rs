//! Tests of `sys::process::list`.

use std::process::{Command, Stdio};

use super::*;

fn slices(mut processes: Processes) -> Vec<Vec<Member>> {
    std::iter::from_fn(|| processes.slice()).collect()
}

#[test]
fn all_processes_are_found_in_slices_with_a_list_of_them_and_without() {
    let mut sleep = Command::new("sleep");
    let mut child = sleep.arg("60").stdin(Stdio::null()).spawn().unwrap();
    let own = std::process::id();
    for (processes, len_max) in [
        (Processes::list(own).unwrap(), 4096 / 24),
        (Processes::asked(own.min(child.id())), 1024),
    ] {
        let slices = slices(processes);
        assert!(slices.iter().all(|slice| slice.len() <= len_max));
        let mut all = slices.iter().flatten();
        assert!(all.any(|member| member.id == child.id()), "{}", child.id());
    }
    let processes = Processes::list(own).unwrap();
    let is_alive = |id: u32| processes.is_alive(&Member::of(pid(id).unwrap()));
    assert!(is_alive(own) && is_alive(child.id()));
    child.kill().unwrap();
    while peek_exit(child.id()).is_none() {
        std::thread::yield_now();
    }
    assert!(!is_alive(child.id()), "a zombie");
    child.wait().unwrap();
}
