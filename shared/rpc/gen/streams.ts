// Made from proto/swarm/v1/streams.proto by scripts/generate.ts.
import type { RpcMethod } from "../service-types.ts";

/**
 * What goes in and out of the containers of one host while somebody watches. A container is named by its id or a unique
 * prefix, its name, or its task.
 */
export interface StreamsMethods {
  /** Which container of this host is meant. */
  readonly locate: RpcMethod<"unary", LocateRequest, LocateResponse>;
  /**
   * Runs a further process in a running container. The caller sends `start`, then input; it gets `started`, output, and
   * `exit` at the end.
   */
  readonly exec: RpcMethod<"bidi", ExecInput, ExecOutput>;
  /**
   * Joins in with the first process of a container. The caller sends `start`, then input; it gets `attached`, what the
   * process writes from then on, and `exit` at the end.
   */
  readonly attach: RpcMethod<"bidi", AttachInput, AttachOutput>;
  /** Sets the size of a container's own terminal. */
  readonly resize: RpcMethod<"unary", ResizeRequest, ResizeResponse>;
  /** What a container has written, as far as its log is kept, and on as it goes on. */
  readonly readLog: RpcMethod<"serverStream", ReadLogRequest, ReadLogResponse>;
  /** The processes of a running container. */
  readonly top: RpcMethod<"unary", TopRequest, TopResponse>;
  /** What running containers use, once or once a second. */
  readonly stats: RpcMethod<"serverStream", StatsRequest, StatsResponse>;
  /** What a container has changed in its image's files. */
  readonly diff: RpcMethod<"unary", DiffRequest, DiffResponse>;
  /** The files of a container, running or not, as a tar archive, without what is mounted there. */
  readonly export: RpcMethod<"serverStream", ExportRequest, TarPiece>;
  /** What is at a path of a container, running or not. */
  readonly statPath: RpcMethod<"unary", StatPathRequest, PathStat>;
  /** A file or directory of a container, running or not, as a tar archive, whose entries begin with its name. */
  readonly getArchive: RpcMethod<"serverStream", GetArchiveRequest, TarPiece>;
  /** Unpacks a tar archive into a directory of a container, of a task only while it runs. The first message says where. */
  readonly putArchive: RpcMethod<"clientStream", PutArchiveRequest, PutArchiveResponse>;
  /** A connection to a port inside of a running container. The first message says to which. */
  readonly forward: RpcMethod<"bidi", ForwardInput, ForwardOutput>;
}

/** Asks for the processes of a container. */
export interface TopRequest {
  /** The container. */
  readonly container: string;
  /** Options of ps; empty = `-ef`. */
  readonly psOptions: readonly string[];
}

/** The processes of a container, as ps of its host shows them. */
export interface TopResponse {
  /** The columns' titles. */
  readonly titles: readonly string[];
  /** One for each process. */
  readonly processes: readonly ProcessRow[];
}

/** A process. */
export interface ProcessRow {
  /** One for each title. */
  readonly fields: readonly string[];
}

/** Asks what containers use. */
export interface StatsRequest {
  /** Which ones; empty = all that run, also those that begin later. */
  readonly containers: readonly string[];
  /** Goes on once a second. */
  readonly follow: boolean;
  /** With `details` of each. */
  readonly details: boolean;
}

/** What containers use at one moment. */
export interface StatsResponse {
  /** Those that run. */
  readonly containers: readonly ContainerStats[];
}

/** What one container uses. Amounts that grow are counted since it began. */
export interface ContainerStats {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** SERVICE.SLOT.TASK, or as people chose. */
  readonly name: string;
  /** Its task; "" = it has none. */
  readonly taskId: string;
  /** When it was looked at, monotonic milliseconds of its host. */
  readonly atMs: number;
  /** Nanoseconds of processor time. */
  readonly cpuNs: number;
  /** Bytes of memory in use, without pages of files that the kernel may take back. */
  readonly memoryBytes: number;
  /** How many it may have; 0 = as many as the host has. */
  readonly memoryLimitBytes: number;
  /** Processes and threads. */
  readonly pids: number;
  /** Bytes received on all of its links but loopback. */
  readonly receivedBytes: number;
  /** Bytes sent. */
  readonly sentBytes: number;
  /** Bytes read from disks. */
  readonly readBytes: number;
  /** Bytes written to disks. */
  readonly writtenBytes: number;
  /** Absent = not asked for. */
  readonly details: UseDetails | null;
}

