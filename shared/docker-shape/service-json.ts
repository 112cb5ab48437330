import { SwarmError } from "../errors.ts";
import { unreachable } from "../invariant.ts";
import type { ServiceSpec } from "../rpc/gen/objects.ts";
import type { FieldType } from "../service-spec/field.ts";
import { SERVICE_FIELDS } from "../service-spec/fields.ts";
import { SERVICE_MODES } from "../service-spec/modes.ts";
import type { DockerJson } from "./common.ts";
import { ELEMENT_JSON } from "./element-json.ts";
import { type JsonShape, takeShape, valueIn } from "./json-shape.ts";
import { fromDockerServiceSpec } from "./service-spec.ts";

const TASK = "TaskTemplate";
const CONTAINER = `${TASK}.ContainerSpec`;

/** What Docker's ServiceSpec has besides the fields of the table. */
const OTHER_FIELDS: readonly (readonly [path: string, shape: JsonShape])[] = [
  ["Name", "text"],
  ["Mode.Global", { fields: {} }],
  ["Mode.ReplicatedJob", { fields: { MaxConcurrent: "whole", TotalCompletions: "whole" } }],
  ["Mode.GlobalJob", { fields: {} }],
  ["Networks", ELEMENT_JSON.network],
  [`${TASK}.ForceUpdate`, "whole"],
  [`${TASK}.Runtime`, "text"],
  [`${TASK}.Placement.Platforms`, { list: { fields: { Architecture: "text", OS: "text" } } }],
  [`${TASK}.RestartPolicy.MaxDelay`, "number"],
  [`${CONTAINER}.Image`, "text"],
  [`${CONTAINER}.CapabilityAdd`, { list: "text" }],
  [`${CONTAINER}.CapabilityDrop`, { list: "text" }],
  [`${CONTAINER}.Healthcheck.Test`, { list: "text" }],
  [
    `${CONTAINER}.Privileges`,
    {
      fields: {
        NoNewPrivileges: "flag",
        UnconfinedPaths: "flag",
        WritableCgroups: "flag",
        Seccomp: { fields: { Mode: { words: ["default", "unconfined", "custom"] }, Profile: "data" } },
        AppArmor: { fields: { Mode: { words: ["default", "disabled", "custom"] }, Profile: "text" } },
        SELinuxContext: { fields: { Disable: "flag", User: "text", Role: "text", Type: "text", Level: "text" } },
      },
    },
  ],
];

const MODES: ReadonlySet<string> = new Set(Object.values(SERVICE_MODES).map(({ docker }) => docker.toLowerCase()));

/** What nothing here would bring about, so that it is refused. The value that means nothing is taken all the same. */
const REFUSED: readonly (readonly [path: string, sentence: string])[] = [
  [`${TASK}.PluginSpec`, "services that install plugins are not offered"],
  [`${TASK}.NetworkAttachmentSpec`, "services that attach containers to networks are not offered"],
  [`${CONTAINER}.Privileges.CredentialSpec`, "credential specs are for containers of Windows"],
];

/** What an element of ContainerSpec.Mounts may not have. */
const REFUSED_IN_MOUNTS = ["ImageOptions", "ClusterOptions"] as const;

/** Words of Isolation and of Runtime that mean what happens anyway. */
const USUAL = new Map([
  [`${CONTAINER}.Isolation`, ["default"]],
  [`${TASK}.Runtime`, ["container"]],
]);

let shape: JsonShape | null = null;

/**
 * The service spec that a request's JSON means, its types checked. Fields that Docker does not know are passed over.
 * @throws SwarmError invalidArgument for a value of a wrong type; unimplemented for what nothing here brings about.
 */
export function readServiceJson(json: DockerJson): ServiceSpec {
  shape ??= shapeOf([
    ...SERVICE_FIELDS.map(({ docker, type }) => [docker, shapeOfType(type)] as const),
    ...OTHER_FIELDS,
  ]);
  for (const [path, sentence] of REFUSED) refuseUnlessEmpty(json, path, sentence);
  for (const [path, usual] of USUAL) refuseUnless(json, path, usual);
  const mode = valueIn(json, "Mode");
  for (const name of typeof mode === "object" && mode !== null ? Object.keys(mode) : []) {
    if (!MODES.has(name.toLowerCase()))
      throw new SwarmError("invalidArgument", `invalid JSON: services of mode ${name} are not known`);
  }
  const mounts = valueIn(json, `${CONTAINER}.Mounts`);
  for (const mount of Array.isArray(mounts) ? mounts : []) {
    for (const name of REFUSED_IN_MOUNTS) refuseUnlessEmpty(mount, name, "mounts of this kind are not offered");
  }
  return fromDockerServiceSpec(takeShape(json, shape) as DockerJson);
}

function shapeOfType(type: FieldType): JsonShape {
  switch (type.kind) {
    case "text":
      return "text";
    case "words":
      return { list: "text" };
    case "switch":
      return "flag";
    case "whole":
    case "bytes":
    case "cpus":
      return "whole";
    case "duration":
    case "ratio":
      return "number";
    case "choice":
      return { words: Object.keys(type.choices) };
    case "list":
      return ELEMENT_JSON[type.element];
    default:
      return unreachable(type);
  }
}

/** One shape out of the shapes at paths. */
function shapeOf(paths: readonly (readonly [path: string, shape: JsonShape])[]): JsonShape {
  const whole: { fields: Record<string, JsonShape> } = { fields: {} };
  for (const [path, leaf] of paths) {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    let part = whole;
    for (const key of keys) {
      part.fields[key] ??= { fields: {} };
      part = part.fields[key] as typeof whole;
    }
    part.fields[last] = leaf;
  }
  return whole;
}

function refuseUnlessEmpty(json: unknown, path: string, sentence: string): void {
  const value = valueIn(json, path);
  const isEmpty =
    value === undefined ||
    value === null ||
    value === false ||
    value === "" ||
    (typeof value === "object" && Object.keys(value).length === 0);
  if (!isEmpty) throw new SwarmError("unimplemented", `${path}: ${sentence}`);
}

function refuseUnless(json: unknown, path: string, usual: readonly string[]): void {
  const value = valueIn(json, path);
  if (value === undefined || value === null || value === "" || usual.includes(String(value))) return;
  const word = JSON.stringify(value);
  throw new SwarmError("unimplemented", `${path}: ${word} is not offered, only ${usual.join(", ")}`);
}
