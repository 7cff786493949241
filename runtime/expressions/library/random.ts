/** java.util.Random: 48-bit linear congruential generator, so that seeded functions give Java's sequences. */
export class JavaRandom {
  private high: number;
  private low: number;

  constructor(seed?: number | bigint) {
    const s = BigInt.asUintN(
      48,
      BigInt(seed === undefined ? Math.floor(Math.random() * 2 ** 48) : seed) ^ 0x5deece66dn,
    );
    this.high = Number(s >> 24n);
    this.low = Number(s & 0xffffffn);
  }

  private next(bits: number): number {
    // (high * 2^24 + low) * 0x5DEECE66D + 0xB modulo 2^48, in halves of 24 bits: every product stays below 2^53.
    const product = this.low * 0xece66d + 0xb;
    const low = product % 0x1000000;
    const carry = (product - low) / 0x1000000;
    this.high = (carry + this.high * 0xece66d + this.low * 0x5de) % 0x1000000;
    this.low = low;
    return (this.high * 0x1000000 + this.low) / 2 ** (48 - bits);
  }

  nextInt(bound: number): number {
    if (bound <= 0) throw new RangeError('bound must be positive');
    let r = Math.floor(this.next(31));
    if ((bound & (bound - 1)) === 0) return Math.floor((bound * r) / 2 ** 31);
    let v = r % bound;
    while (r - v + (bound - 1) >= 2 ** 31) {
      r = Math.floor(this.next(31));
      v = r % bound;
    }
    return v;
  }

  nextDouble(): number {
    return (Math.floor(this.next(26)) * 2 ** 27 + Math.floor(this.next(27))) / 2 ** 53;
  }
}