/** What a container uses, part by part, as its host's kernel counts it. */
export interface UseDetails {
  /** When it was looked at, Unix milliseconds. */
  readonly readAtMs: number;
  /** Nanoseconds in its programs. */
  readonly cpuUserNs: number;
  /** Nanoseconds in the kernel on their behalf. */
  readonly cpuKernelNs: number;
  /** Nanoseconds on each processor; empty = the kernel does not say. */
  readonly cpuEachNs: readonly number[];
  /** Nanoseconds that all processors of the host have had, idle ones too. */
  readonly hostCpuNs: number;
  /** Processors of the host. */
  readonly hostCpus: number;
  /** Periods of its CPU limit. */
  readonly periods: number;
  /** Those in which it was held back. */
  readonly throttledPeriods: number;
  /** Nanoseconds for which it was held back. */
  readonly throttledNs: number;
  /** Bytes of memory, with pages of files. */
  readonly memoryBytes: number;
  /** The most it had; 0 = the kernel does not say. */
  readonly memoryBytesMax: number;
  /** Bytes of memory of the host. */
  readonly hostMemoryBytes: number;
  /** The kernel's memory.stat. */
  readonly memory: { readonly [key: string]: number };
  /** Most processes and threads; 0 = no limit. */
  readonly pidsMax: number;
  /** All but loopback. */
  readonly links: readonly LinkUse[];
  /** By device and operation. */
  readonly disks: readonly DiskUse[];
}

/** What went over a network interface. */
export interface LinkUse {
  /** As it is called in the container. */
  readonly name: string;
  /** Bytes that came. */
  readonly receivedBytes: number;
  /** Packets that came. */
  readonly receivedPackets: number;
  /** Of which were broken. */
  readonly receivedErrors: number;
  /** Of which were thrown away. */
  readonly receivedDropped: number;
  /** Bytes that went. */
  readonly sentBytes: number;
  /** Packets that went. */
  readonly sentPackets: number;
  /** Of which could not be sent. */
  readonly sentErrors: number;
  /** Of which were thrown away. */
  readonly sentDropped: number;
}

/** What was read from, or written to, a disk. */
export interface DiskUse {
  /** Number of the driver. */
  readonly major: number;
  /** Number of the device. */
  readonly minor: number;
  /** read or write. */
  readonly operation: string;
  /** Bytes. */
  readonly bytes: number;
  /** Requests. */
  readonly requests: number;
}

/** Asks what a container has changed. */
export interface DiffRequest {
  /** The container. */
  readonly container: string;
}

/** What a container has changed. */
export interface DiffResponse {
  /** Sorted by path. */
  readonly changes: readonly FileChange[];
}

/** One changed path. */
export interface FileChange {
  /** What became of it. */
  readonly kind: FileChangeKind;
  /** Absolute in the container. */
  readonly path: string;
}

/** What became of it. */
export type FileChangeKind =
  /** Its content or its attributes were changed; of a directory, what is in it. */
  | "CHANGED"
  /** It is not in the image. */
  | "ADDED"
  /** It is only in the image. */
  | "DELETED";

/** Asks for all files. */
export interface ExportRequest {
  /** The container. */
  readonly container: string;
}

/** A piece of a tar archive. */
export interface TarPiece {
  /** At most 64 KiB. */
  readonly data: Buffer;
}

/** Asks what is at a path. */
export interface StatPathRequest {
  /** The container. */
  readonly container: string;
  /** In the container; a relative one begins at its root. */
  readonly path: string;
}

