import assert from "node:assert/strict";
import { test } from "node:test";
import { DockerCommand } from "../../../swarmctl/docker-command.ts";

function parse(...words: readonly string[]): readonly [Record<string, unknown>, readonly string[]] {
  const program = new DockerCommand("p").enablePositionalOptions().exitOverride();
  const command = program.command("create <image> [command...]").exitOverride();
  command.stopsAtArgument = true;
  command.passThroughOptions().action(() => {});
  command.addSwitch("--read-only", "");
  command.addSwitch("--no-trunc", "");
  command.option("-e, --env <variable>", "");
  command.option("-t, --timeout <seconds>", "");
  command.former.set("--time", "--timeout");
  program.parse(["create", ...words], { from: "user" });
  return [command.opts(), command.args];
}

for (const [words, options, args] of [
  [["nginx"], {}, ["nginx"]],
  [["--read-only", "nginx"], { readOnly: true }, ["nginx"]],
  [["--read-only=true", "nginx"], { readOnly: true }, ["nginx"]],
  [["--read-only=false", "nginx"], { readOnly: false }, ["nginx"]],
  [["--read-only=T", "nginx"], { readOnly: true }, ["nginx"]],
  [["--read-only=FALSE", "nginx"], { readOnly: false }, ["nginx"]],
  [["--no-trunc=true", "nginx"], { trunc: false }, ["nginx"]],
  [["--no-trunc=false", "nginx"], { trunc: true }, ["nginx"]],
  [["--no-trunc", "--no-trunc=0", "nginx"], { trunc: true }, ["nginx"]],
  [["nginx", "--read-only=false", "-e"], {}, ["nginx", "--read-only=false", "-e"]],
  [["-e", "A=true", "nginx", "x"], { env: "A=true" }, ["nginx", "x"]],
  [["--time", "3", "nginx"], { timeout: "3" }, ["nginx"]],
  [["--time=3", "nginx", "--time"], { timeout: "3" }, ["nginx", "--time"]],
  [["--env", "--time", "nginx"], { env: "--time" }, ["nginx"]],
  [["--env", "--read-only=false", "nginx"], { env: "--read-only=false" }, ["nginx"]],
] as const) {
  test(`${words.join(" ")} is ${JSON.stringify(options)} with ${args.join(" ")}`, () => {
    assert.deepEqual(parse(...words), [options, args]);
  });
}

for (const word of ["--read-only=maybe", "--read-only=", "--read-only=yes"]) {
  test(`${word} is refused by its value, not as an option that is unknown`, () => {
    const value = word.slice("--read-only=".length);
    assert.throws(() => parse(word, "nginx"), {
      message: `error: invalid value "${value}" for --read-only: expected true or false`,
    });
  });
}
