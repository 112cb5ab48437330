import type { ServiceId } from "../../shared/ids.ts";
import type { LoopTrouble } from "../../shared/rpc/gen/objects.ts";
import type { Store } from "../store/store-types.ts";

/**
 * For ControlLoop.showTrouble: writes on the service what makes a loop fail over it; "" takes it back. Each loop has an
 * entry of its own, so that none hides or clears another's, and writes nothing that is there already.
 */
export async function showServiceTrouble(
  store: Store,
  loop: string,
  serviceId: ServiceId,
  sentence: string,
): Promise<void> {
  const isShown = (troubles: readonly LoopTrouble[]): boolean =>
    (troubles.find((trouble) => trouble.loop === loop)?.sentence ?? "") === sentence;
  const present = store.view().get("service", serviceId);
  if (present === undefined || isShown(present.troubles)) return;
  await store.update(`show trouble of service ${serviceId}`, (tx) => {
    const service = tx.get("service", serviceId);
    if (service === undefined || isShown(service.troubles)) return;
    const others = service.troubles.filter((trouble) => trouble.loop !== loop);
    const own = sentence === "" ? [] : [{ loop, sentence }];
    const troubles = [...others, ...own].toSorted((a, b) => (a.loop < b.loop ? -1 : 1));
    tx.update("service", { ...service, troubles });
  });
}
