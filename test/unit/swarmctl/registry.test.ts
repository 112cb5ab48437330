import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import type { RefRequest, SetLoginRequest } from "../../../shared/rpc/gen/control.ts";
import { unary } from "../../../shared/rpc/handler.ts";
import type { Console } from "../../../swarmctl/cli.ts";
import { createLogin, createService } from "../../support/objects.ts";
import { createFakeDaemon, type FakeDaemon, runCli } from "./fake-daemon.ts";

interface Asked {
  readonly set: SetLoginRequest[];
  readonly removed: string[];
}

async function managers(refusal?: SwarmError): Promise<{ daemon: FakeDaemon; asked: Asked } & AsyncDisposable> {
  const asked: Asked = { set: [], removed: [] };
  const daemon = createFakeDaemon({
    control: {
      setLogin: unary(async (request: SetLoginRequest) => {
        asked.set.push(request);
        if (refusal !== undefined) throw refusal;
        return { login: null };
      }),
      removeLogin: unary(async ({ ref }: RefRequest) => {
        asked.removed.push(ref);
        return {};
      }),
      listLogins: unary(async () => ({
        logins: [createLogin("reg.example", "ci", ""), createLogin("docker.io", "u", "")],
      })),
      createService: unary(async () => ({ service: createService("web"), warnings: [] })),
      getService: unary(async () => ({ service: createService("web"), warnings: [] })),
    },
  });
  await daemon.listen();
  return { daemon, asked, [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose]() };
}

test("login sends user and password to be tried, under the name that images begin with", async () => {
  await using world = await managers();
  const { out, err } = await runCli(
    ["login", "-u", "ci", "-p", "planted", "https://Reg.example:5000/v2/"],
    world.daemon,
  );
  assert.deepEqual(out, ["Login Succeeded"]);
  assert.deepEqual(err, ["WARNING! Using --password via the CLI is insecure. Use --password-stdin."]);
  const [request] = world.asked.set;
  assert.equal(request?.verify, true);
  assert.deepEqual([request.spec?.annotations?.name, request.spec?.username], ["reg.example:5000", "ci"]);
  assert.equal(request.spec?.password, "planted");
  await runCli(["registry", "login", "-u", "ci", "-p", "planted"], world.daemon);
  assert.equal(world.asked.set[1]?.spec?.annotations?.name, "docker.io");
});

test("what a registry says of a login is the whole error", async () => {
  await using world = await managers(new SwarmError("permissionDenied", "registry a.b refuses the password of ci"));
  const { out, err, ok } = await runCli(["login", "-u", "ci", "-p", "x", "a.b"], world.daemon);
  assert.deepEqual([out, err.at(-1), ok], [[], "Error: registry a.b refuses the password of ci", false]);
});

const WRONG: readonly (readonly [words: readonly string[], sentence: RegExp])[] = [
  [["login", "a.b"], /^Error: cannot ask for a password without a terminal: use --username and --password-stdin$/],
  [["login", "--password-stdin", "a.b"], /^Error: --password-stdin needs --username/],
  [["login", "-p", "x", "a.b"], /^Error: --password needs --username/],
  [
    ["login", "-u", "u", "-p", "x", "--password-stdin"],
    /^Error: --password and --password-stdin are mutually exclusive$/,
  ],
  [["login", "-u", "u", "-p", "", "a.b"], /^Error: the password is empty$/],
  [["login", "-u", "u", "-p", "x", "a b"], /^Error: invalid registry "a b": expected HOST/],
];
/** A terminal, or none, at which somebody types. */
function consoleWith(typed: string, stdinIsTerminal: boolean): Console & { readonly shown: () => string } {
  const shown: Buffer[] = [];
  return {
    stdinIsTerminal,
    stdoutIsTerminal: true,
    input: (async function* () {
      yield Buffer.from(typed);
    })(),
    write: async (_to, bytes) => void shown.push(Buffer.from(bytes)),
    extent: () => null,
    onExtent: () => ({ [Symbol.dispose]: () => {} }),
    raw: () => ({ [Symbol.dispose]: () => {} }),
    onSignal: () => ({ [Symbol.dispose]: () => {} }),
    closeInput: () => {},
    shown: () => Buffer.concat(shown).toString(),
  };
}

