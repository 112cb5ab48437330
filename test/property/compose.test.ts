// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose files look like that.
/** Compose files of any content: refused with a sentence, or a project that its own canonical form gives again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { projectAsYaml } from "../../shared/compose/canonical-yaml.ts";
import { ComposeError } from "../../shared/compose/compose-error.ts";
import { parseEnvFile } from "../../shared/compose/env-file.ts";
import type { ComposeProject } from "../../shared/compose/project.ts";
import { loadTexts } from "../support/compose.ts";

/** What a project means: without its lines, and without which keys were written rather than settled. */
function meaning({
  places: _places,
  canonical: _canonical,
  warnings: _warnings,
  directory: _directory,
  ...rest
}: ComposeProject) {
  const services = new Map([...rest.services].map(([name, { keys: _keys, ...service }]) => [name, service]));
  return { ...rest, services };
}

async function unlessRefused(
  texts: Readonly<Record<string, string>>,
  files: readonly string[],
): Promise<ComposeProject | null> {
  try {
    return await loadTexts(texts, { files, profiles: ["*"], environment: { A: "a$b" } });
  } catch (error) {
    if (error instanceof ComposeError) return null;
    throw error;
  }
}

const word = fc.constantFrom(
  ...[
    "a",
    "b",
    "web",
    "80",
    "80:80",
    "8000-8002:80",
    "x/y",
    "./d:/d",
    "data:/e:ro",
    "1m30s",
    "512m",
    "true",
    "no",
    "0440",
  ],
  ...[
    "K=V",
    "K",
    "$A",
    "${B:-c}",
    "$$",
    "host",
    "service:b",
    "on-failure:2",
    "sh -c 'x y'",
    "__proto__",
    "constructor",
    "",
  ],
);
const value = fc.oneof(
  { weight: 4, arbitrary: word },
  fc.constantFrom(0, 1, 80, -1, 0.5, true, false, null),
  fc.string({ maxLength: 8 }),
);
const pairs = fc.dictionary(fc.oneof(word, fc.string({ maxLength: 4 })), value, { maxKeys: 3 });
const service = fc.record(
  {
    image: fc.constant("x"),
    command: fc.oneof(word, fc.array(word, { maxLength: 3 })),
    environment: fc.oneof(pairs, fc.array(word, { maxLength: 3 })),
    labels: fc.oneof(pairs, fc.array(word, { maxLength: 3 })),
    ports: fc.array(fc.constantFrom("80", "80:80", 81, "8000-8002:80", "127.0.0.1:90-91:90-91/udp"), { maxLength: 3 }),
    volumes: fc.array(fc.constantFrom("./d:/d", "data:/e", "data:/e/:ro", "/anonymous", "~/h:/h:z"), { maxLength: 3 }),
    networks: fc.constantFrom<unknown>(["n"], { n: { aliases: ["x"] } }, { default: null }, [], {}),
    depends_on: fc.constantFrom<unknown>(["b"], { b: { condition: "service_healthy" } }, []),
    deploy: fc.constantFrom<unknown>({ replicas: 2 }, { mode: "global", labels: ["a"] }, null, {}),
    healthcheck: fc.constantFrom<unknown>({ test: "x $$A" }, { disable: true }, { interval: "1h1m1.5s" }),
    extra_hosts: fc.constantFrom<unknown>(["a:1.1.1.1"], { a: ["1.1.1.1", "::1"] }),
    profiles: fc.constantFrom<unknown>([], ["p"]),
    tmpfs: fc.constantFrom<unknown>("/t", ["/t", "/u:size=1m"]),
    mem_limit: fc.constantFrom<unknown>("1.5g", 1024, "64m"),
    stop_grace_period: fc.constantFrom("90s", "1500ms", "1us"),
    secrets: fc.constantFrom<unknown>(["s"], [{ source: "s", target: "/x", mode: 292 }]),
    configs: fc.constantFrom<unknown>(["c"], [{ source: "c", mode: "0400" }]),
    ulimits: fc.constantFrom<unknown>({ nofile: 5 }, { nofile: { soft: 1, hard: 2 } }),
    logging: fc.constantFrom<unknown>({ driver: "none" }, { options: { a: 1 } }),
    build: fc.constantFrom<unknown>(".", { args: ["A", "B", "C=1"] }, { context: "https://x/y.git", ssh: ["default"] }),
  },
  { requiredKeys: ["image"] },
);
const file = fc.record({
  services: fc.record({ a: service, b: service }),
  networks: fc.constantFrom<unknown>({ n: null }, { n: { ipam: { config: [{ subnet: "10.1.0.0/16" }] } } }),
  volumes: fc.constantFrom<unknown>({ data: null }, { data: { external: true } }),
  secrets: fc.constantFrom<unknown>({ s: { file: "./s" } }, { s: { environment: "A" } }),
  configs: fc.constantFrom<unknown>({ c: { content: "x $$ $A\n" } }, { c: { external: { name: "y" } } }),
});

