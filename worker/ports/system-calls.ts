/**
 * System calls that Node does not have, by way of the C library. Synchronous: each is done when it returns, on the main
 * thread, so that "enter the namespace, open a socket, come back" is one step that nothing comes between.
 */
import { getSystemErrorName } from "node:util";
import koffi from "koffi";
import { SwarmError } from "../../shared/errors.ts";
import { shortageOf } from "../../shared/shortage.ts";
import { errnoText } from "../netlink/answers.ts";

const libc = koffi.load("libc.so.6");

type Call = ((...args: readonly unknown[]) => number) & { readonly async: (...args: readonly unknown[]) => void };
const call = (declaration: string): Call => libc.func(declaration) as Call;

const socketCall = call("int socket(int domain, int type, int protocol)");
const bindCall = call("int bind(int fd, const void *address, int length)");
const getNameCall = call("int getsockname(int fd, _Out_ uint8_t *address, _Inout_ int *length)");
const setOptionCall = call("int setsockopt(int fd, int level, int name, const void *value, int length)");
const sendCall = call("intptr_t send(int fd, const void *bytes, uintptr_t length, int flags)");
const receiveCall = call("intptr_t recv(int fd, _Out_ uint8_t *bytes, uintptr_t length, int flags)");
const controlCall = call("int fcntl(int fd, int command, int argument)");
const openCall = call("int open(const char *path, int flags, int mode)");
const closeCall = call("int close(int fd)");
const memoryCall = call("int memfd_create(const char *name, unsigned int flags)");
const enterCall = call("int setns(int fd, int kind)");
const unshareCall = call("int unshare(int flags)");
const mountCall = call(
  "int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)",
);
const unmountCall = call("int umount2(const char *target, int flags)");
const goCall = call("int chdir(const char *path)");
const goToCall = call("int fchdir(int directory)");
const rootCall = call("int chroot(const char *path)");
const maskCall = call("unsigned int umask(unsigned int mask)");
const scheduleCall = call("int sched_setscheduler(int pid, int policy, const void *parameters)");

const connectCall = call("int connect(int fd, const void *address, int length)");
const pairCall = call("int socketpair(int domain, int type, int protocol, _Out_ int *ends)");
const replaceCall = call("int dup3(int from, int to, int flags)");
const pipeCall = call("int pipe2(_Out_ uint8_t *ends, int flags)");
const windowCall = call("int ioctl(int fd, unsigned long request, const void *size)");
const exchangeCall = call("int ioctl(int fd, unsigned long request, _Inout_ uint8_t *structure)");
const quotaCall = call("int quotactl(int command, const char *device, int id, _Inout_ uint8_t *structure)");
const quotaAtCall = call("long syscall(long number, long fd, long command, long id, _Inout_ uint8_t *structure)");
koffi.struct("iovec", { base: "void *", length: "uintptr_t" });
koffi.struct("msghdr", {
  ...{ name: "void *", nameLength: "uint32_t", iov: "iovec *", iovLength: "uintptr_t" },
  ...{ control: "void *", controlLength: "uintptr_t", flags: "int" },
});
const receiveMessageCall = call("intptr_t recvmsg(int fd, _Inout_ msghdr *message, int flags)");

const AF_UNIX = 1;
const AF_NETLINK = 16;
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOCK_SEQPACKET = 5;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const O_CLOEXEC = 0o2000000;
const O_ASYNC = 0o20000;
const F_SETFL = 4;
const F_SETOWN = 8;
const O_PATH = 0o10000000;
const F_ADD_SEALS = 1033;
/** F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE: nothing of it changes, nor these. */
const SEALS = 0xf;
const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const MFD_EXEC = 0x10;
const SCHED_OTHER = 0;
const SCHED_RESET_ON_FORK = 0x40000000;
const CLONE_FS = 0x200;
const CLONE_NEWNS = 0x20000;
const CLONE_NEWNET = 0x40000000;
const MS_BIND = 4096;
const MNT_DETACH = 2;
const ADDRESS_LENGTH = 12;
const TIOCSWINSZ = 0x5414;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;
const SCM_RIGHTS = 1;
/** struct cmsghdr: length (8 bytes), level (4), type (4), then what it carries. */
const CONTROL_HEAD_BYTES = 16;
const CONTROL_BYTES = 64;
const EAGAIN = 11;
/** Of quotactl_fd(2), for which there is no function in C libraries; the same on every architecture. */
const QUOTACTL_FD = 443;

