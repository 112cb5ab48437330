import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { keepUnsaid } from "../../shared/docker-shape/kept-fields.ts";
import { readServiceJson } from "../../shared/docker-shape/service-json.ts";
import { fromDockerServiceSpec, toDockerServiceSpec } from "../../shared/docker-shape/service-spec.ts";
import type { ServiceSpec } from "../../shared/rpc/gen/objects.ts";
import type { ElementKind, FieldType, ServiceField } from "../../shared/service-spec/field.ts";
import { SERVICE_FIELDS } from "../../shared/service-spec/fields.ts";
import { emptySpec, valueAt } from "../../shared/service-spec/paths.ts";
import { Flags } from "../../swarmctl/flags.ts";
import { longName } from "../../swarmctl/option-spec.ts";
import { createSpec } from "../../swarmctl/service/spec/create-spec.ts";
import { longNameOf, optionNameOf } from "../../swarmctl/service/spec/field-options.ts";
import { updateSpec } from "../../swarmctl/service/spec/update-spec.ts";
import { CREATE_OPTIONS, UPDATE_OPTIONS } from "../../swarmctl/service/spec-options.ts";
import { undoText } from "../support/flag-facts.ts";

type Shape = { readonly [key: string]: Shape | true };

const some = (...keys: readonly string[]): Shape => Object.fromEntries(keys.map((key) => [key, true]));
const ROLLOUT = some("Parallelism", "Delay", "FailureAction", "Monitor", "MaxFailureRatio", "Order");

/** The keys of Docker's ServiceSpec; those of list elements are those of each element. */
const DOCKERS_SPEC: Shape = {
  ...some("Name", "Labels", "Networks"),
  TaskTemplate: {
    ...some("Networks", "LogDriver", "ForceUpdate", "Runtime"),
    ContainerSpec: {
      ...some("Image", "Labels", "Command", "Args", "Hostname", "Env", "Dir", "User", "Groups", "Init", "StopSignal"),
      ...some("TTY", "OpenStdin", "ReadOnly", "StopGracePeriod", "Healthcheck", "Hosts", "DNSConfig", "Secrets"),
      ...some("OomScoreAdj", "Configs", "Isolation", "Sysctls", "CapabilityAdd", "CapabilityDrop", "Ulimits"),
      Privileges: { ...some("NoNewPrivileges", "Seccomp", "SELinuxContext"), AppArmor: some("Mode") },
      Mounts: {
        ...some("Type", "Source", "Target", "ReadOnly", "Consistency", "BindOptions", "TmpfsOptions"),
        VolumeOptions: some("NoCopy", "Labels", "DriverConfig", "Subpath"),
      },
    },
    Resources: {
      ...some("SwapBytes", "MemorySwappiness"),
      Limits: some("NanoCPUs", "MemoryBytes", "Pids"),
      Reservations: some("NanoCPUs", "MemoryBytes", "GenericResources"),
    },
    RestartPolicy: some("Condition", "Delay", "MaxAttempts", "Window"),
    Placement: some("Constraints", "Preferences", "MaxReplicas", "Platforms"),
  },
  Mode: {
    Replicated: some("Replicas"),
    Global: {},
    ReplicatedJob: some("MaxConcurrent", "TotalCompletions"),
    GlobalJob: {},
  },
  UpdateConfig: ROLLOUT,
  RollbackConfig: ROLLOUT,
  EndpointSpec: {
    ...some("Mode"),
    Ports: some("Name", "Protocol", "TargetPort", "PublishedPort", "PublishMode"),
  },
};

/** As a client that reads JSON into structs and writes them again. */
function onlyDockers(json: DockerJson, shape: Shape): DockerJson {
  return Object.fromEntries(
    Object.entries(json).flatMap(([key, value]) => {
      const part = shape[key];
      if (part === undefined) return [];
      if (part === true) return [[key, value]];
      const strip = (one: unknown): unknown => onlyDockers(one as DockerJson, part);
      return [[key, Array.isArray(value) ? value.map(strip) : strip(value)]];
    }),
  );
}

const world = { environment: {}, absolute: (path: string) => path, readTextFile: () => "" };
const word = fc.stringMatching(/^[a-z]{1,8}$/);

/** What people may write for a field's flag; a list for flags that may be repeated. */
function valuesOf(type: FieldType): fc.Arbitrary<string | boolean | readonly string[]> {
  switch (type.kind) {
    case "switch":
      return fc.boolean();
    case "whole":
      return fc.integer({ min: type.min, max: Math.min(type.max, type.min + 9) }).map(String);
    case "duration":
      return fc.constantFrom("0", "150ms", "10s", "1h30m");
    case "bytes":
      return fc.constantFrom("8m", "1g");
    case "cpus":
      return fc.constantFrom("0.5", "2");
    case "ratio":
      return fc.constantFrom("0", "0.25", "1");
    case "choice":
      return fc.constantFrom(...Object.keys(type.choices));
    case "text":
      return type.hint?.includes("absolute") === true ? word.map((it) => `/${it}`) : word.map((it) => it.toUpperCase());
    case "words":
      return fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(" "));
    case "list":
      return fc.uniqueArray(elementsOf(type.element), { minLength: 1, maxLength: 3, selector: placeOf });
  }
}

