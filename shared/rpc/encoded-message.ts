import protobuf from "protobufjs/light.js";

/** Of the wire: a field whose value has a length and then so many bytes. */
const LENGTH_DELIMITED = 2;
const WIRE_TYPE_BITS = 3;

/**
 * A message that is in its wire form already, to be sent as it is: so that parts which are the same for many receivers
 * are encoded once. Bytes of one message type may be joined: repeated fields grow, others take the later value.
 */
export class EncodedMessage {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** A message of which one field, itself a message, is given: as pieces of its wire form. */
  static ofField(field: number, pieces: readonly Uint8Array[]): EncodedMessage {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const head = protobuf.Writer.create()
      .uint32((field << WIRE_TYPE_BITS) | LENGTH_DELIMITED)
      .uint32(length)
      .finish();
    return new EncodedMessage(Buffer.concat([head, ...pieces]));
  }
}
