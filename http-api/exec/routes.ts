import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { fieldOf } from "../../shared/docker-shape/json-shape.ts";
import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { ExecOutput, TerminalSize } from "../../shared/rpc/gen/streams.ts";
import { type Answer, empty, hijack, json } from "../answer.ts";
import { readJson, requireJson } from "../body.ts";
import { type Place, placeOf } from "../containers/place.ts";
import { type Call, param, type Route } from "../route.ts";
import { inputPump, pieceOf, streamType } from "../talk.ts";
import { type Exec, execBook } from "./exec-book.ts";

export const execRoutes: readonly Route[] = [
  { method: "POST", path: "/containers/{id}/exec", handle: create },
  { method: "POST", path: "/exec/{id}/start", handle: start },
  { method: "POST", path: "/exec/{id}/resize", handle: resize },
  { method: "GET", path: "/exec/{id}/json", handle: inspect },
];

/** Announces a process of a running container. */
async function create(call: Call): Promise<Answer> {
  const body = await requireJson(call.body);
  const args = strings(body, "Cmd");
  if (args.length === 0) throw new SwarmError("invalidArgument", "No exec command specified");
  const detachKeys = text(body, "DetachKeys");
  inputPump(true, detachKeys);
  const place = await placeOf(call);
  const { id, name, running } = await place.engine.streams.locate({ container: place.ref }, { signal: call.signal });
  if (!running) throw new SwarmError("failedPrecondition", `container ${name} is not running`);
  if (await isPaused(place, call.signal)) {
    const sentence = `container ${name} is paused, unpause the container before exec`;
    throw new SwarmError("failedPrecondition", sentence);
  }
  const exec = execBook(call.backend).announce(
    {
      place,
      containerId: id,
      start: {
        container: place.ref,
        args,
        env: strings(body, "Env"),
        user: text(body, "User"),
        workingDir: text(body, "WorkingDir"),
        privileged: fieldOf(body, "Privileged") === true,
        tty: fieldOf(body, "Tty") === true,
        attachStdin: fieldOf(body, "AttachStdin") === true,
        attachStdout: fieldOf(body, "AttachStdout") === true,
        attachStderr: fieldOf(body, "AttachStderr") === true,
      },
      detachKeys,
      size: sizeIn(body),
    },
    call.clock,
  );
  return json({ Id: exec.id }, 201);
}

/** What cannot be looked at is tried. */
async function isPaused({ engine, ref }: Place, signal: AbortSignal): Promise<boolean> {
  const looked = await engine.containers.inspect({ ref }, { signal }).catch(() => null);
  return looked?.container?.summary?.state === "PAUSED";
}

/** Begins it: on the caller's connection, or by itself. */
async function start(call: Call): Promise<Answer> {
  const body = (await readJson(call.body)) ?? {};
  const exec = execBook(call.backend).find(param(call, "id"));
  if (exec.state !== "announced") {
    const sentence = `Error: Exec command ${exec.id} ${exec.state === "running" ? "is already running" : "has already run"}`;
    throw new SwarmError("failedPrecondition", sentence);
  }
  exec.state = "running";
  exec.size = sizeIn(body) ?? exec.size;
  try {
    const isRaw = fieldOf(body, "Tty") === true;
    return fieldOf(body, "Detach") === true ? await startDetached(call, exec) : startAttached(call, exec, isRaw);
  } catch (error) {
    end(call, exec, null);
    throw error;
  }
}

/** It outlives this connection, and the daemon; how it ends is known as long as the daemon lives. */
async function startDetached(call: Call, exec: Exec): Promise<Answer> {
  const running = begin(exec, { attachStdin: false, attachStdout: false, attachStderr: false });
  const hasBegun = Promise.withResolvers<void>();
  hasBegun.promise.catch(() => {});
  follow(call, exec, running.messages, async ({ started, exit }) => {
    if (started) hasBegun.resolve();
    if (exit && exit.complaint !== "") hasBegun.reject(new SwarmError("invalidArgument", exit.complaint));
  })
    .catch((error: unknown) => hasBegun.reject(error))
    .finally(() => hasBegun.resolve());
  await hasBegun.promise;
  return empty(200);
}

/**
 * `isRaw`: the output comes without frames; up to whoever starts it, as in dockerd, and not to its terminal. The
 * process goes on when its caller leaves it, or is gone: what it writes is read and dropped, and its input, unless that
 * is a terminal, is at its end.
 */