/** Of a mount its target, which no two may have; of anything else all of it. */
const placeOf = (text: string): string => /,(target=.*)$/.exec(text)?.[1] ?? text;

const MOUNTS = [
  "source=x1",
  "source=x1,volume-nocopy,volume-driver=local,volume-subpath=a",
  "source=x1,volume-opt=type=nfs,volume-opt=device=:/a,volume-label=a=b,volume-label=__proto__=c",
  "type=bind,source=/a,ro,bind-recursive=writable",
  "type=bind,source=/a,bind-propagation=rshared",
  "source=x1,volume-per-slot",
  "type=tmpfs",
  "type=tmpfs,tmpfs-options=exec,tmpfs-options=noexec",
];

function elementsOf(kind: ElementKind): fc.Arbitrary<string> {
  switch (kind) {
    case "label":
    case "env":
    case "sysctl":
    case "option":
      return fc.tuple(word, word).map(([key, value]) => `${key}=${value}`);
    case "mount":
      return fc.tuple(word, fc.constantFrom(...MOUNTS)).map(([target, rest]) => `${rest},target=/${target}`);
    case "port":
      return fc
        .tuple(fc.constantFrom("", "10.0.0.1:"), fc.integer({ min: 1, max: 60_000 }))
        .map(([address, port]) => `${address}${port}:80`);
    case "host":
      return fc.tuple(word, fc.constantFrom("10.0.0.1", "fd00::1")).map(([name, address]) => `${name}:${address}`);
    case "ulimit":
      return fc.constantFrom("nofile=5", "core=1:2", "nproc=-1");
    case "constraint":
      return word.map((it) => `node.labels.${it}==1`);
    case "secret":
    case "config":
      return fc.constantFrom("key", "source=key,target=/a", "src=other,uid=1,gid=2,mode=0400");
    case "network":
      return word.map((it) => `name=${it},alias=x,driver-opt=a=b`);
    case "affinity":
      return word.map((it) => `service!=${it},topology=node.labels.zone,soft`);
    case "preference":
      return word.map((it) => `spread=node.labels.${it}`);
    case "genericResource":
      return word.map((it) => `${it}=2`);
    case "device":
      return fc.constantFrom("/dev/a", "/dev/b:/dev/c", "/dev/d:rw", "/dev/e:/dev/f:m", "vendor.test/gpu=0");
    case "gpu":
      return fc.constantFrom("all", "2", '"device=0,1",driver=nvidia', "count=1,capabilities=compute");
    case "weight":
    case "rate":
      return word.map((it) => `/dev/${it}:100`);
    case "byteRate":
      return word.map((it) => `/dev/${it}:1m`);
    case "hugepages":
      return fc.constantFrom("2MB=64m", "1GB=1g");
    default:
      return word;
  }
}

/** Whether a replicated service has it, which is what `create` makes unless it is told otherwise. */
function isOfReplicated({ onlyFor }: ServiceField): boolean {
  return onlyFor === undefined || onlyFor.includes("replicated");
}

const flags = fc
  .tuple(
    ...SERVICE_FIELDS.filter((field) => !field.flag.startsWith("--args") && isOfReplicated(field)).map((field) =>
      fc.option(valuesOf(field.type), { nil: undefined }).map((value) => [optionNameOf(field), value] as const),
    ),
  )
  .map((entries) => Object.fromEntries(entries.filter(([, value]) => value !== undefined)));

const create = (options: Record<string, unknown>): ServiceSpec =>
  createSpec(["nginx", "arg"], new Flags(options), world);

it("Docker's JSON of any spec means the same spec", () => {
  fc.assert(
    fc.property(flags, (options) => {
      const json = toDockerServiceSpec(create(options));
      assert.deepEqual(toDockerServiceSpec(fromDockerServiceSpec(JSON.parse(JSON.stringify(json)))), json);
    }),
  );
});

it("what an update by Docker's clients cannot say stays as it is", () => {
  fc.assert(
    fc.property(flags, (options) => {
      const spec = create(options);
      const sent = onlyDockers(JSON.parse(JSON.stringify(toDockerServiceSpec(spec, false))), DOCKERS_SPEC);
      const kept = keepUnsaid(sent, readServiceJson(sent), spec);
      assert.deepEqual(toDockerServiceSpec(kept), toDockerServiceSpec(spec));
    }),
  );
});

