import { messageOf, SwarmError } from "../errors.ts";
import { labelsOf } from "../objects/labels.ts";
import { SLOT_VOLUME_LABEL, slotVolumeName } from "../objects/slot-volume.ts";
import { taskName } from "../objects/task-name.ts";
import type { Task } from "../objects/types.ts";
import type { ContainerSpec, Platform } from "../rpc/gen/objects.ts";
import { type TemplateFunction, type TemplateFunctions, textOf } from "./builtins.ts";
import { newBudget } from "./evaluate.ts";
import { readTemplate } from "./template.ts";

/** For all templates of one service together: a twentieth of a second, which a leader can spare. */
const STEPS_MAX = 50_000;

/** What the host a task runs on says about itself to templates. */
export interface TemplateNode {
  readonly hostname: string;
  readonly platform: Platform;
}

/** Docker's one function for services: `{{join "-" .Service.Name .Task.Slot}}`. */
export const TASK_FUNCTIONS: TemplateFunctions = new Map<string, TemplateFunction>([
  ["join", (separator, ...texts) => texts.map((each) => textOf("join", each)).join(textOf("join", separator))],
]);

type TemplateTask = Pick<Task, "id" | "serviceId" | "slot" | "nodeId" | "serviceAnnotations">;

/** What a service's templates may refer to, under Docker's names. A global service's slot is its node's id. */
export function taskTemplateData(task: TemplateTask, node: TemplateNode): Readonly<Record<string, unknown>> {
  return {
    Service: {
      ID: task.serviceId,
      Name: task.serviceAnnotations.name,
      Labels: task.serviceAnnotations.labels,
    },
    Node: {
      ID: task.nodeId,
      Hostname: node.hostname,
      Platform: { Architecture: node.platform.architecture, OS: node.platform.os },
    },
    Task: { ID: task.id, Name: taskName(task), Slot: task.slot === 0 ? task.nodeId : String(task.slot) },
  };
}

/**
 * A task's container with the templates in its environment, host name and mounts filled in; of mounts these are the
 * source, the target, and the values of volume options and labels. Names of variables are not templates, nor are other
 * keys, nor is anything that an image sets.
 * @throws SwarmError invalidArgument, saying where the template is and what is wrong with it.
 */
export function fillContainer(container: ContainerSpec, task: TemplateTask, node: TemplateNode): ContainerSpec {
  const data = taskTemplateData(task, node);
  const options = { functions: TASK_FUNCTIONS, missing: "refuse", budget: newBudget(STEPS_MAX) } as const;
  const fill = (what: string, text: string): string => {
    if (!text.includes("{{")) return text;
    try {
      return withoutZeroByte(readTemplate(text, options)(data));
    } catch (error) {
      throw new SwarmError("invalidArgument", `${what}: ${messageOf(error)}`, { cause: error });
    }
  };
  return {
    ...container,
    hostname: fill("host name", container.hostname),
    env: container.env.map((entry) => {
      const at = entry.indexOf("=");
      const key = entry.slice(0, Math.max(at, 0));
      return at < 0 ? entry : `${key}=${fill(`environment variable ${key}`, entry.slice(at + 1))}`;
    }),
    mounts: container.mounts.map((mount) => ({
      ...mount,
      volumePerSlot: false,
      source: mount.volumePerSlot ? slotVolumeName(mount.source, task.slot) : fill("mount source", mount.source),
      target: fill("mount target", mount.target),
      volumeOptions: fillValues("volume option", mount.volumeOptions, fill),
      volumeLabels: labelsOf([
        ...Object.entries(fillValues("volume label", mount.volumeLabels, fill)),
        ...(mount.volumePerSlot ? ([[SLOT_VOLUME_LABEL, mount.source]] as const) : []),
      ]),
    })),
  };
}

function fillValues(
  what: string,
  values: Readonly<Record<string, string>>,
  fill: (what: string, text: string) => string,
): Readonly<Record<string, string>> {
  return labelsOf(Object.entries(values).map(([key, value]) => [key, fill(`${what} ${key}`, value)]));
}

/** A template can produce one by `\\x00`, which no check of the template's text would see. */
function withoutZeroByte(text: string): string {
  if (text.includes("\0")) throw new SwarmError("invalidArgument", "its template gives a zero byte");
  return text;
}