/** @throws SwarmError internal with what was tried and why it failed; resourceExhausted for a shortage that passes. */
function must(result: number, what: string): number {
  if (result >= 0) return result;
  throw failure("internal", what);
}

/** Of the call that has just failed. */
function failure(code: SwarmError["code"], what: string): SwarmError {
  const errno = koffi.errno();
  const cause = Object.assign(new Error(errnoText(errno)), { code: getSystemErrorName(-errno) });
  const shortage = shortageOf(cause);
  const sentence = `cannot ${what}: ${shortage ?? cause.message}`;
  return new SwarmError(shortage === null ? code : "resourceExhausted", sentence, { cause });
}

/** A netlink socket of the namespace that the thread is in; it stays there. Closed in programs that are started. */
export function openNetlink(protocol: number): number {
  const socket = must(
    socketCall(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol),
    "open a netlink socket",
  );
  const on = integer(1);
  // Refusals in words and without the request; on kernels before 4.12, 4.3 and 4.20 without these.
  for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK])
    setOptionCall(socket, SOL_NETLINK, option, on, on.length);
  const address = Buffer.alloc(ADDRESS_LENGTH);
  address.writeUInt16LE(AF_NETLINK);
  must(bindCall(socket, address, address.length), "bind a netlink socket");
  return socket;
}

/** The number that the kernel gave the socket; in a notice it says who asked for the change. */
export function netlinkPort(socket: number): number {
  const address = Buffer.alloc(ADDRESS_LENGTH);
  must(getNameCall(socket, address, [address.length]), "read a netlink socket's number");
  return address.readUInt32LE(4);
}

export function joinGroup(socket: number, group: number): void {
  const value = integer(group);
  must(setOptionCall(socket, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, value, value.length), "hear the kernel's notices");
}

/** Room in bytes for what has not been received yet. */
export function setReceiveRoom(socket: number, bytes: number): void {
  const value = integer(bytes);
  must(setOptionCall(socket, SOL_SOCKET, SO_RCVBUFFORCE, value, value.length), "enlarge a netlink socket");
}

/** Asks for SIGIO whenever something can be received. */
export function signalWhenReadable(socket: number): void {
  must(controlCall(socket, F_SETOWN, process.pid), "own a socket");
  must(controlCall(socket, F_SETFL, O_ASYNC | SOCK_NONBLOCK), "ask for a socket's signal");
}

export function send(socket: number, bytes: Uint8Array): void {
  must(sendCall(socket, bytes, bytes.length, 0), "send to the kernel");
}

/** As `send`, on another thread; the bytes must not change meanwhile. */
export function sendAside(socket: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) =>
    sendCall.async(socket, bytes, bytes.length, 0, (error: unknown, count: number) => {
      // Why is known to the other thread alone.
      if (error == null && count >= 0) resolve();
      else reject(new SwarmError("internal", "cannot send to the kernel"));
    }),
  );
}

/** How many bytes came, or the number of the error, negative. */
export function receive(socket: number, bytes: Buffer): number {
  const count = receiveCall(socket, bytes, bytes.length, 0);
  return count >= 0 ? count : -koffi.errno();
}

/** A TCP socket of the namespace that the thread is in; it stays there. */
export function openTcpSocket(isIpv6: boolean): number {
  const kind = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  return must(socketCall(isIpv6 ? AF_INET6 : AF_INET, kind, 0), "open a socket");
}

/**
 * A socket of packets, connected to a unix socket whose path has at most 107 bytes.
 * @throws SwarmError unavailable when nobody listens there, or too many wait to be heard.
 */
