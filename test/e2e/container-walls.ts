/** What the walls around a container are tried with, from inside; each script prints what was found open. */

export interface Wall {
  readonly what: string;
  /** For busybox's shell, as root of the container. */
  readonly script: string;
  /** All that it says, on both streams. */
  readonly says: RegExp;
}

const NOTHING = /^$/;
/** As Docker masks them; a kernel without one of them hides it best. */
const MASKED = [
  ..."acpi asound interrupts kcore keys latency_stats sched_debug scsi timer_list timer_stats"
    .split(" ")
    .map((name) => `/proc/${name}`),
  ...["/sys/devices/virtual/powercap", "/sys/firmware"],
].join(" ");

/** Prints the files below some directories that can be written, and how many were tried. */
const writable = (where: string): string =>
  `n=0; for f in $(find ${where} -type f 2>/dev/null); do n=$((n+1)); ` +
  'if (: >>"$f") 2>/dev/null; then echo "open: $f"; fi; done; [ $n -gt 20 ] && echo tried';
const eachOf = (words: string, command: string): string =>
  `for i in ${words}; do (${command}) >/dev/null 2>&1 && echo "open: $i"; done`;

export const WALLS: readonly Wall[] = [
  {
    what: "masked files of the kernel show nothing, masked directories are empty",
    script: `for p in ${MASKED}; do if [ -d $p ]; then ls -A $p; else cat $p 2>/dev/null; fi; done | wc -c`,
    says: /^0$/,
  },
  {
    what: "every setting of the kernel is read-only",
    script: writable("/proc/sys"),
    says: /^tried$/,
  },
  {
    what: "so is the rest of /proc that acts on the host",
    script: eachOf("$(find /proc/bus /proc/fs /proc/irq /proc/sysrq-trigger -type f 2>/dev/null)", ': >>"$i"'),
    says: NOTHING,
  },
  {
    what: "devices of the host are read-only",
    script: writable("/sys/class /sys/module /sys/kernel"),
    says: /^tried$/,
  },
  {
    what: "every hierarchy of cgroups is read-only: its directory, its files, and what holds them all",
    script: `${writable("/sys/fs/cgroup")}; for d in /sys/fs/cgroup /sys/fs/cgroup/*; do [ -d $d ] && mkdir $d/x 2>&1; done | grep -v "Read-only file system"`,
    says: /^tried$/,
  },
  {
    what: "nothing is mounted, and nothing unmounted",
    script:
      "mkdir -p /m; exec 2>/dev/null; mount -t tmpfs none /m && echo open: tmpfs; mount -t proc proc /m && echo open: proc; " +
      "mount -o bind / /m && echo open: bind; umount /proc/kcore && echo open: kcore; umount /proc/sys && echo open: sys; " +
      "for d in / /sys /sys/fs/cgroup /proc/sys; do mount -o remount,rw $d && echo open: remount $d; done",
    says: NOTHING,
  },
  {
    what: "no namespace is made, not even of users",
    script: eachOf("m u i n p U", "unshare -$i true"),
    says: NOTHING,
  },
  { what: "none of another process is entered", script: eachOf("m u i n p", "nsenter -t 1 -$i true"), says: NOTHING },
  {
    what: "device nodes can be made, but those of disks, memory and ports open nothing",
    script:
      "cd /tmp; set -- b:8:0 b:7:0 b:252:0 b:253:0 b:254:0 b:259:0 c:1:1 c:1:2 c:1:4 c:4:64 c:10:229; " +
      'for i; do mknod d $(echo $i | tr : " "); (: <d) 2>&1; rm d; done | grep -v "not permitted"',
    says: NOTHING,
  },
  { what: "a system call filter holds", script: "grep Seccomp: /proc/self/status", says: /^Seccomp:\s+2$/ },
  {
    what: "fourteen capabilities and no more",
    script: "grep -E 'Cap(Bnd|Eff|Inh|Amb)' /proc/self/status",
    says: /^CapInh:\s+0+\nCapEff:\s+00000000a80425fb\nCapBnd:\s+00000000a80425fb\nCapAmb:\s+0+$/,
  },
  { what: "setuid programs work, as they do with Docker", script: "grep NoNewPrivs /proc/self/status", says: /\s0$/ },
  { what: "no module is loaded", script: "insmod /x.ko && echo open", says: /^insmod: [^\n]*$/ },
  {
    what: "the clock and the host's name are not set",
    script: "date -s 2000-01-01 >/dev/null; [ $(date +%Y) = 2000 ] && echo open: clock; hostname x && echo open: name",
    says: /^(?!.*open)/s,
  },
  { what: "the host's processes are not seen", script: "ls -d /proc/[0-9]* | wc -l", says: /^[1-6]$/ },
  {
    what: "no directory of the daemon is seen",
    script: "ls -d /var/lib/swarm /run/swarm 2>/dev/null; echo none",
    says: /^none$/,
  },
];
