/** What many readers, and readers that do not read, cost the daemon. */
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiClient, emptyService } from "./api-client.ts";
import { removeServices } from "./creates.ts";

const CHECK_MS = 100;
/** For a hang. */
const WAIT_MS_MAX = 60_000;
const BYTES_PER_MB = 1024 * 1024;

export interface Readers {
  /** Resident memory that one reader costs, in KB. */
  readonly kilobytesEach: number;
  /** From a create to the last of the readers of /events that has heard of it, in ms. */
  readonly toldMs: readonly number[];
}

export interface Silent {
  /** What they cost while they are there, in MB. */
  readonly megabytes: number;
  /** Until the daemon has let go of the last of them, in ms. */
  readonly goneMs: number;
}

/** Half of them follow /events, half the log of a service. */
export async function measureReaders(socketPath: string, pid: number, count: number, rounds: number): Promise<Readers> {
  using client = new ApiClient(socketPath, 1);
  const { ID } = (await client.ask("POST", "/v1.44/services/create", emptyService("followed"))) as { ID: string };
  const before = residentMb(pid);
  let heard = 0;
  const readers: Socket[] = [];
  const open = async (path: string, onData: (text: string) => void): Promise<void> => {
    const socket = ask(socketPath, `GET ${path} HTTP/1.1\r\nHost: d\r\n\r\n`);
    readers.push(socket);
    await new Promise<void>((resolve) => socket.once("data", () => resolve()));
    socket.on("data", (piece) => onData(String(piece)));
  };
  for (let at = 0; at < count / 2; at++) {
    await open("/v1.44/events", (text) => {
      if (text.includes('"told-')) heard++;
    });
    await open(`/v1.44/services/${ID}/logs?follow=1&stdout=1&stderr=1`, () => {});
  }
  await sleep(1_000);
  const kilobytesEach = ((residentMb(pid) - before) * 1_024) / count;
  const toldMs: number[] = [];
  const ids = [ID];
  for (let round = 0; round < rounds; round++) {
    heard = 0;
    const beganMs = performance.now();
    const made = await client.ask("POST", "/v1.44/services/create", emptyService(`told-${round}`));
    ids.push((made as { ID: string }).ID);
    await until("every reader of events", () => heard >= count / 2);
    toldMs.push(performance.now() - beganMs);
  }
  for (const socket of readers) socket.destroy();
  await removeServices(socketPath, ids);
  return { kilobytesEach, toldMs };
}

/** Connections that begin headers and say nothing more. */
export async function measureSlowHeaders(socketPath: string, pid: number, count: number): Promise<Silent> {
  const before = residentMb(pid);
  let open = 0;
  const beganMs = performance.now();
  const sockets = Array.from({ length: count }, () => {
    const socket = ask(socketPath, "GET /_ping HTTP/1.1\r\nHost: ");
    open++;
    socket.resume();
    socket.once("close", () => open--);
    return socket;
  });
  await sleep(1_000);
  const megabytes = residentMb(pid) - before;
  await until("the end of slow headers", () => open === 0);
  const goneMs = performance.now() - beganMs;
  for (const socket of sockets) socket.destroy();
  return { megabytes, goneMs };
}

/** Readers of /events that take nothing, while as much happens as `events` services make. Memory in MB. */
export async function measureUnread(socketPath: string, pid: number, count: number, events: number): Promise<number> {
  using client = new ApiClient(socketPath, 1);
  const before = residentMb(pid);
  const sockets = Array.from({ length: count }, () => {
    const socket = ask(socketPath, "GET /v1.44/events HTTP/1.1\r\nHost: d\r\n\r\n");
    socket.pause();
    return socket;
  });
  const ids: string[] = [];
  for (let at = 0; at < events; at++) {
    const made = await client.ask("POST", "/v1.44/services/create", emptyService(`unread-${at}`));
    ids.push((made as { ID: string }).ID);
  }
  const megabytes = residentMb(pid) - before;
  for (const socket of sockets) socket.destroy();
  await removeServices(socketPath, ids);
  return megabytes;
}

export function residentMb(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return (Number(kilobytes) * 1_024) / BYTES_PER_MB;
}

function ask(socketPath: string, bytes: string): Socket {
  const socket = connect({ path: socketPath });
  socket.on("error", () => {});
  socket.write(bytes);
  return socket;
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const untilMs = performance.now() + WAIT_MS_MAX;
  while (!isSo()) {
    if (performance.now() > untilMs) throw new Error(`waited ${WAIT_MS_MAX} ms for ${what}, in vain`);
    await sleep(CHECK_MS / 20);
  }
}
