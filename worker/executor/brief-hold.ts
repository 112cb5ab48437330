import { messageOf } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import type { Logger } from "../../shared/log.ts";
import type { OciRuntime } from "../runtime/oci-runtime.ts";
import type { ContainerFacts } from "./container-facts.ts";
import type { ContainerRecords } from "./container-records.ts";

export interface BriefHoldParts {
  readonly records: ContainerRecords;
  readonly runtime: Pick<OciRuntime, "hold">;
  readonly log: Logger;
}

/** Holds a container for a moment, as while it is committed. Noted first: a daemon that is killed meanwhile returns. */
export async function holdBriefly(
  key: ContainerKey,
  { records, runtime, facts }: BriefHoldParts & { readonly facts: Pick<ContainerFacts, "firstProcess"> },
): Promise<void> {
  const record = records.get(key);
  if (record !== null) await records.put({ ...record, isHeldBriefly: true });
  try {
    await runtime.hold(key, true);
  } catch (error) {
    // What has ended since it was looked at changes nothing any more: it need not be held.
    if ((await facts.firstProcess(key)) !== null) throw error;
  }
}

/** Lets it go on, unless somebody has done so. @throws SwarmError failedPrecondition when the runtime refuses. */
export async function letGo(key: ContainerKey, { records, runtime }: BriefHoldParts): Promise<void> {
  const record = records.get(key);
  if (record?.isHeldBriefly !== true) return;
  await runtime.hold(key, false);
  await records.put({ ...record, isHeldBriefly: false });
}

/** At the daemon's start: what an earlier one held goes on. One that has ended meanwhile only loses the note. */
export async function letAllGo(parts: BriefHoldParts): Promise<void> {
  for (const record of parts.records.all()) {
    if (!record.isHeldBriefly) continue;
    try {
      await letGo(record.key, parts);
    } catch (error) {
      const what = { container: record.name, error: messageOf(error) };
      parts.log.warn("a container that an earlier daemon held cannot be let go", what);
      await parts.records.put({ ...record, isHeldBriefly: false });
    }
  }
}