it("an update that says one of our fields says it, an empty value ends it", () => {
  const spec = create({ dependsOn: ["db"], canary: "2", updateCanary: "2", preDeploy: "migrate", maxUnavailable: "1" });
  const json = toDockerServiceSpec(spec, false);
  const sent = { ...json, DependsOn: [], MaxUnavailable: "2", PreDeploy: undefined, UpdateConfig: { Canary: "" } };
  const { dependsOn, maxUnavailable, preDeploy, update } = keepUnsaid(sent, readServiceJson(sent), spec);
  assert.deepEqual([dependsOn, maxUnavailable, preDeploy?.command, update?.canary], [[], "2", ["migrate"], ""]);
});

it("an update without flags changes nothing, and the flags of its creation change nothing but lists", () => {
  const isPlain = new Set(SERVICE_FIELDS.filter(({ type }) => type.kind !== "list").map(optionNameOf));
  fc.assert(
    fc.property(flags, (options) => {
      const spec = create(options);
      assert.deepEqual(updateSpec(spec, new Flags({}), world), spec);
      const plain = Object.fromEntries(Object.entries(options).filter(([name]) => isPlain.has(name)));
      assert.deepEqual(updateSpec(spec, new Flags(plain), world), spec);
    }),
  );
});

it("whatever was added to a list can be taken away again", () => {
  const lists = SERVICE_FIELDS.filter(({ type }) => type.kind === "list");
  for (const field of lists) {
    const type = field.type as Extract<FieldType, { readonly kind: "list" }>;
    fc.assert(
      fc.property(elementsOf(type.element), (text) => {
        const name = optionNameOf(field);
        const target = type.element === "mount" ? text.replace(/^.*target=/, "") : text;
        const port = type.element === "port" ? text.replace(/^.*:/, "") : target;
        // A label may be called so, too.
        const isNamed = type.element === "secret" || type.element === "config" || type.element === "network";
        const key = isNamed ? port.replace(/^(?:source|src|name)=([^,]*).*$/, "$1") : port;
        const isWhole = ["constraint", "preference", "affinity", "device", "gpu"].includes(type.element);
        const removal = isWhole ? key : key.replace(/=.*$/, "");
        const spec = updateSpec(create({}), new Flags({ [`${name}Add`]: [text] }), world);
        assert.notDeepEqual(valueAt(spec, field.path), valueAt(create({}), field.path));
        const back = updateSpec(spec, new Flags({ [`${name}Rm`]: [removal] }), world);
        assert.equal(Object.keys(valueAt(back, field.path) as object).length, 0);
      }),
      { numRuns: 5 },
    );
  }
});

it("whatever a flag has set, the flag can take back", () => {
  /** What a spec says at a place; zero and nothing are no difference where no default is. */
  const said = (spec: ServiceSpec, { path, type, default: unsaid }: ServiceField): unknown => {
    const value = valueAt(spec, path);
    if ("clearable" in type || unsaid !== undefined) return value ?? unsaid;
    // The first word of a choice is what holds without it.
    if (type.kind === "choice" && value === Object.values(type.choices)[0]) return null;
    return value === undefined || value === 0 || value === "" || value === false || String(value) === "" ? null : value;
  };
  for (const field of SERVICE_FIELDS) {
    // Of several rows that share a flag, the first one says how it is undone.
    const undo = undoText(SERVICE_FIELDS.find(({ flag }) => flag === field.flag) ?? field);
    // 0 and what is filled in for it, the number of replicas, both mean all at once.
    if (undo === null || field.path === "replicatedJob.maxConcurrent") continue;
    const name = optionNameOf(field);
    const mode = isOfReplicated(field) ? {} : { mode: "replicated-job" };
    fc.assert(
      fc.property(valuesOf(field.type), (value) => {
        const given = field.type.kind === "switch" ? undo === "true" : undo;
        const set = updateSpec(createSpec(["nginx"], new Flags(mode), world), new Flags({ [name]: value }), world);
        const undone = updateSpec(set, new Flags({ [name]: given }), world);
        const never = createSpec(["nginx"], new Flags(mode), world);
        assert.deepEqual(said(undone, field), said(never, field), `--${longNameOf(field)} ${undo}`);
        if ("clearable" in field.type) assert.equal(valueAt(undone, field.path), undefined);
      }),
      { numRuns: 10 },
    );
  }
});

it("every field has a place in the spec, a flag on create and update, and each flag stands once", () => {
  const created = CREATE_OPTIONS.map(longName);
  const updated = UPDATE_OPTIONS.map(longName);
  assert.deepEqual(new Set(created).size, created.length);
  assert.deepEqual(new Set(updated).size, updated.length);
  for (const field of SERVICE_FIELDS) {
    const part = field.path.includes(".") ? field.path.slice(0, field.path.lastIndexOf(".")) : null;
    const isPart = part === null || field.onlyFor?.includes(part as never) || valueAt(emptySpec(), part) !== undefined;
    assert.ok(isPart, field.path);
    const long = `--${longNameOf(field)}`;
    assert.ok(created.includes(long) || long === "--args", long);
    assert.ok(updated.includes(field.type.kind === "list" ? `${long}-add` : long), long);
  }
});
