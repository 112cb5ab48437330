import type { LogDestination } from "../../shared/objects/log-destination.ts";
import type { LogEntry } from "../ports/task-executor.ts";

/** What is said of a container with each of its lines. */
export interface SentLog {
  readonly destination: LogDestination;
  /** What the lines are marked with. */
  readonly tag: string;
  /** 64 hexadecimal digits. */
  readonly containerId: string;
  readonly name: string;
  readonly imageName: string;
  /** Of labels and variables that the options name, by key. */
  readonly attributes: readonly (readonly [key: string, value: string])[];
}

/** Who sends. */
export interface Sender {
  readonly hostname: string;
  readonly pid: number;
}

/** What fits into a datagram of every kind; longer lines are sent in parts. */
export const MESSAGE_BYTES_MAX = 32 << 10;
/** Severities of RFC 5424, of which journald has the same. */
const SEVERITY = { STDOUT: 6, STDERR: 3 } as const;
const FACILITY_UNIT = 8;
const SHORT_ID_LENGTH = 12;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const NANO_DIGITS = 6;

type Timed = Pick<LogEntry, "timestampMs" | "nanos">;

/** A line as the messages that say it. */
export function messagesOf(entry: LogEntry, log: SentLog, sender: Sender): readonly Uint8Array[] {
  const parts = partsOf(entry.text);
  return parts.map((text, at) => {
    const isPartial = entry.partial || at < parts.length - 1;
    return log.destination.kind === "journald"
      ? journalMessage({ ...entry, text, partial: isPartial }, log)
      : syslogMessage({ ...entry, text }, log, log.destination, sender);
  });
}

function partsOf(text: Uint8Array): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < text.length; at += MESSAGE_BYTES_MAX) parts.push(text.subarray(at, at + MESSAGE_BYTES_MAX));
  return parts.length === 0 ? [text] : parts;
}

function syslogMessage(
  entry: LogEntry,
  { tag }: SentLog,
  { server, facility, format }: Extract<LogDestination, { kind: "syslog" }>,
  { hostname, pid }: Sender,
): Uint8Array {
  const grade = facility * FACILITY_UNIT + SEVERITY[entry.stream];
  const isLocal = server.kind !== "udp" && server.kind !== "tcp";
  const head =
    format === "rfc5424" || format === "rfc5424micro"
      ? `<${grade}>1 ${rfc3339(entry, format === "rfc5424micro")} ${hostname} ${word(tag)} ${pid} ${word(tag)} - `
      : `<${grade}>${bsdTime(entry)} ${isLocal ? "" : `${hostname} `}${word(tag)}[${pid}]: `;
  // A stream has no other end of a message than that of a line.
  const end = server.kind === "tcp" || server.kind === "unix" ? "\n" : "";
  return Buffer.concat([Buffer.from(head), withoutNewlines(entry.text), Buffer.from(end)]);
}

/** Blanks would end it. */
function word(tag: string): string {
  return tag.replace(/[^\x21-\x7e]/g, "_") || "-";
}

function withoutNewlines(text: Uint8Array): Uint8Array {
  return text.includes(0x0a) ? Buffer.from(text).map((byte) => (byte === 0x0a ? 0x20 : byte)) : text;
}

function bsdTime({ timestampMs }: Timed): string {
  const date = new Date(timestampMs);
  const two = (number: number): string => String(number).padStart(2, "0");
  const day = String(date.getDate()).padStart(2, " ");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${MONTHS[date.getMonth()]} ${day} ${time}`;
}

function rfc3339({ timestampMs, nanos }: Timed, isMicro: boolean): string {
  const text = new Date(timestampMs).toISOString();
  const micros = String(nanos).padStart(NANO_DIGITS, "0").slice(0, 3);
  return isMicro ? text.replace("Z", `${micros}Z`) : text.replace(/\.\d+Z$/, "Z");
}

/** In the journal's own protocol: fields by name, those with line ends by their length. */
function journalMessage(entry: LogEntry, log: SentLog): Uint8Array {
  const { tag, containerId, name, imageName, attributes } = log;
  const fields: (readonly [string, string])[] = [
    ["PRIORITY", String(SEVERITY[entry.stream])],
    ["CONTAINER_ID", containerId.slice(0, SHORT_ID_LENGTH)],
    ["CONTAINER_ID_FULL", containerId],
    ["CONTAINER_NAME", name],
    ["CONTAINER_TAG", tag],
    ["SYSLOG_IDENTIFIER", tag],
    ["IMAGE_NAME", imageName],
    ["SYSLOG_TIMESTAMP", rfc3339(entry, true)],
    ...(entry.partial ? [["CONTAINER_PARTIAL_MESSAGE", "true"] as const] : []),
    ...attributes.map(([key, value]) => [fieldName(key), value] as const),
  ];
  return Buffer.concat([
    ...fields.filter(([key]) => key !== "").map(([key, value]) => journalField(key, Buffer.from(value))),
    journalField("MESSAGE", entry.text),
  ]);
}

function journalField(key: string, value: Uint8Array): Uint8Array {
  const LENGTH_BYTES = 8;
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(value.length));
  return Buffer.concat([Buffer.from(`${key}\n`), length, value, Buffer.from("\n")]);
}

/** The journal takes capitals, digits and underscores, and none that begins with one of the latter two. */
function fieldName(key: string): string {
  return key
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, "_")
    .replace(/^[_0-9]+/, "");
}
