// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose files look like that.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { placeOf } from "../../../../shared/compose/project.ts";
import { composeTextsAsWritten, loadTexts } from "../../../support/compose.ts";

describe("what goes without saying", () => {
  it("gives names, and puts services on the default network", async () => {
    const text =
      "services:\n  web: {image: x}\n  own: {image: x, network_mode: host}\nvolumes:\n  v:\n  e: {external: true}\n";
    const project = await loadTexts({ "compose.yaml": text }, { projectName: "shop" });
    assert.deepEqual([...(project.services.get("web")?.networks.keys() ?? [])], ["default"]);
    assert.equal(project.services.get("own")?.networks.size, 0);
    assert.deepEqual(
      [...project.networks].map(([key, { name }]) => [key, name]),
      [["default", "shop_default"]],
    );
    assert.deepEqual(
      [...project.volumes.values()].map(({ name }) => name),
      ["shop_v", "e"],
    );
  });

  it("makes what a service shares with another one a dependency", async () => {
    const text = "services:\n  a: {image: x}\n  b: {image: x, links: ['a:alias']}\n  c: {image: x, pid: 'service:a'}\n";
    const { services } = await loadTexts({ "compose.yaml": text });
    const on = { condition: "service_started", restart: false, isRequired: true };
    assert.deepEqual(services.get("b")?.dependsOn, new Map([["a", on]]));
    assert.deepEqual(services.get("c")?.dependsOn, new Map([["a", on]]));
  });

  it("takes the name from the request, the environment, the file, the directory, in this order", async () => {
    const named = { "compose.yaml": "name: ${X:-file}\nservices: {a: {image: x}}" };
    const load = async (texts: Record<string, string>, environment = {}, projectName: string | null = null) => {
      return (await loadTexts(texts, { projectName, environment })).name;
    };
    assert.equal(await load(named, { COMPOSE_PROJECT_NAME: "env" }, "asked"), "asked");
    assert.equal(await load(named, { COMPOSE_PROJECT_NAME: "env" }), "env");
    assert.equal(await load(named, { X: "My.File!" }), "myfile");
    assert.equal(await load({ "compose.yaml": "services: {a: {image: '$COMPOSE_PROJECT_NAME'}}" }), "app");
    await assert.rejects(load(named, {}, "No Way"), /"No Way" is not a name of a project/);
  });
});

describe("files over files", () => {
  const base =
    "services:\n  web:\n    image: x\n    command: a\n    ports: ['80:80']\n    dns: [1.1.1.1]\n    environment: {A: 1, B: 2}\n    volumes: ['./a:/d', './b:/e']\n    logging: {driver: json-file, options: {max-size: 1m}}\n    healthcheck: {test: a, retries: 2}\n    deploy: {replicas: 2, labels: {l: 1}}\n    cap_add: [A]\n";
  const over = async (lines: string) => {
    const texts = { "a.yaml": base, "b.yaml": `services:\n  web:\n    ${lines.replaceAll("\n", "\n    ")}\n` };
    const service = (await loadTexts(texts, { files: ["a.yaml", "b.yaml"] })).services.get("web");
    assert.ok(service !== undefined);
    return service;
  };

  it("replaces commands and tests", async () => {
    const { command, healthcheck } = await over("command: [b]\nhealthcheck: {test: [NONE]}");
    assert.deepEqual(command, ["b"]);
    assert.deepEqual([healthcheck?.test, healthcheck?.retries], [["NONE"], 2]);
  });

  it("joins lists, and takes the same thing once", async () => {
    const { ports, dns, capAdd } = await over("ports: ['80:80', '81:80']\ndns: 2.2.2.2\ncap_add: [B, A]");
    assert.deepEqual(
      ports.map(({ published }) => published?.from),
      [80, 81],
    );
    assert.deepEqual(
      [dns, capAdd],
      [
        ["1.1.1.1", "2.2.2.2"],
        ["A", "B"],
      ],
    );
  });

  it("joins mappings whatever their form", async () => {
    const { environment } = await over("environment: [B=3, C=4]");
    assert.deepEqual(
      [...environment],
      [
        ["A", "1"],
        ["B", "3"],
        ["C", "4"],
      ],
    );
  });

  it("takes volumes with the same target for one", async () => {
    const { volumes } = await over("volumes: ['./c:/d/']");
    assert.deepEqual(
      volumes.map(({ source }) => source),
      ["/app/c", "/app/b"],
    );
  });

  it("forgets the options of another log driver, and joins those of the same", async () => {
    assert.deepEqual((await over("logging: {driver: none}")).logging?.options, new Map());
    const { logging } = await over("logging: {options: {max-file: 2}}");
    assert.deepEqual(
      logging?.options,
      new Map([
        ["max-size", "1m"],
        ["max-file", "2"],
      ]),
    );
  });

  it("takes away what is reset, and lets alone stand what overrides", async () => {
    const { ports, dns, environment, deploy } = await over(
      "ports: !reset []\ndns: !override [3.3.3.3]\nenvironment: {A: !reset null}\ndeploy: {labels: !override {m: 2}}",
    );
    assert.deepEqual([ports, dns], [[], ["3.3.3.3"]]);
    assert.deepEqual([...environment], [["B", "2"]]);
    assert.deepEqual([deploy?.replicas, deploy?.labels], [2, new Map([["m", "2"]])]);
  });

  it("says nothing by nothing, but that there is no command", async () => {
    const { deploy, command } = await over("deploy:\ncommand:");
    assert.deepEqual([deploy?.replicas, command], [2, null]);
  });

  it("merges pools of addresses by their subnet", async () => {
    const net = (config: string) => `services: {a: {image: x}}\nnetworks: {n: {ipam: {config: [${config}]}}}`;
    const texts = {
      "a.yaml": net("{subnet: 10.1.0.0/16}"),
      "b.yaml": net("{subnet: 10.1.0.0/16, gateway: 10.1.0.1}, {subnet: 10.2.0.0/16}"),
    };
    const { networks } = await loadTexts(texts, { files: ["a.yaml", "b.yaml"] });
    assert.deepEqual(
      networks.get("n")?.ipam.pools.map(({ gateway }) => gateway),
      ["10.1.0.1", null],
    );
  });

  it("merges the documents of one file, and the usual override file", async () => {
    const { services } = await loadTexts(
      {
        "compose.yaml": "services: {a: {image: x}}\n---\nservices: {a: {init: true}}",
        "compose.override.yml": "services: {a: {tty: true}}",
      },
      { files: [] },
    );
    const { image, init, tty } = services.get("a") ?? {};
    assert.deepEqual({ image, init, tty }, { image: "x", init: true, tty: true });
  });
});

