import type { Guest } from "../../shared/objects/types.ts";
import type { AddressBook, Held } from "./address-book.ts";

/** Its addresses, or why it has none yet. */
export interface GuestAddresses extends Held {
  readonly guestId: Guest["id"];
  /** "" = it has them. */
  readonly err: string;
}

/** Addresses for a guest: those it wishes, and others where it does not insist. */
export function decideGuest(
  { id, networkId, wished, wished6, insists }: Guest,
  about: {
    readonly book: AddressBook;
    readonly taking: Parameters<AddressBook["take"]>[2];
    /** Why its network gives nobody an address. */
    readonly whyNot: () => string;
    /** undefined = it has gone. */
    readonly networkName: string | undefined;
  },
): GuestAddresses {
  const { book, taking, networkName } = about;
  const wishes = [wished, wished6].filter((one) => one !== "");
  const granted =
    wishes.length === 0 ? null : book.takeThese(networkId, { address: wished, address6: wished6 }, taking);
  const mayBeAny = wishes.length === 0 || !insists;
  const held = granted ?? (mayBeAny ? book.take(networkId, "task", taking) : null);
  if (held !== null) return { guestId: id, ...held, err: "" };
  const isRefused = !mayBeAny && networkName !== undefined && book.knows(networkId);
  const err = isRefused
    ? `Address already in use, or in no subnet of network ${networkName}: ${wishes.join(", ")}`
    : about.whyNot();
  return { guestId: id, address: "", address6: "", err };
}