export function connectPackets(path: string): number {
  return connectUnix(path, SOCK_SEQPACKET);
}

/** A socket of datagrams, connected likewise. @throws SwarmError unavailable when nobody listens there. */
export function connectDatagrams(path: string): number {
  return connectUnix(path, SOCK_DGRAM);
}

/** False = whoever listens has not read enough yet. @throws SwarmError unavailable when nobody listens any more. */
export function sendDatagram(socket: number, bytes: Uint8Array): boolean {
  if (sendCall(socket, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return true;
  if (koffi.errno() === EAGAIN) return false;
  throw failure("unavailable", "send a datagram");
}

function connectUnix(path: string, kind: number): number {
  const socket = must(socketCall(AF_UNIX, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "open a socket");
  const address = Buffer.concat([Buffer.from([AF_UNIX, 0]), Buffer.from(`${path}\0`)]);
  if (connectCall(socket, address, address.length) >= 0) return socket;
  const failed = failure("unavailable", `connect to ${path}`);
  closeFile(socket);
  throw failed;
}

/** Two sockets that are connected with each other, closed in programs that are started. */
export function openStreamPair(): { readonly own: number; readonly other: number } {
  const ends = [0, 0];
  must(pairCall(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), "open a pair of sockets");
  const [own = 0, other = 0] = ends;
  return { own, other };
}

/** What is open as `source` is so as `target` too, instead of what was. */
export function replaceFile(target: number, source: number): void {
  must(replaceCall(source, target, O_CLOEXEC), "put a file in the place of another");
}

/** A pipe, whose ends are closed in programs that are started. */
export function openPipe(): { readonly readEnd: number; readonly writeEnd: number } {
  const ends = Buffer.alloc(8);
  must(pipeCall(ends, O_CLOEXEC), "open a pipe");
  return { readEnd: ends.readInt32LE(0), writeEnd: ends.readInt32LE(4) };
}

/** As ioctl(2), for requests that read and write a structure. Returns the error's number, negative; 0 = done. */
export function exchange(file: number, request: number, structure: Buffer): number {
  return exchangeCall(file, request, structure) >= 0 ? 0 : -koffi.errno();
}

/** As quotactl(2), of the file system that an open file is on (Linux 5.14). Returns the error's number, negative. */
export function controlQuotaAt(file: number, command: number, id: number, structure: Buffer): number {
  return quotaAtCall(QUOTACTL_FD, file, command, id, structure) >= 0 ? 0 : -koffi.errno();
}

/** The same of the file system on a block device. */
export function controlQuotaOf(device: string, command: number, id: number, structure: Buffer): number {
  return quotaCall(command, device, id, structure) >= 0 ? 0 : -koffi.errno();
}

/** Of the terminal whose master is open, in characters. */
export function setWindowSize(master: number, rows: number, columns: number): void {
  const size = Buffer.alloc(8);
  size.writeUInt16LE(rows, 0);
  size.writeUInt16LE(columns, 2);
  must(windowCall(master, TIOCSWINSZ, size), "set a terminal's size");
}

/** An open file that was sent over a unix socket; null = nothing has come yet. @throws SwarmError internal */
export function receiveFile(socket: number): number | null {
  const [data, control] = [Buffer.alloc(256), Buffer.alloc(CONTROL_BYTES)];
  const message = {
    ...{ name: null, nameLength: 0, iov: [{ base: data, length: data.length }], iovLength: 1 },
    ...{ control, controlLength: control.length, flags: 0 },
  };
  const count = receiveMessageCall(socket, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (count < 0 && koffi.errno() === EAGAIN) return null;
  must(count, "receive a file");
  const isFile = control.readInt32LE(8) === SOL_SOCKET && control.readInt32LE(12) === SCM_RIGHTS;
  if (!isFile) throw new SwarmError("internal", "a socket brought no file");
  return control.readInt32LE(CONTROL_HEAD_BYTES);
}

/** @throws SwarmError notFound when there is no such file. */
export function openFile(path: string): number {
  const file = openCall(path, O_CLOEXEC, 0);
  if (file >= 0) return file;
  throw failure("notFound", `open ${path}`);
}

export function closeFile(file: number): void {
  closeCall(file);
}

/** A file in memory that may be executed and sealed; `name` is for people. @throws SwarmError internal */
export function openSealable(name: string): number {
  const flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const file = memoryCall(name, flags | MFD_EXEC);
  // Kernels before 6.3 let all of them be executed, and do not know the flag.
  return file >= 0 ? file : must(memoryCall(name, flags), "make a file in memory");
}

/** Nobody can change the file any more. @throws SwarmError internal */
export function seal(file: number): void {
  must(controlCall(file, F_ADD_SEALS, SEALS), "seal a file in memory");
}

/** On another thread, of a file with which the kernel lets go of something that it must wait for. */
export function closeAside(file: number): Promise<void> {
  return new Promise((resolve) => closeCall.async(file, () => resolve()));
}

/** Puts the calling thread into the network namespace of an open file. */
export function enterNetwork(file: number): void {
  must(enterCall(file, CLONE_NEWNET), "enter a network namespace");
}

/** Puts the calling thread into a new network namespace. */
export function leaveForNewNetwork(): void {
  must(unshareCall(CLONE_NEWNET), "make a network namespace");
}

/** A file or directory that is only named by it, not read. @throws SwarmError notFound when there is none. */
export function openPlace(path: string): number {
  const file = openCall(path, O_CLOEXEC | O_PATH, 0);
  if (file >= 0) return file;
  throw failure("notFound", `find ${path}`);
}

/**
 * Puts the calling thread into the mount namespace of an open file. Its root and current directory are then the root of
 * that namespace.
 */
export function enterMounts(file: number): void {
  // A thread that shares its root and current directory with others may not enter.
  must(unshareCall(CLONE_FS), "leave the other threads' current directory");
  must(enterCall(file, CLONE_NEWNS), "enter a mount namespace");
}

/** Puts the calling thread into a new mount namespace, a copy of the one it was in. */
export function leaveForNewMounts(): void {
  must(unshareCall(CLONE_NEWNS), "make a mount namespace");
}

/** Makes an open directory the calling thread's root, as chroot(2) does. */
export function makeRoot(directory: number): void {
  goTo(directory);
  must(rootCall("."), "change the root directory");
}

/** Changes the calling thread's current directory. */
export function goTo(directory: string | number): void {
  const result = typeof directory === "number" ? goToCall(directory) : goCall(directory);
  must(result, `go to ${directory}`);
}

/** Sets which permissions the calling thread's new files never have; returns what that was. */
export function setUmask(mask: number): number {
  return maskCall(mask);
}

/**
 * What the calling thread starts from now on has nice 0 if the thread's own is less, from its first moment.
 * @throws SwarmError internal
 */
export function resetPriorityOfChildren(): void {
  must(scheduleCall(0, SCHED_OTHER | SCHED_RESET_ON_FORK, integer(0)), "reset the priority of children");
}

/** As mount(2); `flags` are its MS_ ones. @throws SwarmError internal with the kernel's reason. */
export function mountAt(
  target: string,
  how: { readonly source?: string; readonly type?: string; readonly flags?: number; readonly data?: string },
): void {
  const { source = null, type = null, flags = 0, data = "" } = how;
  const bytes = data === "" ? null : Buffer.from(`${data}\0`);
  must(mountCall(source, target, type, flags, bytes), `mount ${target}`);
}

/** Puts what is at `source` at the place of a file too. */
export function bindMount(source: string, target: string): void {
  must(mountCall(source, target, null, MS_BIND, null), `mount ${target}`);
}

/** On another thread: it waits until no processor can be using the mount. Nothing mounted there is no error. */
export function detachMount(target: string): Promise<void> {
  return new Promise((resolve) => unmountCall.async(target, MNT_DETACH, () => resolve()));
}

function integer(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