describe("services that extend others", () => {
  it("have the others' keys below their own, with paths relative to the others' file", async () => {
    const texts = {
      "compose.yaml":
        "services:\n  web:\n    extends: {file: sub/base.yaml, service: base}\n    environment: {A: 2}\n    ports: !reset []\n",
      "sub/base.yaml":
        "services:\n  base:\n    extends: root\n    volumes: ['./d:/d']\n    ports: [80]\n  root: {image: x, environment: [A=1, B=1]}\n",
    };
    const web = (await loadTexts(texts)).services.get("web");
    assert.equal(web?.image, "x");
    assert.deepEqual(
      [...(web?.environment ?? [])],
      [
        ["A", "2"],
        ["B", "1"],
      ],
    );
    assert.deepEqual([web?.volumes[0]?.source, web?.ports], ["/app/sub/d", []]);
  });

  it("refuse to extend each other across files", async () => {
    const texts = {
      "compose.yaml": "services:\n  a:\n    extends: {file: b.yaml, service: b}\n",
      "b.yaml": "services:\n  b:\n    extends: {file: compose.yaml, service: a}\n",
    };
    await assert.rejects(
      loadTexts(texts),
      /compose.yaml:3: services.a.extends: services extend each other: "a" extends "b" extends "a"/,
    );
  });
});

describe("included files", () => {
  it("have their own directory and variables, below those of the file", async () => {
    const texts = {
      "compose.yaml":
        "include:\n  - sub/compose.yaml\nservices:\n  web: {image: '${TAG:-none}', depends_on: [db]}\n  db: {init: true}\n",
      "sub/compose.yaml": "services:\n  db: {image: 'db:${TAG}', volumes: ['./d:/d'], env_file: db.env, build: {}}\n",
      "sub/.env": "TAG=5\n",
      "sub/db.env": "A=$TAG\n",
    };
    const { services } = await loadTexts(texts);
    const db = services.get("db");
    assert.deepEqual([services.get("web")?.image, db?.image, db?.init], ["none", "db:5", true]);
    assert.deepEqual([db?.volumes[0]?.source, db?.build?.context], ["/app/sub/d", "/app/sub"]);
  });

  it("may name their directory and files of variables", async () => {
    const texts = {
      "compose.yaml": "include:\n  - path: [sub/a.yaml, sub/b.yaml]\n    project_directory: .\n    env_file: x.env\n",
      "sub/a.yaml": "services: {a: {image: '$TAG', volumes: ['./d:/d']}}\n",
      "sub/b.yaml": "services: {a: {init: true}}\n",
      "x.env": "TAG=x\n",
    };
    const a = (await loadTexts(texts)).services.get("a");
    assert.deepEqual([a?.image, a?.init, a?.volumes[0]?.source], ["x", true, "/app/d"]);
  });
});

