import { isUtf8 } from "node:buffer";
import { messageOf, SwarmError } from "../errors.ts";
import { CONTENT_KINDS, type Content, type ContentKind, filePath, referencesTo } from "../objects/file-reference.ts";
import { CONTENT_LIMITS } from "../objects/limits.ts";
import type { ContentSpec, Task } from "../objects/types.ts";
import type { ContainerSpec } from "../rpc/gen/objects.ts";
import { type TemplateFunction, type TemplateFunctions, textOf } from "./builtins.ts";
import { TASK_FUNCTIONS, type TemplateNode, taskTemplateData } from "./task-template.ts";
import { readTemplate, type Template } from "./template.ts";

/** The only template driver; "" = the content is not a template. */
export const TEMPLATE_DRIVER = "golang";

/**
 * Checks that the content of a new secret or config can be parsed, if it is a template.
 * @throws SwarmError invalidArgument; for a secret, the message contains nothing of its content.
 */
export function checkContentTemplate(kind: ContentKind, spec: ContentSpec): void {
  if (spec.templateDriver === "") return;
  const none = new Map([...CONTENT_KINDS, "env"].map((name) => [name, () => ""]));
  readContent(kind, spec, none);
}

/**
 * What the files of a task hold: plain contents unchanged, and templates evaluated for this task. Besides what a
 * service's templates may refer to, they have `{{env "NAME"}}`, and `{{secret "target"}}` and `{{config "target"}}` for
 * the task's other files, which are inserted without being evaluated.
 * @throws SwarmError invalidArgument, naming the content; gives the reason only if no secret was involved.
 */
export function fillContents(
  task: Task,
  node: TemplateNode,
  contents: ReadonlyMap<string, Content>,
): ReadonlyMap<string, Buffer> {
  const filled = new Map<string, Buffer>();
  for (const [kind, { sourceId }] of referencesTo(task.spec.container)) {
    const spec = contents.get(sourceId)?.spec;
    if (spec !== undefined) filled.set(sourceId, fillContent(kind, spec, task, node, contents));
  }
  return filled;
}

function fillContent(
  kind: ContentKind,
  spec: ContentSpec,
  task: Task,
  node: TemplateNode,
  contents: ReadonlyMap<string, Content>,
): Buffer {
  if (spec.templateDriver === "") return spec.data;
  const { container } = task.spec;
  let isSecret = kind === "secret";
  const functions = new Map<string, TemplateFunction>([
    ["env", (name) => environmentOf(container, textOf("env", name))],
    ["config", (target) => dataOf("config", textOf("config", target), container, contents)],
    [
      "secret",
      (target) => {
        isSecret = true;
        return dataOf("secret", textOf("secret", target), container, contents);
      },
    ],
  ]);
  const { name } = spec.annotations;
  const template = readContent(kind, spec, functions);
  let text: string;
  try {
    text = template(taskTemplateData(task, node));
  } catch (error) {
    // Sentences about templates quote values.
    const why = isSecret ? "what it refers to does not exist, or has another type" : messageOf(error);
    throw new SwarmError("invalidArgument", `the template of ${kind} ${name} cannot be filled: ${why}`);
  }
  const data = Buffer.from(text);
  const { max } = CONTENT_LIMITS[kind];
  if (data.length <= max) return data;
  throw new SwarmError("invalidArgument", `${kind} ${name} is larger than ${max} bytes once its template is filled`);
}

function readContent(kind: ContentKind, { annotations, data }: ContentSpec, functions: TemplateFunctions): Template {
  const what = `the template of ${kind} ${annotations.name}`;
  if (!isUtf8(data)) throw new SwarmError("invalidArgument", `${what} is not UTF-8`);
  try {
    return readTemplate(data.toString(), {
      functions: new Map([...TASK_FUNCTIONS, ...functions]),
      missing: "refuse",
    });
  } catch (error) {
    const why = kind === "secret" ? "its actions cannot be read" : messageOf(error);
    throw new SwarmError("invalidArgument", `${what} is invalid: ${why}`);
  }
}

/** Empty if there is none, as in Docker. */
function environmentOf({ env }: ContainerSpec, name: string): string {
  const entry = env.findLast((each) => each.startsWith(`${name}=`));
  return entry?.slice(name.length + 1) ?? "";
}

/** @throws Error when the task has no such file. */
function dataOf(
  kind: ContentKind,
  target: string,
  container: ContainerSpec,
  contents: ReadonlyMap<string, Content>,
): string {
  const path = filePath(kind, { target });
  const found = referencesTo(container).find(([one, reference]) => one === kind && filePath(kind, reference) === path);
  const data = contents.get(found?.[1].sourceId ?? "")?.spec.data;
  if (data === undefined) throw new Error(`the task has no ${kind} with the target ${target}`);
  return data.toString();
}