/** What is at a path. */
export interface PathStat {
  /** What it is, links not followed. */
  readonly kind: PathStatKind;
  /** What it leads to, links followed. */
  readonly targetKind: PathStatKind;
  /** Where it leads to, absolute in the container. */
  readonly targetPath: string;
  /** Bytes, as the file system counts them for its kind. */
  readonly size: number;
  /** As in st_mode of stat(2): kind and permission bits. */
  readonly mode: number;
  /** When it was last written, Unix milliseconds. */
  readonly changedAtMs: number;
}

/** What it is. */
export type PathStatKind =
  /** Nothing is there. */
  | "NONE"
  | "FILE"
  | "DIRECTORY"
  /** A symbolic link. */
  | "LINK"
  /** A device, a pipe or a socket. */
  | "OTHER";

/** Asks for a file or directory. */
export interface GetArchiveRequest {
  /** The container. */
  readonly container: string;
  /** In the container. */
  readonly path: string;
  /** What a link leads to, instead of the link. */
  readonly followLink: boolean;
  /** Of a directory: what is in it, by names that begin with "." instead of its name. */
  readonly contentsOnly: boolean;
}

/** To a directory of a container. */
export type PutArchiveRequest = {} & (
  | {
      readonly message?: undefined;
      readonly start?: undefined;
      readonly data?: undefined;
    }
  | {
      readonly message: "start";
      /** The first message. */
      readonly start: PutArchiveStart;
      readonly data?: undefined;
    }
  | {
      readonly message: "data";
      readonly start?: undefined;
      /** A piece of a tar archive; at most 64 KiB. */
      readonly data: Buffer;
    }
);

/** Where an archive is unpacked. */
export interface PutArchiveStart {
  /** The container. */
  readonly container: string;
  /** A directory in the container. */
  readonly path: string;
  /** Owners as the archive says, by number; otherwise root's. */
  readonly keepOwners: boolean;
  /** What the first part of each entry's name becomes; "." = nothing, "" = it stays. */
  readonly renameTop: string;
  /**
   * Everything belongs to the user that the container was told to run as, whatever the archive says. Where it was told
   * none, this is left out of account.
   */
  readonly ownUser: boolean;
  /** No directory takes the place of something else, and nothing else that of a directory: refused. */
  readonly keepKinds: boolean;
}

/** It was unpacked. */
export interface PutArchiveResponse {
  /** Files, directories, links and others. */
  readonly entries: number;
}

/** To a port in a container. */
export type ForwardInput = {} & (
  | {
      readonly message?: undefined;
      readonly start?: undefined;
      readonly data?: undefined;
    }
  | {
      readonly message: "start";
      /** The first message. */
      readonly start: ForwardStart;
      readonly data?: undefined;
    }
  | {
      readonly message: "data";
      readonly start?: undefined;
      /** Bytes for it; at most 64 KiB. */
      readonly data: Buffer;
    }
);

/** Where a connection goes. */
export interface ForwardStart {
  /** The container. */
  readonly container: string;
  /** TCP, 1..65535, at 127.0.0.1 inside of the container. */
  readonly port: number;
}

/** From a port in a container. */
export type ForwardOutput = {} & (
  | {
      readonly message?: undefined;
      readonly opened?: undefined;
      readonly data?: undefined;
    }
  | {
      readonly message: "opened";
      /** The connection is there. */
      readonly opened: ForwardOpened;
      readonly data?: undefined;
    }
  | {
      readonly message: "data";
      readonly opened?: undefined;
      /** Bytes from it. */
      readonly data: Buffer;
    }
);

/** A connection is there. */
export type ForwardOpened = Readonly<Record<string, never>>;

/** Asks for a container of this host. */
export interface LocateRequest {
  /** Its id or a unique prefix, its name, or its task. */
  readonly container: string;
}