function startAttached(call: Call, exec: Exec, isRaw: boolean): Answer {
  const { tty, attachStdin = false } = exec.start;
  const pump = inputPump(tty, exec.detachKeys);
  return hijack(streamType(isRaw, call.minor), async (peer) => {
    const running = begin(exec);
    const left = Promise.withResolvers<void>();
    let hasLeft = false;
    const leave = (): void => {
      hasLeft = true;
      left.resolve();
    };
    peer.signal.addEventListener("abort", leave, { once: true });
    const tell = async (piece: Buffer | null): Promise<void> => {
      if (piece !== null && !hasLeft) await peer.send(piece).catch(leave);
    };
    const endInput = (): void => void running.send({ endOfInput: {} }).catch(() => {});
    // Docker's client looks for the detach keys itself, where there is a terminal, and then closes the connection.
    const passOn: Parameters<typeof pump>[1] = async (message) =>
      "detach" in message ? leave() : await running.send(message);
    if (attachStdin) pump(peer, passOn).catch(endInput);
    const followed = follow(call, exec, running.messages, (message) =>
      tell(pieceOf(message, isRaw) ?? complaintIn(message, isRaw)),
    ).catch(async (error: unknown) => {
      if (!(error instanceof SwarmError)) throw error;
      await tell(pieceOf({ stderr: Buffer.from(`${error.message}\r\n`) }, isRaw));
    });
    await Promise.race([followed, left.promise]);
  });
}

type RunningExec = ReturnType<Place["engine"]["streams"]["exec"]>;

/** A failure shows as that of the messages that come. */
function begin(exec: Exec, change: Partial<Exec["start"]> = {}): RunningExec {
  const running = mustHave(exec.place, "the place of an exec that begins").engine.streams.exec();
  running.send({ start: { ...exec.start, ...change, ...sizeOf(exec), outlives: true } }).catch(() => {});
  exec.onSize = (size) => void running.send({ resize: size }).catch(() => {});
  return running;
}

/** Notes what becomes of a process, to its end. */
async function follow(
  call: Call,
  exec: Exec,
  messages: RunningExec["messages"],
  hear: (message: ExecOutput) => Promise<void>,
): Promise<void> {
  try {
    for await (const message of messages) {
      exec.pid = message.pid ?? exec.pid;
      if (message.exit) end(call, exec, message.exit.exitCode);
      await hear(message);
    }
  } finally {
    end(call, exec, null);
  }
}

/** Why a process never began, in its output, where people see it. */
function complaintIn({ exit }: ExecOutput, isRaw: boolean): Buffer | null {
  if (!exit || exit.complaint === "") return null;
  return pieceOf({ stderr: Buffer.from(`${exit.complaint}\r\n`) }, isRaw);
}

async function resize(call: Call): Promise<Answer> {
  const exec = execBook(call.backend).find(param(call, "id"));
  const size = { rows: call.query.whole("h", 0), columns: call.query.whole("w", 0) };
  if (size.rows < 0 || size.columns < 0) throw new SwarmError("invalidArgument", "a terminal has no negative size");
  exec.size = size;
  exec.onSize?.(size);
  return empty(200);
}

async function inspect(call: Call): Promise<Answer> {
  const { id, containerId, start: asked, state, exitCode, pid } = execBook(call.backend).find(param(call, "id"));
  const [entrypoint = "", ...args] = asked.args;
  return json({
    ID: id,
    Running: state === "running",
    ExitCode: exitCode,
    ProcessConfig: {
      tty: asked.tty,
      entrypoint,
      arguments: args,
      privileged: asked.privileged ?? false,
      ...(asked.user === undefined || asked.user === "" ? {} : { user: asked.user }),
    },
    OpenStdin: asked.attachStdin ?? false,
    OpenStderr: asked.attachStderr ?? false,
    OpenStdout: asked.attachStdout ?? false,
    CanRemove: false,
    ContainerID: containerId,
    DetachKeys: "",
    Pid: pid,
  });
}

/** null = nobody knows how: its host has gone. */
function end({ clock }: Call, exec: Exec, exitCode: number | null): void {
  if (exec.state === "ended") return;
  exec.state = "ended";
  exec.exitCode = exitCode ?? UNKNOWN;
  exec.onSize = null;
  exec.place = null;
  exec.changedAt = clock.now();
}

/** Docker's code of a process of which nothing is heard any more. */
const UNKNOWN = 137;

function sizeOf({ size }: Exec): { readonly size?: TerminalSize } {
  return size === null ? {} : { size };
}

/** `ConsoleSize`: height and width. */
function sizeIn(body: DockerJson): TerminalSize | null {
  const given = fieldOf(body, "ConsoleSize");
  if (!Array.isArray(given) || given.length !== 2 || !given.every((length) => Number.isInteger(length) && length > 0)) {
    return null;
  }
  const [rows = 0, columns = 0] = given as readonly number[];
  return { rows, columns };
}

function text(body: DockerJson, name: string): string {
  const value = fieldOf(body, name) ?? "";
  if (typeof value === "string") return value;
  throw new SwarmError("invalidArgument", `invalid JSON: ${name} must be a string`);
}

function strings(body: DockerJson, name: string): readonly string[] {
  const value = fieldOf(body, name) ?? [];
  if (Array.isArray(value) && value.every((word) => typeof word === "string")) return value;
  throw new SwarmError("invalidArgument", `invalid JSON: ${name} must be a list of strings`);
}
