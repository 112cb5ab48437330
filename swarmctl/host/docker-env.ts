import { SwarmError } from "../../shared/errors.ts";
import type { Run } from "../cli.ts";
import { ownDockerSocket } from "./docker-socket.ts";
import type { DOCKER_ENV_OPTIONS } from "./options.ts";

/** What would lead docker elsewhere, or make it ask a socket for certificates. */
const MISLEADING = ["DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"] as const;

/** How a shell says things. */
interface Shell {
  readonly set: (name: string, value: string) => string;
  readonly unset: (name: string) => string;
  /** What the words are for, as that shell takes them from a command. */
  readonly usage: string;
}

const SHELLS: Readonly<Record<"sh" | "fish", Shell>> = {
  sh: {
    set: (name, value) => `export ${name}=${inQuotes(value, "'\\''")}`,
    unset: (name) => `unset ${name}`,
    usage: 'eval "$(swarmctl docker-env)"',
  },
  fish: {
    set: (name, value) => `set -gx ${name} ${inQuotes(value.replaceAll("\\", "\\\\"), "\\'")}`,
    unset: (name) => `set -e ${name}`,
    usage: "swarmctl docker-env | source",
  },
};

export const run: Run<typeof DOCKER_ENV_OPTIONS> = async (cli, _args, flags) => {
  const usual = /(?:^|\/)fish$/.test(cli.environment["SHELL"] ?? "") ? "fish" : "sh";
  const { set, unset, usage } = flags.choice("shell", SHELLS) ?? SHELLS[usual];
  if (flags.is("unset")) {
    for (const name of ["DOCKER_HOST", "DOCKER_BUILDKIT"]) cli.output.line(unset(name));
    return;
  }
  const socket = await ownDockerSocket(cli);
  if (socket === null) {
    throw new SwarmError(
      "failedPrecondition",
      "swarmd serves no Docker API on a socket of this host: start it without --docker-socket none",
    );
  }
  for (const name of MISLEADING) cli.output.line(unset(name));
  cli.output.line(set("DOCKER_HOST", socket));
  // Docker's command line asks any daemon on Linux for BuildKit otherwise, whatever that says of itself.
  cli.output.line(set("DOCKER_BUILDKIT", "0"));
  cli.output.line(`# Run this command to set up your shell: ${usage}`);
};

/** In single quotes unless it has only characters that mean nothing to a shell. */
function inQuotes(text: string, quote: string): string {
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", quote)}'`;
}
