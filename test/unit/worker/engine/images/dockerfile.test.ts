import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  buildComplaint,
  instructionMeant,
  instructionsOf,
  lastStep,
  stepFault,
  withShortComplaint,
} from "../../../../../worker/engine/images/dockerfile.ts";
import { changedConfig } from "../../../../../worker/engine/images/image-changes.ts";

const FILE = `# syntax=docker/dockerfile:1
ARG BASE=nginx
FROM nginx AS build

RUN echo one && \\
    # a comment within
    echo two
RUN <<EOF
FROM inside
EOF
FROM scratch
COPY --from=build /a  /a
RUN echo one
`;

test("instructions have the line they begin at, with what continues and here-documents", () => {
  assert.deepEqual(
    instructionsOf(FILE).map(({ line, text, stage, step }) => `${line} ${stage}.${step} ${text}`),
    [
      "2 0.1 ARG BASE=nginx",
      "3 1.1 FROM nginx AS build",
      "5 1.2 RUN echo one && echo two",
      "8 1.3 RUN <<EOF",
      "11 2.1 FROM scratch",
      "12 2.2 COPY --from=build /a /a",
      "13 2.3 RUN echo one",
    ],
  );
});

test("any text has instructions at lines that it has", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("R", "U", "N", " ", "\\", "\n", "#", "<", "E") }), (text) => {
      const count = text.split("\n").length;
      for (const { line } of instructionsOf(text)) assert.ok(line >= 1 && line <= count);
    }),
  );
});

test("a step is found by its text, of several by its number", () => {
  const twice = instructionsOf("FROM a\nRUN x\nFROM b\nRUN x\n");
  assert.equal(instructionMeant(twice, { text: "RUN x", stage: 2, step: 2 })?.line, 4);
  assert.equal(instructionMeant(twice, { text: "RUN  x", stage: 1, step: 2 })?.line, 2);
  assert.equal(instructionMeant(twice, { text: "RUN y", stage: 9, step: 9 }), null);
});

test("the last step of the output counts", () => {
  const output = "STEP 1/2: FROM a\nhello\n[2/3] STEP 4/5: RUN false\nfailed\n";
  assert.deepEqual(lastStep(output), { text: "RUN false", stage: 2, step: 4 });
  assert.equal(lastStep("nothing"), null);
});

test("a failure names file, line and instruction, without the builder's decoration", () => {
  const instructions = instructionsOf("FROM nginx\n\nRUN false\n");
  const said = 'building at STEP "RUN false": exit status 1';
  assert.equal(
    buildComplaint(said, "STEP 2/2: RUN false\n", "Dockerfile", instructions),
    "Dockerfile:3: The command '/bin/sh -c false' returned a non-zero code: 1",
  );
  const listed = instructionsOf('FROM nginx\nRUN --network=none ["no", "way"]\n');
  assert.equal(
    buildComplaint('building at STEP "RUN": while running runtime: exit status 7', "STEP 2/2: RUN x\n", "D", listed),
    "D:2: The command 'no way' returned a non-zero code: 7",
  );
  const unknown = 'building at STEP "FOO ": Build error: Unknown instruction: "FOO" &imagebuilder.Step{Env:[]string{}}';
  assert.equal(
    buildComplaint(unknown, "STEP 2/2: FOO x\n", "d", instructionsOf("FROM a\nFOO x\n")),
    'd:2: FOO x: Unknown instruction: "FOO"',
  );
  assert.equal(buildComplaint("no such image", "", "d", []), "d: no such image");
  const cases = [
    [
      'checking on sources under "/w/c": possible escaping context directory error: copier: stat: "/a": no such file',
      'not in the context: "/a": no such file',
    ],
    ['resolving mountpoints for container "0a": invalid mount type "x"', 'invalid mount type "x"'],
    ["creating build container: initializing source docker://a:1: reading manifest", "reading manifest"],
    ["creating build container: repository name must be lowercase", "repository name must be lowercase"],
    ['determining run uid: user: unknown user error looking up user "me"', 'the image has no user "me"'],
  ] as const;
  for (const [cause, shown] of cases) assert.equal(buildComplaint(cause, "", "d", []), `d: ${shown}`);
});

test("a step that a signal ended has the exit code that shells give it", () => {
  const said = 'building at STEP "RUN x": while running runtime: exit status 1';
  assert.match(stepFault(said, "out\ncontainer exited on killed\n"), /exit status 137$/);
  assert.match(stepFault(said, "container exited on segmentation fault\n"), /exit status 139$/);
  assert.equal(stepFault(said, "no container exited on killed\n"), said);
  assert.equal(stepFault(said.replace("1", "7"), ""), said.replace("1", "7"));
});

test("a complaint has one line, however many the command has", () => {
  const said =
    'before\nError: building at STEP "RUN /bin/sh -c a\necho "x": y\n": while running runtime: exit status 9\n';
  assert.equal(withShortComplaint(said), 'before\nError: building at STEP "": while running runtime: exit status 9\n');
  const plain = 'error building at STEP "COPY a b": no such file\nError: next "x": y\n';
  assert.equal(withShortComplaint(plain), 'error building at STEP "": no such file\nError: next "x": y\n');
});

test("a step that cannot be begun says why", () => {
  const said = 'building at STEP "RUN x": while running runtime: exit status 1';
  const made = (cause: string): string =>
    `error running container: from /w/runtime creating container for [/bin/sh -c a]: b\nc]: ${cause}\n: exit status 1`;
  assert.equal(stepFault(said, made("no such program")), "the step cannot be run: no such program");
  assert.equal(
    stepFault(said, made("/w/runtime: 19: exec: crun: not found")),
    "the step cannot be run: exec: crun: not found",
  );
  assert.equal(stepFault(said, made("x").slice(1)), said);
});

test("changes are applied as a Dockerfile's instructions", () => {
  const changed = changedConfig({ Env: ["A=1", "B=2"] }, [
    'CMD ["sh", "-c"]',
    "ENTRYPOINT run it",
    'ENV A=3 C="two words"',
    "ENV OLD form here",
    "EXPOSE 80 53/udp",
    'VOLUME ["/data"]',
    "LABEL a=b",
    "USER web",
    "WORKDIR /srv",
    "STOPSIGNAL SIGINT",
  ]);
  assert.deepEqual(changed, {
    Cmd: ["sh", "-c"],
    Entrypoint: ["/bin/sh", "-c", "run it"],
    Env: ["B=2", "A=3", "C=two words", "OLD=form here"],
    ExposedPorts: { "80/tcp": {}, "53/udp": {} },
    Volumes: { "/data": {} },
    Labels: { a: "b" },
    User: "web",
    WorkingDir: "/srv",
    StopSignal: "SIGINT",
  });
  assert.throws(() => changedConfig({}, ["RUN x"]), { code: "invalidArgument", message: /known are CMD/ });
});
