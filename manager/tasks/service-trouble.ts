import type { ServiceId } from "../../shared/ids.ts";
import type { Store } from "../store/store-types.ts";

/**
 * For ControlLoop.showTrouble: writes on the service what makes a loop fail over it. Each loop takes back only its own
 * words, and writes nothing that is there already.
 */
export async function showServiceTrouble(
  store: Store,
  loop: string,
  serviceId: ServiceId,
  sentence: string,
): Promise<void> {
  const own = `${loop}: `;
  const isShown = (trouble: string): boolean =>
    sentence === "" ? !trouble.startsWith(own) : trouble === `${own}${sentence}`;
  const present = store.view().get("service", serviceId);
  if (present === undefined || isShown(present.trouble)) return;
  await store.update(`show trouble of service ${serviceId}`, (tx) => {
    const service = tx.get("service", serviceId);
    if (service === undefined || isShown(service.trouble)) return;
    tx.update("service", { ...service, trouble: sentence === "" ? "" : `${own}${sentence}` });
  });
}
