/** Addresses of this process alone, so that two test runs, or a daemon of this machine, never meet at a port. */
import { createServer, type Server } from "node:net";

/** Loopback is 127.0.0.0/8; everybody else is in the first of these 65,536 networks of 256 addresses. */
const NETWORKS = 65_536;
const CLAIMS_MAX = 100;
/** Whoever listens here has the whole network. */
const CLAIM = { host: 254, port: 7 };

export interface LoopbackNetwork {
  /** `host` from 1 to 253. */
  address(host: number): string;
}

/** Claims a network that no other process has, until this one ends. @throws Error when none is found. */
export async function claimLoopbackNetwork(): Promise<LoopbackNetwork> {
  for (let attempt = 1; attempt <= CLAIMS_MAX; attempt++) {
    // Processes of one run have numbers near each other: spread, they seldom ask for the same.
    const network = 1 + ((process.pid * 257 + attempt * 7_919) % (NETWORKS - 1));
    const prefix = `127.${network >> 8}.${network & 255}`;
    if (await listens(createServer(), `${prefix}.${CLAIM.host}`)) return { address: (host) => `${prefix}.${host}` };
  }
  throw new Error(`no network of 127.0.0.0/8 is free after ${CLAIMS_MAX} attempts`);
}

function listens(server: Server, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(CLAIM.port, host, () => {
      server.unref();
      resolve(true);
    });
  });
}
