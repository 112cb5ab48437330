// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Dockerfiles look like that.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { instructionsOf } from "../../../../../worker/engine/images/dockerfile.ts";
import { checkDockerfile } from "../../../../../worker/engine/images/dockerfile-check.ts";
import { withoutHereDocuments } from "../../../../../worker/engine/images/here-documents.ts";

const plain = (text: string, args: readonly string[] = []) => withoutHereDocuments(text, "Dockerfile", args);

describe("here-documents", () => {
  it("of a command become one argument of the shell, and the lines stay where they were", () => {
    const text = "FROM a\nRUN --network=none <<EOF\nset -e\n# no comment\n\nX='a  b'\nEOF\nRUN last\n";
    assert.equal(
      plain(text).text,
      `FROM a\nRUN --network=none ${JSON.stringify(["/bin/sh", "-c", "set -e\n# no comment\n\nX='a  b'\n"])}\n\n\n\n\n\nRUN last\n`,
    );
  });

  it("are the shell's own where a command has them, and tabs go where that was asked for", () => {
    const body = 'cat  <<-"A" <<B > /x\n\t\tone $X\n\tA\ntwo\nB\n';
    const line = plain(`FROM a\nRUN cat  <<-"A" <<B > /x\n\t\tone $X\n\tA\ntwo\nB`).text.split("\n")[1];
    const script = JSON.parse((line ?? "").slice(4))[2];
    assert.equal(script, body.replace("\tA\n", "A\n"));
    assert.match(plain("FROM a\nRUN <<-E\n\t\techo x\n\tE\n").text, /"echo x\\n"/);
  });

  it("are run by the stage's shell, and by the program that they name themselves", () => {
    const text =
      'FROM a AS one\nSHELL ["/bin/bash", "-ec"]\nFROM one\nRUN <<E\nx\nE\nFROM b\nRUN <<E\n#!/bin/awk -f\nE\n';
    const made = plain(text);
    assert.match(made.text, /^RUN \["\/bin\/bash","-ec","x\\n"\]$/m);
    assert.match(made.text, /^RUN --mount=type=bind,from=swarmd-here-documents,source=(\S+),target=(\S+) \["\2"\]$/m);
    assert.deepEqual([...made.files.values()], ["#!/bin/awk -f\n"]);
  });

  it("that are copied are files, with what ARG and ENV say unless the word is quoted", () => {
    const text =
      "ARG V=1\nFROM a\nARG V\nARG W=w\nENV E=\"$W x\"\nCOPY --chmod=600 <<one <<'two' /d/\n$V ${W} $E \\$V ${N:-no}\none\n$V $uri\ntwo\n";
    const { text: made, files } = plain(text, ["W=given"]);
    assert.match(made, /^COPY --from=swarmd-here-documents --chmod=600 \/\w{16}\/one \/\w{16}\/two \/d\/$/m);
    assert.deepEqual([...files.values()], ["1 given given x $V no\n", "$V $uri\n"]);
  });

  it("that cannot be meant are refused with their line", () => {
    const cases = [
      ["FROM a\nRUN <<E\nx\n", /^Dockerfile:2: <<E has no end/],
      ["FROM a\nCOPY <<E /x\n$HOME\nE\n", /^Dockerfile:2: neither ARG nor ENV .* \$HOME is: write <<'E'/],
      ["FROM a\nCOPY <<E b /x/\n1\nE\n", /^Dockerfile:2: .*write two/],
      [`FROM a\nRUN <<E\n${"x".repeat(70_000)}\nE\n`, /^Dockerfile:2: .*60 KB/],
    ] as const;
    for (const [text, message] of cases) assert.throws(() => plain(text), { code: "invalidArgument", message });
  });

  it("are not seen in what only looks like them", () => {
    const text = "FROM a\nRUN echo $((1<<n)) <<<x\nn\nRUN echo a<<b\nb\n";
    assert.equal(plain(text).text, text);
  });
});

describe("a Dockerfile", () => {
  const check = (text: string) => () => checkDockerfile(instructionsOf(text), "D");

  it("is refused with the line of what is wrong, before anything is done", () => {
    const cases = [
      ["", /^D has no instructions$/],
      ["RUN x", /^D:1: a Dockerfile begins with FROM/],
      ["ARG A", /^D:1: a Dockerfile begins with FROM/],
      ["FROM", /^D:1: FROM is followed by an image/],
      ["FROM a b", /^D:1: FROM is followed by an image/],
      ["FROM a\n\nARG", /^D:3: ARG needs at least one argument$/],
      ["FROM a\nFOO x", /^D:2: unknown instruction: FOO$/],
      ["FROM a\nCOPY --from=b x", /^D:2: COPY needs at least two arguments/],
      ["FROM a\nEXPOSE 80 web", /^D:2: web is no port/],
      ["FROM a\nEXPOSE 70000", /^D:2: 70000 is no port/],
    ] as const;
    for (const [text, message] of cases) assert.throws(check(text), { code: "invalidArgument", message });
  });

  it("is not refused for what may be meant", () => {
    const right =
      'ARG A=1\nARG B\nfrom --platform=linux/amd64 a AS b\nCMD\nCMD []\nENTRYPOINT ["x"]\nCOPY ["a b", "/c"]\n' +
      "EXPOSE 80 81-90/udp $PORT 53/UDP\nHEALTHCHECK NONE\nONBUILD RUN x\nRUN --network=none x\nVOLUME /x\nMAINTAINER m";
    check(right)();
  });
});