/** A container of this host. */
export interface LocateResponse {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** SERVICE.SLOT.TASK, or as people chose. */
  readonly name: string;
  /** Its task; "" = it has none. */
  readonly taskId: string;
  /** Whether it runs. */
  readonly running: boolean;
  /** It has a terminal, and so one output. */
  readonly tty: boolean;
  /** Its log driver is none, so there is nothing to read. */
  readonly keepsNoLog: boolean;
}

/** To a process in a container. */
export type ExecInput = {} & (
  | {
      readonly message?: undefined;
      readonly start?: undefined;
      readonly stdin?: undefined;
      readonly endOfInput?: undefined;
      readonly resize?: undefined;
      readonly signal?: undefined;
      readonly detach?: undefined;
    }
  | {
      readonly message: "start";
      /** The first message. */
      readonly start: ExecStart;
      readonly stdin?: undefined;
      readonly endOfInput?: undefined;
      readonly resize?: undefined;
      readonly signal?: undefined;
      readonly detach?: undefined;
    }
  | {
      readonly message: "stdin";
      readonly start?: undefined;
      /** Bytes for its standard input; at most 64 KiB. */
      readonly stdin: Buffer;
      readonly endOfInput?: undefined;
      readonly resize?: undefined;
      readonly signal?: undefined;
      readonly detach?: undefined;
    }
  | {
      readonly message: "endOfInput";
      readonly start?: undefined;
      readonly stdin?: undefined;
      /** Its standard input ends; more may be sent of other kinds. */
      readonly endOfInput: EndOfInput;
      readonly resize?: undefined;
      readonly signal?: undefined;
      readonly detach?: undefined;
    }
  | {
      readonly message: "resize";
      readonly start?: undefined;
      readonly stdin?: undefined;
      readonly endOfInput?: undefined;
      /** The size of the caller's terminal has changed. */
      readonly resize: TerminalSize;
      readonly signal?: undefined;
      readonly detach?: undefined;
    }
  | {
      readonly message: "signal";
      readonly start?: undefined;
      readonly stdin?: undefined;
      readonly endOfInput?: undefined;
      readonly resize?: undefined;
      /** A signal for it, by number. */
      readonly signal: number;
      readonly detach?: undefined;
    }
  | {
      readonly message: "detach";
      readonly start?: undefined;
      readonly stdin?: undefined;
      readonly endOfInput?: undefined;
      readonly resize?: undefined;
      readonly signal?: undefined;
      /** The caller goes, and the process stays; the call ends. */
      readonly detach: Detach;
    }
);

/** Leaves a process to itself. */
export type Detach = Readonly<Record<string, never>>;

/** Nothing more comes on a standard input. */
export type EndOfInput = Readonly<Record<string, never>>;

/** What to run, and how. */
export interface ExecStart {
  /** The container. */
  readonly container: string;
  /** Program and arguments. */
  readonly args: readonly string[];
  /** KEY=VALUE each, on top of the container's. */
  readonly env: readonly string[];
  /** USER[:GROUP], by name or number in the container; "" = the container's. */
  readonly user: string;
  /** Absolute; "" = the container's. */
  readonly workingDir: string;
  /** All capabilities, as for a privileged container. */
  readonly privileged: boolean;
  /** With a terminal, which has one output. */
  readonly tty: boolean;
  /** The terminal's size at first; absent = the kernel's default. */
  readonly size: TerminalSize | null;
  /** The caller will send input; otherwise the process finds it empty. */
  readonly attachStdin: boolean;
  /** Whether the caller wants the standard output. */
  readonly attachStdout: boolean;
  /** Whether the caller wants the standard error. */
  readonly attachStderr: boolean;
  /** The call ends once the process runs, which then lives as long as it likes; nothing is attached. */
  readonly detach: boolean;
  /** When the caller goes, the process stays. */
  readonly outlives: boolean;
}

/** In characters. */
export interface TerminalSize {
  /** 1..65535. */
  readonly rows: number;
  /** 1..65535. */
  readonly columns: number;
}

