import { SwarmError } from "../shared/errors.ts";

/** Only digits and dots, or with colons: no name is written so. */
const ADDRESS = /^[\d.]+$|:/;

/**
 * Refuses what a web page in a browser of this host has sent. A plain port on 127.0.0.1 is open to every program here,
 * and a browser runs programs of strangers. Their requests carry an Origin; where a page's own name was made to mean
 * 127.0.0.1, so that it asks its own origin, that name is in Host. No client of Docker sends an Origin, and clients of
 * such a port name it by an address or as localhost.
 * @throws SwarmError permissionDenied
 */
export function refuseWebPages(header: (name: string) => string): void {
  if (header("origin") !== "") throw new SwarmError("permissionDenied", "requests of web pages are refused");
  const host = header("host")
    .replace(/:\d*$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
  // HTTP/1.0 needs no Host, and browsers always send one.
  if (host === "" || host === "localhost" || host.endsWith(".localhost") || ADDRESS.test(host)) return;
  throw new SwarmError(
    "permissionDenied",
    `the Host header names ${JSON.stringify(host.slice(0, 200))}: name this port by an IP address, or as localhost`,
  );
}
