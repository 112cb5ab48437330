/**
 * System calls by what they are for, as the kernel's tables name them (x86-64 and arm64; a name that an architecture
 * lacks is skipped there). Data for seccomp.ts.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Files and directories. */
const FILES = words(`
  access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64 fallocate
  fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync fgetxattr flistxattr flock fremovexattr fsetxattr fstat
  fstatfs fsync ftruncate futimesat getcwd getdents getdents64 getxattr inotify_add_watch inotify_init inotify_init1
  inotify_rm_watch ioctl lchown lgetxattr link linkat listxattr llistxattr lremovexattr lseek lsetxattr lstat mkdir mkdirat
  mknod mknodat name_to_handle_at newfstatat open openat openat2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read
  readahead readlink readlinkat readv removexattr rename renameat renameat2 rmdir sendfile setxattr splice stat statfs statx
  symlink symlinkat sync sync_file_range syncfs tee truncate umask unlink unlinkat utime utimensat utimes vmsplice write
  writev`);

/** Memory of the process itself. */
const MEMORY = words(`
  arch_prctl brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mprotect
  mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_madvise process_mrelease
  remap_file_pages`);

/** Processes, threads, signals, identity. */
const PROCESSES = words(`
  alarm capget capset execve execveat exit exit_group fork futex futex_requeue futex_wait futex_waitv futex_wake
  get_robust_list get_thread_area getegid geteuid getgid getgroups getpgid getpgrp getpid getppid getpriority getresgid
  getresuid getrlimit getrusage getsid gettid getuid ioprio_get ioprio_set kill modify_ldt pause pidfd_open
  pidfd_send_signal prctl prlimit64 restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo
  rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min
  sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr
  sched_setparam sched_setscheduler sched_yield seccomp set_robust_list set_thread_area set_tid_address setfsgid setfsuid
  setgid setgroups setpgid setpriority setregid setresgid setresuid setreuid setrlimit setsid setuid sigaltstack tgkill
  tkill vfork wait4 waitid`);

/** Waiting, clocks and timers that only read the time. */
const TIME = words(`
  clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep setitimer time timer_create timer_delete
  timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime times`);

/** Sockets, pipes, polling. `socket` itself has a rule of its own. */
const TALK = words(`
  accept accept4 bind connect epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2
  getpeername getsockname getsockopt listen pipe pipe2 poll ppoll pselect6 recvfrom recvmmsg recvmsg select sendmmsg sendmsg
  sendto setsockopt shutdown signalfd signalfd4 socketpair`);

/** Queues and memory shared between processes of the container. */
const SHARED = words(`
  mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop
  semtimedop shmat shmctl shmdt shmget`);

/** The old kind of asynchronous I/O; the rings of the new kind have allowed too many sandbox escapes. */
const ASYNC = words("io_cancel io_destroy io_getevents io_pgetevents io_setup io_submit");

/** What the kernel reports about itself, randomness, and ways to be confined further. */
const SYSTEM = words(`
  getcpu getrandom landlock_add_rule landlock_create_ruleset landlock_restrict_self sysinfo uname ustat sysfs`);

/** Allowed to every container. */
export const ALWAYS_ALLOWED: readonly string[] = [
  ...[...FILES, ...MEMORY, ...PROCESSES, ...TIME, ...TALK, ...SHARED, ...ASYNC, ...SYSTEM],
].sort();

/** Allowed with a capability, which the kernel then asks for as well. */
export const ALLOWED_WITH: Readonly<Record<string, readonly string[]>> = {
  CAP_BPF: words("bpf"),
  CAP_DAC_READ_SEARCH: words("open_by_handle_at"),
  CAP_PERFMON: words("perf_event_open"),
  CAP_SYS_ADMIN: words(`
    bpf clone clone3 fanotify_init fanotify_mark fsconfig fsmount fsopen fspick lookup_dcookie mount mount_setattr
    move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount2 unshare`),
  CAP_SYS_BOOT: words("reboot kexec_load kexec_file_load"),
  CAP_SYS_CHROOT: words("chroot"),
  CAP_SYS_MODULE: words("delete_module finit_module init_module"),
  CAP_SYS_NICE: words("get_mempolicy mbind migrate_pages move_pages set_mempolicy set_mempolicy_home_node"),
  CAP_SYS_PACCT: words("acct"),
  CAP_SYS_PTRACE: words("kcmp pidfd_getfd process_vm_readv process_vm_writev ptrace"),
  CAP_SYS_RAWIO: words("ioperm iopl"),
  CAP_SYS_TIME: words("adjtimex clock_adjtime clock_settime settimeofday"),
  CAP_SYS_TTY_CONFIG: words("vhangup"),
  CAP_SYSLOG: words("syslog"),
};

/**
 * Known and refused (EPERM) unless a capability allows them. Every other name is unknown to the profile and answers
 * ENOSYS, as an older kernel would, so that libraries fall back to older calls.
 */
export const KNOWN_BUT_REFUSED: readonly string[] = words(`
  add_key io_uring_enter io_uring_register io_uring_setup keyctl nfsservctl pivot_root request_key swapoff swapon
  uselib userfaultfd`);