/** From a process in a container. */
export type ExecOutput = {} & (
  | {
      readonly message?: undefined;
      readonly started?: undefined;
      readonly stdout?: undefined;
      readonly stderr?: undefined;
      readonly exit?: undefined;
      readonly pid?: undefined;
    }
  | {
      readonly message: "started";
      /** It runs. */
      readonly started: ExecStarted;
      readonly stdout?: undefined;
      readonly stderr?: undefined;
      readonly exit?: undefined;
      readonly pid?: undefined;
    }
  | {
      readonly message: "stdout";
      readonly started?: undefined;
      /** Bytes of its standard output, or of its terminal. */
      readonly stdout: Buffer;
      readonly stderr?: undefined;
      readonly exit?: undefined;
      readonly pid?: undefined;
    }
  | {
      readonly message: "stderr";
      readonly started?: undefined;
      readonly stdout?: undefined;
      /** Bytes of its standard error. */
      readonly stderr: Buffer;
      readonly exit?: undefined;
      readonly pid?: undefined;
    }
  | {
      readonly message: "exit";
      readonly started?: undefined;
      readonly stdout?: undefined;
      readonly stderr?: undefined;
      /** It has ended. Nothing follows. */
      readonly exit: ProcessExit;
      readonly pid?: undefined;
    }
  | {
      readonly message: "pid";
      readonly started?: undefined;
      readonly stdout?: undefined;
      readonly stderr?: undefined;
      readonly exit?: undefined;
      /** Its number among the host's processes, once the runtime has said it. */
      readonly pid: number;
    }
);

/** The process has begun. */
export interface ExecStarted {
  /** Names it on this host while it runs, 64 hexadecimal digits. */
  readonly execId: string;
}

/** How a process ended. */
export interface ProcessExit {
  /** 0..255; 128 + N = ended by signal N. 126 = it could not be executed, 127 = there is no such program. */
  readonly exitCode: number;
  /** Why it never began, in one sentence; "" = it did. */
  readonly complaint: string;
}

/** To the first process of a container. */
export type AttachInput = {} & (
  | {
      readonly message?: undefined;
      readonly start?: undefined;
      readonly stdin?: undefined;
      readonly endOfInput?: undefined;
      readonly resize?: undefined;
      readonly detach?: undefined;
    }
  | {
      readonly message: "start";
      /** The first message. */
      readonly start: AttachStart;
      readonly stdin?: undefined;
      readonly endOfInput?: undefined;
      readonly resize?: undefined;
      readonly detach?: undefined;
    }
  | {
      readonly message: "stdin";
      readonly start?: undefined;
      /** Bytes for its standard input; at most 64 KiB. Dropped when that is not open. */
      readonly stdin: Buffer;
      readonly endOfInput?: undefined;
      readonly resize?: undefined;
      readonly detach?: undefined;
    }
  | {
      readonly message: "endOfInput";
      readonly start?: undefined;
      readonly stdin?: undefined;
      /** Nothing more comes from this caller; closes the standard input of a container that has it open for one only. */
      readonly endOfInput: EndOfInput;
      readonly resize?: undefined;
      readonly detach?: undefined;
    }
  | {
      readonly message: "resize";
      readonly start?: undefined;
      readonly stdin?: undefined;
      readonly endOfInput?: undefined;
      /** The size of the caller's terminal has changed. */
      readonly resize: TerminalSize;
      readonly detach?: undefined;
    }
  | {
      readonly message: "detach";
      readonly start?: undefined;
      readonly stdin?: undefined;
      readonly endOfInput?: undefined;
      readonly resize?: undefined;
      /** The caller goes, and the container's standard input stays as it is; the call ends. */
      readonly detach: Detach;
    }
);

/** What the caller wants to be connected with. */
export interface AttachStart {
  /** The container. */
  readonly container: string;
  /** The caller will send input. */
  readonly stdin: boolean;
  /** Whether the caller wants the standard output, or the terminal. */
  readonly stdout: boolean;
  /** Whether the caller wants the standard error. */
  readonly stderr: boolean;
  /** What the log has of it comes first, as it was written. */
  readonly logs: boolean;
  /** The call ends after that. */
  readonly logsOnly: boolean;
  /**
   * Also a container that does not run: nothing of what it writes at its next start is missed, and a caller that reads
   * slowly holds it back, as a pipe does. Of one that runs already, a caller that reads slowly misses some.
   */
  readonly beforeStart: boolean;
  /** The caller's terminal; absent = it has none, or does not know. */
  readonly size: TerminalSize | null;
}

