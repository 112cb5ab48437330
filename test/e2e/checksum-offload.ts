/**
 * `node checksum-offload.ts DEVICE on|off`: who computes checksums of what leaves a network card: the card, or the
 * kernel. What `ethtool -K DEVICE tx on|off` does, whose package nothing else here needs.
 */
import koffi from "koffi";

const [device = "", state = ""] = process.argv.slice(2);
const SIOCETHTOOL = 0x8946;
const ETHTOOL_STXCSUM = 0x17;
const AF_INET = 2;
const SOCK_DGRAM = 2;
/** struct ifreq: 16 bytes of name, then a union of 24 bytes, here a pointer. */
const NAME_BYTES = 16;
const REQUEST_BYTES = 40;

const libc = koffi.load("libc.so.6");
const socket = libc.func("int socket(int domain, int type, int protocol)");
const ioctl = libc.func("int ioctl(int fd, unsigned long request, void *argument)");

const value = koffi.alloc("uint32_t", 2);
koffi.encode(value, "uint32_t", [ETHTOOL_STXCSUM, state === "on" ? 1 : 0], 2);
const request = Buffer.alloc(REQUEST_BYTES);
request.write(device, 0, NAME_BYTES - 1, "latin1");
request.writeBigUInt64LE(koffi.address(value), NAME_BYTES);
if (ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCETHTOOL, request) !== 0)
  throw new Error(`checksums of ${device} ${state}: errno ${koffi.errno()}`);