test("at a terminal login asks for what is missing and shows no password", async () => {
  await using world = await managers();
  const console = consoleWith("cix\u007f\rpläntedx\u007f\r", true);
  assert.deepEqual((await runCli(["login", "a.b"], world.daemon, { console })).out, ["Login Succeeded"]);
  assert.deepEqual([world.asked.set[0]?.spec?.username, world.asked.set[0]?.spec?.password], ["ci", "plänted"]);
  assert.equal(console.shown(), "Username for a.b: cix\b \b\r\nPassword: \r\n");
  const stopped = await runCli(["login", "-u", "ci", "a.b"], world.daemon, { console: consoleWith("pl\u0003", true) });
  assert.deepEqual([stopped.err.at(-1), stopped.ok], ["Error: interrupted: nothing was changed", false]);
  assert.equal(world.asked.set.length, 1);
});

test("login refuses what cannot work before anybody is asked", async () => {
  await using world = await managers();
  for (const [words, sentence] of WRONG) {
    const { err, ok } = await runCli(words, world.daemon, { console: consoleWith("", false) });
    assert.ok(!ok, words.join(" "));
    assert.match(err.at(-1) ?? "", sentence);
  }
  assert.deepEqual(world.asked.set, []);
});

test("ls shows registries and users, logout names the registry", async () => {
  await using world = await managers();
  const { out } = await runCli(["registry", "ls"], world.daemon);
  assert.match(out[0] ?? "", /^ID +REGISTRY +USERNAME +CREATED +UPDATED$/);
  assert.match(out[1] ?? "", / docker\.io +u /);
  assert.match(out[2] ?? "", / reg\.example +ci /);
  const lines = await runCli(["registry", "ls", "--format", "{{.Registry}}={{.Username}}"], world.daemon);
  assert.deepEqual(lines.out, ["docker.io=u", "reg.example=ci"]);
  assert.deepEqual((await runCli(["logout", "a.b"], world.daemon)).out, ["Removing login credentials for a.b"]);
  assert.deepEqual(world.asked.removed, ["a.b"]);
});

test("--with-registry-auth gives the swarm what this user's files and programs say, at that moment", async () => {
  const directory = mkdtempSync(join(tmpdir(), "own-login-"));
  const { PATH } = process.env;
  try {
    await using world = await managers();
    const environment = { DOCKER_CONFIG: directory, HOME: directory, XDG_RUNTIME_DIR: directory };
    const write = (content: object): void => writeFileSync(join(directory, "config.json"), JSON.stringify(content));
    const words = ["service", "create", "-d", "--with-registry-auth", "reg.example/app:1"];
    const create = () => runCli(words, world.daemon, { environment });
    const auth = Buffer.from("ci:planted").toString("base64");
    write({ auths: { "https://reg.example/v1/": { auth } } });
    await create();
    assert.equal(world.asked.set[0]?.spec?.password, "planted");
    assert.equal(world.asked.set[0]?.spec?.annotations?.name, "reg.example");

    const program = join(directory, "docker-credential-mine");
    writeFileSync(
      program,
      '#!/bin/sh\nread server\necho "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"for $server\\"}"\n',
    );
    chmodSync(program, 0o700);
    process.env["PATH"] = `${directory}:${PATH}`;
    write({ credHelpers: { "reg.example": "mine" } });
    await create();
    assert.equal(world.asked.set[1]?.spec?.identityToken, "for reg.example");

    writeFileSync(program, "#!/bin/sh\necho vault is sealed >&2\nexit 1\n");
    const failed = await create();
    assert.match(
      failed.err.at(-1) ?? "",
      /^Error: no credentials for registry reg\.example: docker-credential-mine failed: vault is sealed$/,
    );
    write({ credHelpers: { "reg.example": "absent" } });
    assert.match((await create()).err.at(-1) ?? "", /docker-credential-absent is not installed on this host$/);

    write({});
    assert.match((await create()).err[0] ?? "", /^Warning: --with-registry-auth found no credentials for registry reg/);
    assert.equal(world.asked.set.length, 2);
  } finally {
    process.env["PATH"] = PATH;
    rmSync(directory, { recursive: true });
  }
});
