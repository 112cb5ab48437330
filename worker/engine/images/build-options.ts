import { SwarmError } from "../../../shared/errors.ts";
import type { BuildHeader } from "../../../shared/rpc/gen/images.ts";
import { parsePlatform } from "../../images/pull/manifest.ts";
import { nameToGive } from "./names.ts";

const SECRETS_MAX = 100;
/** The builder's word for "neither the host's network nor one that I make": which one, the edits of a step say. */
const OWN_NAMESPACE = "/proc/self/ns/net";

/** Where a build has its things. Absolute. */
export interface BuildFiles {
  /** What is called in place of an OCI runtime. */
  readonly runtime: string;
  /** Where the image's id is written. */
  readonly idFile: string;
  /** Of the secrets, in the header's order. */
  readonly secretFile: (at: number) => string;
}

/**
 * What buildah is told of a build, without its context. Of what a step runs in nothing: that is in the configuration
 * that its runtime is given.
 * @throws SwarmError invalidArgument.
 */
export function buildOptions(header: Omit<BuildHeader, "logins">, files: BuildFiles): readonly string[] {
  const { platform, secretFiles } = header;
  if (secretFiles.length > SECRETS_MAX)
    throw new SwarmError("invalidArgument", `at most ${SECRETS_MAX} secrets for a build`);
  for (const { id } of secretFiles) {
    if (!/^[\w.-]+$/.test(id)) throw new SwarmError("invalidArgument", `invalid id of a secret ${JSON.stringify(id)}`);
  }
  return [
    // An image has the labels that people give it.
    ...["build", "--identity-label=false", "--format", "docker", "--layers", "--force-rm"],
    ...["--isolation", "oci", "--runtime", files.runtime, "--network", `ns:${OWN_NAMESPACE}`],
    // So that a step's configuration has limits to be replaced.
    ...["--ulimit", "nofile=1024:1024"],
    ...["--iidfile", files.idFile],
    ...header.names.flatMap((name) => ["--tag", nameToGive(name)]),
    ...header.buildArgs.flatMap((arg) => ["--build-arg", arg]),
    ...header.labels.flatMap((label) => ["--label", label]),
    ...(header.target === "" ? [] : ["--target", header.target]),
    ...(header.noCache ? ["--no-cache"] : []),
    ...(header.pull ? ["--pull-always"] : []),
    ...(header.squash ? ["--squash"] : []),
    ...(platform === "" ? [] : ["--platform", platformText(platform)]),
    ...secretFiles.flatMap(({ id }, at) => ["--secret", `id=${id},src=${files.secretFile(at)}`]),
  ];
}

function platformText(text: string): string {
  const { os, architecture, variant } = parsePlatform(text);
  return [os, architecture, ...(variant === "" ? [] : [variant])].join("/");
}
