import type { ContainerKey } from "../../../shared/ids.ts";

/** Somebody did something with a container, in Docker's words: `onUse(KEY, "attach")`. */
export type OnUse = (key: ContainerKey, action: string, attributes?: Readonly<Record<string, string>>) => void;
