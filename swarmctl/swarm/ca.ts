import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { UpdateClusterRequest } from "../../shared/rpc/gen/control.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { Cli, Run } from "../cli.ts";
import type { Flags } from "../flags.ts";
import { usageError } from "../parse/usage.ts";
import type { CA_OPTIONS } from "./options.ts";
import { waitForRoot } from "./wait-for-root.ts";

export const run: Run<typeof CA_OPTIONS> = async (cli, _args, flags) => {
  const control = await cli.api.control();
  if (!flags.is("rotate")) {
    if (flags.has("caCert", "caKey", "certExpiry", "detach", "quiet")) {
      throw usageError("--ca-cert, --ca-key, --cert-expiry, --detach and --quiet are only valid with --rotate");
    }
    cli.output.line(await rootOf(cli));
    return;
  }
  await control.updateCluster(await requestOf(cli, flags), { signal: cli.signal });
  if (flags.is("detach")) return;
  await waitForRoot(cli, flags.is("quiet"));
  cli.output.line(await rootOf(cli));
};

async function requestOf(cli: Cli, flags: Flags): Promise<Sendable<UpdateClusterRequest>> {
  const [certFile, keyFile] = [flags.text("caCert"), flags.text("caKey")];
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw usageError("--ca-cert and --ca-key must be given together: a root of your own needs both");
  }
  const read = (path: string | undefined): string => (path === undefined ? "" : cli.readTextFile(path));
  const request = { rotateRoot: true, rootCert: read(certFile), rootKey: read(keyFile) };
  const nodeCertExpiryMs = flags.durationMs("certExpiry");
  if (nodeCertExpiryMs === undefined) return request;
  const control = await cli.api.control();
  const cluster = mustHave((await control.getCluster({}, { signal: cli.signal })).cluster, "a cluster");
  const spec = { ...mustHave(cluster.spec, "a cluster's spec"), nodeCertExpiryMs };
  return { ...request, spec, version: mustHave(cluster.meta, "a cluster's version").version };
}

async function rootOf(cli: Cli): Promise<string> {
  const control = await cli.api.control();
  const { cluster } = await control.getCluster({}, { signal: cli.signal });
  const root = cluster?.rootCa?.caCert ?? "";
  if (root === "") throw new SwarmError("internal", "the swarm has no root certificate");
  return root.trim();
}