describe("variables and profiles", () => {
  it("come from .env below the environment", async () => {
    const texts = { "compose.yaml": "services: {a: {image: '$A-$B'}}", ".env": "A=1\nB=$A$C\n" };
    assert.equal((await loadTexts(texts, { environment: { A: "e", C: "c" } })).services.get("a")?.image, "e-ec");
  });

  it("are told of when they are missing", async () => {
    const { warnings } = await loadTexts({ "compose.yaml": "services:\n  a:\n    image: x\n    hostname: $NO\n" });
    assert.deepEqual(warnings, ["compose.yaml:4: the variable NO is not set and counts as empty"]);
  });

  it("of files give way to those of the service", async () => {
    const texts = {
      "compose.yaml":
        "services: {a: {image: x, environment: {A: own}, env_file: [one.env, {path: two.env, required: false}, {path: raw.env, format: raw}], label_file: l.env, labels: {x: own}}}",
      "one.env": "A=file\nB=$A\n",
      "raw.env": "C='$A'\n",
      "l.env": "x=1\ny=2\n",
    };
    const a = (await loadTexts(texts)).services.get("a");
    assert.deepEqual(
      [...(a?.environment ?? [])],
      [
        ["A", "own"],
        ["B", "own"],
        ["C", "'$A'"],
      ],
    );
    assert.deepEqual(
      [...(a?.labels ?? [])],
      [
        ["x", "own"],
        ["y", "2"],
      ],
    );
  });

  it("leave out services whose profiles nobody asked for, with their files", async () => {
    const texts = {
      "compose.yaml":
        "services: {a: {image: x, depends_on: {b: {condition: service_started, required: false}}}, b: {image: x, profiles: [p], env_file: no.env}}",
    };
    const { services, disabledServices } = await loadTexts(texts);
    assert.deepEqual([[...services.keys()], [...disabledServices.keys()]], [["a"], ["b"]]);
    await assert.rejects(loadTexts(texts, { environment: { COMPOSE_PROFILES: "o,p" } }), /there is no file no.env/);
  });

  it("say which files to read", async () => {
    const texts = {
      "x.yaml": "services: {a: {image: x}}",
      "y.yaml": "services: {a: {init: true}}",
      ".env": "COMPOSE_FILE=x.yaml:y.yaml",
    };
    assert.equal((await loadTexts(texts, { files: [] })).services.get("a")?.init, true);
  });

  it("keep the value that a secret is made of out of the canonical form", async () => {
    const texts = { "compose.yaml": "services: {a: {image: x}}\nsecrets: {s: {environment: S}}" };
    const { secrets } = await loadTexts(texts, { environment: { S: "word" } });
    assert.deepEqual(secrets.get("s")?.source, { kind: "environment", variable: "S", value: "word" });
  });
});

it("remembers where everything was written, the last file's place for what several say", async () => {
  const texts = {
    "a.yaml": "services:\n  web:\n    image: x\n",
    "b.yaml": "services:\n  web:\n    deploy:\n      replicas: 2\n    image: y\n",
  };
  const project = await loadTexts(texts, { files: ["a.yaml", "b.yaml"] });
  assert.deepEqual(placeOf(project, "services", "web", "image"), { file: "b.yaml", line: 5 });
  assert.deepEqual(placeOf(project, "services", "web", "deploy", "replicas"), { file: "b.yaml", line: 4 });
  assert.deepEqual(placeOf(project, "services", "web", "networks", "default"), { file: "b.yaml", line: 2 });
});

describe("files as they are written", () => {
  it("keep their variables, in canonical form", async () => {
    const text =
      "services:\n  a:\n    image: 'x:${TAG:-1}'\n    ports: ['$PORT:80', '81:80']\n    init: $INIT\n    cap_add: !reset [x]\n";
    const written = await composeTextsAsWritten({ "compose.yaml": text });
    assert.match(written, /image: x:\$\{TAG:-1\}/);
    assert.match(written, /- \$PORT:80\n/);
    assert.match(written, /published: "81"/);
    assert.match(written, /init: \$INIT\n/);
    assert.doesNotMatch(written, /cap_add/);
  });
});
