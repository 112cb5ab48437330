/** How people say what share of a service's slots a canary has: `2` or `20%`. */
export const CANARY_PATTERN = /^(?:[0-9]{1,6}|[0-9]{1,2}%|100%)$/;

/** Whether updates with this setting are tried in some slots first. */
export function asksForCanary(text: string): boolean {
  return text !== "" && Number.parseInt(text, 10) > 0;
}

/** Every slot, also those to come. */
export const isCanaryOfAll = (text: string): boolean => text === "100%";

/** How many of so many slots; a share is rounded up, so that it is never nothing. */
export function canarySlots(text: string, slots: number): number {
  const number = Number.parseInt(text, 10);
  return Math.min(slots, text.endsWith("%") ? Math.ceil((slots * number) / 100) : number);
}
