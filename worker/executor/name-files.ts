import { SwarmError } from "../../shared/errors.ts";
import { HOST_GATEWAY } from "../../shared/objects/container-names.ts";
import { containerHostname } from "../../shared/objects/hostname.ts";
import type { TaskSpec } from "../../shared/objects/types.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { TaskNames, TaskNetwork } from "../ports/host-network.ts";
import { hostsFile, resolvConf, swarmResolvConf } from "../runtime/container-files.ts";
import type { ContainerPaths } from "../runtime/container-paths.ts";
import type { WantedContainer } from "./wanted-container.ts";

/** Files in the container's /etc, whatever user its processes run as. */
const EVERYBODY_READS = 0o644;

/** Where they are. */
export type NameFiles = Pick<ContainerPaths, "hosts" | "hostnameFile" | "resolvConf">;

/** The files by which a container finds itself and others; its templates are filled in. */
export async function writeNameFiles(
  files: HostFiles,
  paths: NameFiles,
  { key, spec }: Pick<WantedContainer, "key" | "spec">,
  network: TaskNetwork,
): Promise<void> {
  const hostname = containerHostname(spec.container.hostname, key);
  const names = { hostname, domainname: spec.container.domainname };
  const write = (path: string, text: string): Promise<void> => files.writeText(path, text, EVERYBODY_READS);
  await Promise.all([
    write(paths.hosts, hostsFile(names, network.address, withHostAddress(spec.container.hosts, network))),
    write(paths.hostnameFile, `${hostname}\n`),
    resolvConfText(files, spec, network).then((text) => write(paths.resolvConf, text)),
  ]);
}

/** @throws SwarmError failedPrecondition where no address of the host can be reached. */
function withHostAddress(lines: readonly string[], { hostAddress }: TaskNetwork): readonly string[] {
  return lines.map((line) => {
    if (!line.startsWith(`${HOST_GATEWAY} `)) return line;
    if (hostAddress === null) {
      throw new SwarmError("failedPrecondition", `no host-gateway for a container without a way to its host: ${line}`);
    }
    return line.replace(HOST_GATEWAY, hostAddress);
  });
}

/** The same for one that is in the network of another container. */
export async function copyNameFiles(files: HostFiles, paths: ContainerPaths, theirs: ContainerPaths): Promise<void> {
  const names = ["hosts", "hostnameFile", "resolvConf"] as const;
  await Promise.all(
    names.map(async (name) =>
      files.writeText(paths[name], (await files.readText(theirs[name])) ?? "", EVERYBODY_READS),
    ),
  );
}

/** What the files of a container say of its networks. */
export type ToldNames = Pick<TaskNames, "address" | "resolver">;

/**
 * Brings the files of a container that runs to what its networks are now. Only what follows from the change is touched:
 * a container may have written the rest itself. May be done again.
 */
export async function followMove(
  files: HostFiles,
  paths: ContainerPaths,
  spec: TaskSpec,
  before: ToldNames,
  after: TaskNames,
): Promise<void> {
  if (before.resolver !== after.resolver && (await files.kindOf(paths.resolvConf)) === "file")
    await files.overwriteText(paths.resolvConf, await resolvConfText(files, spec, after));
  if (before.address === after.address) return;
  const hosts = await files.readText(paths.hosts);
  const own = `${before.address}\t`;
  const lines = hosts?.split("\n") ?? [];
  const at = lines.findIndex((line) => line.startsWith(own));
  if (at < 0) return;
  lines[at] = `${after.address}\t${lines[at]?.slice(own.length)}`;
  await files.overwriteText(paths.hosts, lines.join("\n"));
}

async function resolvConfText(
  files: HostFiles,
  { container: { dns } }: TaskSpec,
  { resolver, nameservers }: Pick<TaskNetwork, "resolver" | "nameservers">,
): Promise<string> {
  const own = (await files.readText("/etc/resolv.conf")) ?? "";
  return resolver === null ? resolvConf(nameservers, own, dns) : swarmResolvConf(resolver, own, dns);
}
