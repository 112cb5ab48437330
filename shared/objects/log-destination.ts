import { SwarmError } from "../errors.ts";
import type { LogDriver } from "../rpc/gen/objects.ts";
import { labelOf } from "./labels.ts";

/** Where a log is sent as well, line by line. */
export type LogDestination =
  /** The journal of the host. */
  | { readonly kind: "journald" }
  | {
      readonly kind: "syslog";
      readonly server: SyslogServer;
      /** 0..23, as RFC 5424 numbers them. */
      readonly facility: number;
      readonly format: SyslogFormat;
    };

export type SyslogServer =
  /** By the host's own socket, which is one of several. */
  | { readonly kind: "local" }
  | { readonly kind: "udp" | "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix" | "unixgram"; readonly path: string };

export type SyslogFormat = "" | "rfc3164" | "rfc5424" | "rfc5424micro";

/** Drivers that send; the log is kept here as well, so that it can be read. */
export const SENDING_DRIVERS: readonly string[] = ["journald", "syslog"];

const FORMATS: readonly string[] = ["", "rfc3164", "rfc5424", "rfc5424micro"] satisfies readonly SyslogFormat[];
const FACILITIES: readonly string[] = [
  ...["kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"],
  // Without names, as in Docker.
  ...["12", "13", "14", "15"],
  ...["local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"],
];
const DAEMON = 3;
const SYSLOG_PORT = 514;
const PORT_MAX = 65_535;
const ADDRESS_SHOWN_MAX = 200;
/** Options of syslog alone. */
const SYSLOG_OPTIONS: ReadonlySet<string> = new Set(["syslog-address", "syslog-facility", "syslog-format"]);

/** Whether an option belongs to the way out, and not to what is kept here. */
export function isDestinationOption(driver: string, key: string): boolean {
  return driver === "syslog" && SYSLOG_OPTIONS.has(key);
}

/** null = it is kept here alone. @throws SwarmError invalidArgument that says what is supported. */
export function logDestination(driver: LogDriver | null): LogDestination | null {
  if (driver?.name === "journald") return { kind: "journald" };
  if (driver?.name !== "syslog") return null;
  const option = (key: string): string => labelOf(driver.options, key) ?? "";
  const format = option("syslog-format");
  if (!FORMATS.includes(format))
    throw refused(`invalid syslog-format ${JSON.stringify(format)}: expected rfc3164, rfc5424 or rfc5424micro`);
  return {
    kind: "syslog",
    server: serverOf(option("syslog-address")),
    facility: facilityOf(option("syslog-facility")),
    format: format as SyslogFormat,
  };
}

function facilityOf(text: string): number {
  if (text === "") return DAEMON;
  const number = /^\d{1,2}$/.test(text) ? Number(text) : FACILITIES.indexOf(text);
  if (number >= 0 && number < FACILITIES.length) return number;
  throw refused(
    `invalid syslog-facility ${JSON.stringify(text)}: expected a number up to 23, or a name such as daemon`,
  );
}

function serverOf(text: string): SyslogServer {
  if (text === "") return { kind: "local" };
  const [, scheme = "", rest = ""] = /^([a-z+]+):\/\/(.*)$/.exec(text) ?? [];
  if (scheme === "unix" || scheme === "unixgram") {
    if (rest.startsWith("/")) return { kind: scheme, path: rest };
    throw refused(`invalid syslog-address ${shown(text)}: expected ${scheme}:///PATH`);
  }
  if (scheme === "tcp+tls")
    throw refused("syslog-address tcp+tls:// is not supported: send to a relay on the host, which encrypts");
  if (scheme !== "udp" && scheme !== "tcp")
    throw refused(`invalid syslog-address ${shown(text)}: expected udp://, tcp://, unix:// or unixgram://`);
  const [, bracketed, plain, port = ""] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]+))(?::(\d{1,5}))?$/.exec(rest) ?? [];
  const host = bracketed ?? plain ?? "";
  const number = port === "" ? SYSLOG_PORT : Number(port);
  if (host === "" || number < 1 || number > PORT_MAX)
    throw refused(`invalid syslog-address ${shown(text)}: expected ${scheme}://HOST[:PORT]`);
  return { kind: scheme, host, port: number };
}

const shown = (text: string): string => JSON.stringify(text.slice(0, ADDRESS_SHOWN_MAX));

function refused(sentence: string): SwarmError {
  return new SwarmError("invalidArgument", sentence);
}
