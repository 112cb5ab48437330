/** Certificates are valid from this long before they are made, since hosts' clocks differ. */
export const BACKDATE_MS = 3_600_000;
