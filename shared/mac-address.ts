/** Of one device: with the lowest bit of its first byte set it would be that of a group. In small letters. */
const MAC_ADDRESS = /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/;
const NOBODY = "00:00:00:00:00:00";

/** Whether it is the hardware address of one device, as 02:42:ac:11:00:02. */
export function isMacAddress(text: string): boolean {
  return MAC_ADDRESS.test(text) && text !== NOBODY;
}
