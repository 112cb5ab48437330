import { IMPORT_OPTIONS } from "../image/options.ts";
import type { OptionSpec } from "../option-spec.ts";

export const FROM_OPTIONS = [
  { flags: "--from <address>", help: "a manager of a Docker Swarm: unix:///var/run/docker.sock, tcp://HOST:PORT" },
  { flags: "--plan", help: "with --from, only say what would be made, kept and left" },
  { flags: "--tlscacert <file>", help: "with --from tcp://, the authority of Docker's certificate" },
  { flags: "--tlscert <file>", help: "the certificate to show to Docker" },
  { flags: "--tlskey <file>", help: "its key" },
] as const satisfies readonly OptionSpec[];

/** Of a swarm, or of an image, whose short command has the same name in Docker. */
export const SHORT_IMPORT_OPTIONS = [...FROM_OPTIONS, ...IMPORT_OPTIONS] as const satisfies readonly OptionSpec[];