test("the canonical form of a project gives the same project", async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(file, async (content) => {
      const project = await unlessRefused({ "compose.yaml": JSON.stringify(content) }, ["compose.yaml"]);
      if (project === null) return;
      accepted += 1;
      const yaml = projectAsYaml(project);
      const again = await loadTexts(
        { "/elsewhere/c.yaml": yaml },
        { files: ["/elsewhere/c.yaml"], profiles: ["*"], environment: { A: "a$b" } },
      );
      assert.deepEqual(meaning(again), meaning(project), yaml);
      assert.equal(projectAsYaml(again), yaml);
    }),
    { numRuns: 150 },
  );
  assert.ok(accepted >= 30, `only ${accepted} of 150 files were accepted`);
});

test("a file that says nothing changes nothing, above or below", async () => {
  await fc.assert(
    fc.asyncProperty(
      file,
      fc.constantFrom("services: {}", "x-a: 1", "services: {a: {}}", "volumes:\n  data:\n"),
      async (content, empty) => {
        const texts = { "a.yaml": JSON.stringify(content), "b.yaml": empty };
        const alone = await unlessRefused(texts, ["a.yaml"]);
        for (const files of [
          ["a.yaml", "b.yaml"],
          ["b.yaml", "a.yaml"],
        ]) {
          const both = await unlessRefused(texts, files);
          assert.deepEqual(both && meaning(both), alone && meaning(alone));
        }
      },
    ),
    { numRuns: 100 },
  );
});

test("any text is a project or refused", async () => {
  const line = fc.oneof(
    fc.constantFrom(
      ...[
        "services:",
        "  a:",
        "    image: x",
        "    ports: [80:80]",
        "    <<: *x",
        "x: &x {image: y}",
        "include: [b.yaml]",
      ],
    ),
    fc.constantFrom(
      ...[
        "    extends: a",
        "    deploy: !reset",
        "---",
        "    environment:",
        "      - A",
        "    volumes: ['${A}']",
        "\t",
        "- {",
        "'",
      ],
    ),
    fc.string({ maxLength: 12, unit: "binary" }),
  );
  const text = fc.oneof(
    fc.array(line, { maxLength: 12 }).map((lines) => lines.join("\n")),
    fc.string({ unit: "binary" }),
  );
  await fc.assert(
    fc.asyncProperty(text, text, async (one, other) => {
      await unlessRefused({ "compose.yaml": one, "b.yaml": other, ".env": "" }, ["compose.yaml", "b.yaml"]);
    }),
    { numRuns: 500 },
  );
});

test("any value at any key is read or refused", async () => {
  const anything = fc.jsonValue({ maxDepth: 3 });
  const keys = fc.constantFrom(
    ...[
      "image",
      "build",
      "ports",
      "volumes",
      "deploy",
      "healthcheck",
      "environment",
      "command",
      "networks",
      "depends_on",
    ],
    ...["extends", "env_file", "label_file", "ulimits", "gpus", "devices", "secrets", "configs", "logging", "develop"],
    ...[
      "extra_hosts",
      "blkio_config",
      "provider",
      "models",
      "sysctls",
      "tmpfs",
      "dns",
      "pull_policy",
      "restart",
      "post_start",
    ],
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(keys, anything), { maxLength: 3 }), async (entries) => {
      const content = { services: { a: Object.fromEntries([["image", "x"], ...entries]) } };
      await unlessRefused({ "compose.yaml": JSON.stringify(content) }, ["compose.yaml"]);
    }),
    { numRuns: 500 },
  );
});

test("any file of variables is read or refused", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc
      .array(fc.constantFrom("A", "=", ":", "'", '"', "\\", "$", "${", "}", "#", "\n", " ", "export "), {
        maxLength: 20,
      })
      .map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, (content) => {
      try {
        parseEnvFile(content, { file: ".env", lookup: () => null, format: null });
      } catch (error) {
        assert.ok(error instanceof ComposeError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});
