import { execFile } from "node:child_process";
import { SwarmError } from "../../errors.ts";
import { jsonObject } from "../../json.ts";
import { atUsualPriority } from "../../ports/own-priority.ts";
import { type CredentialPrograms, HELPER_TIMEOUT_MS, type HelperAnswer } from "../registry-world.ts";

/** Tokens have a few kilobytes. */
const OUTPUT_BYTES_MAX = 256 * 1024;
/** It becomes the name of a program, looked up in PATH. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const CAUSE_CHARACTERS_MAX = 160;

/** `docker-credential-NAME get`, as Docker, Podman and skopeo run it. */
export const systemCredentialPrograms: CredentialPrograms = {
  async ask(name, server, registry) {
    const program = `docker-credential-${name}`;
    const fail = (why: string): SwarmError =>
      new SwarmError("failedPrecondition", `no credentials for registry ${registry}: ${program} ${why}`);
    if (!NAME.test(name)) throw fail("is not the name of a program");
    const { error, stdout, stderr } = await run(program, server);
    if (error?.code === "ENOENT") throw fail("is not installed on this host");
    if (error?.killed === true) throw fail(`gave no answer within ${HELPER_TIMEOUT_MS / 1_000} s`);
    const words = `${stderr}\n${stdout}`.trim();
    if (error !== null && /credentials not found/i.test(words)) return null;
    // Its output may hold what nobody should read, unless it failed.
    if (error !== null) throw fail(`failed: ${words.split("\n")[0]?.slice(0, CAUSE_CHARACTERS_MAX) ?? ""}`);
    const answer = answerOf(stdout);
    if (answer === null) throw fail("gave an answer that cannot be understood");
    return answer;
  },
};

interface Ended {
  readonly error: (Error & { readonly code?: unknown; readonly killed?: boolean }) | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, server: string): Promise<Ended> {
  const options = { timeout: HELPER_TIMEOUT_MS, killSignal: "SIGKILL", maxBuffer: OUTPUT_BYTES_MAX } as const;
  return new Promise((resolve) => {
    const child = atUsualPriority(() =>
      execFile(program, ["get"], options, (error, stdout, stderr) => resolve({ error, stdout, stderr })),
    );
    // One that ends without reading says why by its output.
    child.stdin?.on("error", () => {});
    child.stdin?.end(`${server}\n`);
  });
}

function answerOf(stdout: string): HelperAnswer | null {
  const { Username: username, Secret: secret } = jsonObject(stdout) ?? {};
  if (typeof username !== "string" || typeof secret !== "string" || secret === "") return null;
  // Docker's word for a secret that is a token.
  if (username === "<token>") return { username: "", password: "", identityToken: secret };
  return { username, password: secret, identityToken: "" };
}
