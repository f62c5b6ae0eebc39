//! Tests of quotas: groups are folders, those around them are above.

use super::*;

/// Files below a mount, what proc_pid_cgroup(5) says, and the processors that this makes.
type Row = (
    &'static [(&'static str, &'static str)],
    &'static str,
    Option<usize>,
);

#[test]
fn quotas_are_rounded_up_and_the_least_counts() {
    let rows: &[Row] = &[
        (&[], "", None),
        (&[], "0::/\n", None),
        (&[("cpu.max", "max 100000\n")], "0::/\n", None),
        (&[("cpu.max", "150000 100000\n")], "0::/\n", Some(2)),
        (&[("cpu.max", "200000 100000\n")], "0::/\n", Some(2)),
        (&[("cpu.max", "1000 100000\n")], "0::/\n", Some(1)),
        (
            &[
                ("a/cpu.max", "300000 100000\n"),
                ("a/b/cpu.max", "max 100000\n"),
            ],
            "0::/a/b\n",
            Some(3),
        ),
        // Another's group.
        (&[("c/cpu.max", "100000 100000\n")], "0::/a\n", None),
        // A path of the outside.
        (
            &[("cpu.max", "250000 100000\n")],
            "0::/docker/1f\n",
            Some(3),
        ),
        // A group of version 1 beside it.
        (
            &[("cpu.max", "300000 100000\n")],
            "3:memory:/x\n0::/\n",
            Some(3),
        ),
        (&[("cpu.max", "100000 0\n")], "0::/\n", None),
        (&[("cpu.max", "\n")], "0::/\nnonsense\n:\n", None),
    ];
    for (files, groups, want) in rows {
        let mount = tempfile::tempdir().unwrap();
        for (path, text) in *files {
            let path = mount.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        assert_eq!(quota(mount.path(), groups), *want, "{files:?} {groups:?}");
    }
}

#[test]
fn there_is_always_one() {
    assert!(usable() >= 1);
}
