import { LOGIN_LIMITS } from "../../shared/objects/limits.ts";
import { parseLoginName } from "../../shared/registry/login-names.ts";
import type { Cli, Run } from "../cli.ts";
import type { Flags } from "../flags.ts";
import { usageError } from "../parse/usage.ts";
import { askAtTerminal } from "./ask-password.ts";
import type { LOGIN_OPTIONS } from "./options.ts";

/** A manager asks the registry, for at most 10 s. */
const LOGIN_TIMEOUT_MS = 30_000;

export const run: Run<typeof LOGIN_OPTIONS> = async (cli, args, flags) => {
  if (args.length > 1) throw usageError("give one registry: swarmctl login OPTIONS [REGISTRY]");
  const name = parseLoginName(args[0] ?? "");
  const { username, password } = await who(cli, name, flags);
  if (password === "") throw usageError("the password is empty");
  const control = await cli.api.control();
  const spec = { annotations: { name, labels: {} }, username, password, identityToken: "" };
  await control.setLogin({ spec, verify: true }, { signal: cli.signal, timeoutMs: LOGIN_TIMEOUT_MS });
  cli.output.line("Login Succeeded");
};

interface Who {
  readonly username: string;
  readonly password: string;
}

async function who(cli: Cli, name: string, flags: Flags): Promise<Who> {
  const username = flags.text("username") ?? "";
  const password = flags.text("password");
  if (flags.is("passwordStdin")) {
    if (password !== undefined) throw usageError("--password and --password-stdin are mutually exclusive");
    if (username === "") throw usageError("--password-stdin needs --username: must provide who the password is of");
    const bytes = await cli.readBytes("-", LOGIN_LIMITS.loginSecret.max);
    return { username, password: bytes.toString().replace(/\r?\n$/, "") };
  }
  if (password !== undefined) {
    if (username === "") throw usageError("--password needs --username: must provide who the password is of");
    cli.output.warn("WARNING! Using --password via the CLI is insecure. Use --password-stdin.");
    return { username, password };
  }
  return await askAtTerminal(cli, name, username);
}
