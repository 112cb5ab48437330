import { jsonObject } from "../json.ts";
import type { InspectImageResponse } from "../rpc/gen/images.ts";
import { type DockerJson, toRfc3339 } from "./common.ts";

/** What Docker shows of a configuration that says nothing. */
const NOTHING_SAID: DockerJson = {
  User: "",
  Env: null,
  Cmd: null,
  Volumes: null,
  WorkingDir: "",
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
};

/** An image as Docker's `GET /images/NAME/json` has it. */
export function toDockerImage(image: InspectImageResponse): DockerJson {
  const config = jsonObject(image.config.toString()) ?? {};
  const text = (key: string): string => (typeof config[key] === "string" ? config[key] : "");
  const { summary, layerDirectories } = image;
  const [upper, ...lower] = layerDirectories;
  const rootfs = (config["rootfs"] ?? {}) as { readonly diff_ids?: unknown };
  const history = Array.isArray(config["history"]) ? (config["history"] as readonly DockerJson[]) : [];
  return {
    Id: summary?.id ?? "",
    RepoTags: summary?.repoTags ?? [],
    RepoDigests: summary?.repoDigests ?? [],
    Parent: summary?.parentId ?? "",
    Comment: history.at(-1)?.["comment"] ?? "",
    Created: toRfc3339(summary?.createdAtMs ?? 0),
    DockerVersion: text("docker_version"),
    Author: text("author"),
    Config: { ...NOTHING_SAID, ...ofImages((config["config"] ?? {}) as DockerJson) },
    Architecture: text("architecture"),
    ...(text("variant") === "" ? {} : { Variant: text("variant") }),
    Os: text("os"),
    Size: summary?.sizeBytes ?? 0,
    GraphDriver: {
      Name: "overlay2",
      Data: {
        ...(lower.length === 0 ? {} : { LowerDir: lower.join(":") }),
        ...(upper === undefined ? {} : { UpperDir: upper }),
      },
    },
    RootFS: { Type: "layers", Layers: Array.isArray(rootfs.diff_ids) ? rootfs.diff_ids : [] },
    Metadata: { LastTagTime: toRfc3339(image.storedAtMs) },
  };
}

/** Builders write down the container that a step ran in; what an image cannot want is left out, as Docker does. */
function ofImages(config: DockerJson): DockerJson {
  return Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => !OF_CONTAINERS.has(key))
      .map(([key, value]) => [key, Array.isArray(value) && value.length === 0 ? null : value]),
  );
}

const OF_CONTAINERS: ReadonlySet<string> = new Set([
  ...[
    "Hostname",
    "Domainname",
    "AttachStdin",
    "AttachStdout",
    "AttachStderr",
    "Tty",
    "OpenStdin",
    "StdinOnce",
    "Image",
  ],
  ...["NetworkDisabled", "MacAddress", "StopTimeout"],
]);

/** A step of an image's making. */
export interface HistoryStep {
  /** Of the image that the step made; "<missing>" where this host does not have it. */
  readonly id: string;
  /** Unix milliseconds; 0 = not said. */
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly comment: string;
  /** Bytes that it added; 0 = none. */
  readonly size: number;
}

/** The steps of an image's making, the latest first. Layers count for the steps that are not marked empty. */
export function historyOf({ config, layerBytes, summary }: InspectImageResponse): readonly HistoryStep[] {
  const { history } = jsonObject(config.toString()) ?? {};
  const steps = (Array.isArray(history) ? (history as readonly DockerJson[]) : []).toReversed();
  let layer = 0;
  return steps.map((step, at): HistoryStep => {
    const size = step["empty_layer"] === true ? 0 : (layerBytes[layer++] ?? 0);
    const created = Date.parse(String(step["created"] ?? ""));
    return {
      id: at === 0 ? (summary?.id ?? "") : "<missing>",
      createdAtMs: Number.isNaN(created) ? 0 : created,
      createdBy: String(step["created_by"] ?? ""),
      comment: String(step["comment"] ?? ""),
      size,
    };
  });
}