/** From the first process of a container. */
export type AttachOutput = {} & (
  | {
      readonly message?: undefined;
      readonly attached?: undefined;
      readonly stdout?: undefined;
      readonly stderr?: undefined;
      readonly missedBytes?: undefined;
      readonly exit?: undefined;
    }
  | {
      readonly message: "attached";
      /** The caller is connected, or will be when the container starts. */
      readonly attached: Attached;
      readonly stdout?: undefined;
      readonly stderr?: undefined;
      readonly missedBytes?: undefined;
      readonly exit?: undefined;
    }
  | {
      readonly message: "stdout";
      readonly attached?: undefined;
      /** Bytes of its standard output, or of its terminal. */
      readonly stdout: Buffer;
      readonly stderr?: undefined;
      readonly missedBytes?: undefined;
      readonly exit?: undefined;
    }
  | {
      readonly message: "stderr";
      readonly attached?: undefined;
      readonly stdout?: undefined;
      /** Bytes of its standard error. */
      readonly stderr: Buffer;
      readonly missedBytes?: undefined;
      readonly exit?: undefined;
    }
  | {
      readonly message: "missedBytes";
      readonly attached?: undefined;
      readonly stdout?: undefined;
      readonly stderr?: undefined;
      /** The caller read too slowly: so many bytes are missing here. */
      readonly missedBytes: number;
      readonly exit?: undefined;
    }
  | {
      readonly message: "exit";
      readonly attached?: undefined;
      readonly stdout?: undefined;
      readonly stderr?: undefined;
      readonly missedBytes?: undefined;
      /** The container has ended. Nothing follows. */
      readonly exit: ProcessExit;
    }
);

/** The caller is connected. */
export interface Attached {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** SERVICE.SLOT.TASK, or as people chose. */
  readonly name: string;
  /** It has a terminal, and so one output. */
  readonly tty: boolean;
  /** Input reaches it. */
  readonly openStdin: boolean;
}

/** Asks for another size of a terminal. */
export interface ResizeRequest {
  /** The container. */
  readonly container: string;
  /** The size. */
  readonly size: TerminalSize | null;
}

/** It has that size. */
export type ResizeResponse = Readonly<Record<string, never>>;

/** Asks for what a container has written. */
export interface ReadLogRequest {
  /** The container; it need not run. */
  readonly container: string;
  /** Goes on until it ends. */
  readonly follow: boolean;
  /** Lines from the end; negative = all. */
  readonly tail: number;
  /** Unix milliseconds; 0 = from the beginning. */
  readonly sinceMs: number;
  /** Unix milliseconds; 0 = no end. */
  readonly untilMs: number;
}

/** What a container has written. */
export interface ReadLogResponse {
  /** In the order in which it was written. */
  readonly lines: readonly ContainerLogLine[];
  /** So many files of the log were gone before they could be read. */
  readonly missedFiles: number;
  /** All that was there when the log was opened has come. */
  readonly caughtUp: boolean;
}

/** A line of a container, or a piece of a long one. */
export interface ContainerLogLine {
  /** When it was said, Unix milliseconds. */
  readonly timestampMs: number;
  /** 0..999999 within the millisecond. */
  readonly nanos: number;
  /** Which output it came by. */
  readonly stream: ContainerLogLineStream;
  /** Byte by byte, without the line end. */
  readonly text: Buffer;
  /** There is no line end after it: the line goes on with the stream's next entry. */
  readonly partial: boolean;
}

/** Which output. */
export type ContainerLogLineStream =
  /** The standard output, or the terminal. */
  | "STDOUT"
  /** The standard error. */
  | "STDERR";
