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
}

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
    }
  | {
      readonly message: "started";
      /** It runs. */
      readonly started: ExecStarted;
      readonly stdout?: undefined;
      readonly stderr?: undefined;
      readonly exit?: undefined;
    }
  | {
      readonly message: "stdout";
      readonly started?: undefined;
      /** Bytes of its standard output, or of its terminal. */
      readonly stdout: Buffer;
      readonly stderr?: undefined;
      readonly exit?: undefined;
    }
  | {
      readonly message: "stderr";
      readonly started?: undefined;
      readonly stdout?: undefined;
      /** Bytes of its standard error. */
      readonly stderr: Buffer;
      readonly exit?: undefined;
    }
  | {
      readonly message: "exit";
      readonly started?: undefined;
      readonly stdout?: undefined;
      readonly stderr?: undefined;
      /** It has ended. Nothing follows. */
      readonly exit: ProcessExit;
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
