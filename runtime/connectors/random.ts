/** A small, fast, seedable generator of pseudo-random numbers (xoshiro128**). Not for secrets. */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  constructor(seed: number) {
    // Spread the seed over the state, which must not be all zero (splitmix32).
    let s = seed | 0;
    const next = (): number => {
      s = (s + 0x9e3779b9) | 0;
      let z = s;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return z ^ (z >>> 16);
    };
    this.a = next();
    this.b = next();
    this.c = next();
    this.d = next() | 1;
  }

  /** 32 random bits, signed. */
  int32(): number {
    const { b } = this;
    const mixed = Math.imul(b, 5);
    const result = Math.imul((mixed << 7) | (mixed >>> 25), 9);
    const t = b << 9;
    this.c ^= this.a;
    this.d ^= b;
    this.b = b ^ this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result;
  }

  /** In [0, 1), 53 bits. */
  double(): number {
    return ((this.int32() >>> 5) * 67108864 + (this.int32() >>> 6)) / 9007199254740992;
  }

  /** An integer in [min, max]; both and their distance are safe integers. */
  between(min: number, max: number): number {
    return min + Math.floor(this.double() * (max - min + 1));
  }

  /** An integer in [min, max] of the 64-bit range. */
  bigBetween(min: bigint, max: bigint): bigint {
    const range = max - min + 1n;
    const bits = (BigInt(this.int32() >>> 0) << 64n) | (BigInt(this.int32() >>> 0) << 32n) | BigInt(this.int32() >>> 0);
    return min + (bits % range);
  }
}
