/** Ids per block: a block is moved with one native copy, and there are few of them. */
const BLOCK = 512;

/**
 * Row ids of one partition in sort order, those with equal sort keys in order of arrival.
 *
 * State: blocks of at most 512 ids, none of them empty. Most partitions have one block; insertion and removal in one of a million rows stay
 * cheap (a splice of a block), and ranks near the front are found without walking the rest.
 *
 * The order itself is the owner's: `after(id)` tells whether the row to be placed goes behind the row `id`.
 */
export class OrderedRows {
  size = 0;
  private readonly blocks: number[][] = [];

  /** Row at a rank (from 1), or -1. */
  at(rank: number): number {
    let before = 0;
    for (const block of this.blocks) {
      if (rank <= before + block.length) return block[rank - before - 1];
      before += block.length;
    }
    return -1;
  }

  last(): number {
    const block = this.blocks[this.blocks.length - 1];
    return block === undefined ? -1 : block[block.length - 1];
  }

  /** Rank (from 1) of the first row that the sought one does not go behind; size + 1 when it goes behind all. */
  rankWhere(after: (id: number) => boolean): number {
    const b = this.blockWhere(after);
    let rank = 1;
    for (let k = 0; k < b; k++) rank += this.blocks[k].length;
    return b === this.blocks.length ? rank : rank + offsetWhere(this.blocks[b], after);
  }

  /** Puts `id` at a rank; rows from there on move back by one. */
  insert(rank: number, id: number): void {
    this.size++;
    const { blocks } = this;
    let before = 0;
    for (let b = 0; b < blocks.length; b++) {
      const block = blocks[b];
      if (rank <= before + block.length + 1) {
        block.splice(rank - before - 1, 0, id);
        if (block.length > BLOCK) blocks.splice(b + 1, 0, block.splice(block.length >> 1));
        return;
      }
      before += block.length;
    }
    blocks.push([id]);
  }

  /** Takes the row at a rank out. @returns its id. */
  remove(rank: number): number {
    const { blocks } = this;
    let before = 0;
    for (let b = 0; b < blocks.length; b++) {
      const block = blocks[b];
      if (rank <= before + block.length) {
        const [id] = block.splice(rank - before - 1, 1);
        if (block.length === 0) blocks.splice(b, 1);
        this.size--;
        return id;
      }
      before += block.length;
    }
    throw new Error(`no row at rank ${rank}`);
  }

  /** Puts `id` in place of the row at a rank. */
  replace(rank: number, id: number): void {
    let before = 0;
    for (const block of this.blocks) {
      if (rank <= before + block.length) {
        block[rank - before - 1] = id;
        return;
      }
      before += block.length;
    }
  }

  /** Calls `visit(id, rank)` for ranks from `rank` on, until it returns false. */
  forEachFrom(rank: number, visit: (id: number, rank: number) => boolean): void {
    let before = 0;
    for (const block of this.blocks) {
      if (rank <= before + block.length) {
        for (let k = Math.max(0, rank - before - 1); k < block.length; k++)
          if (!visit(block[k], before + k + 1)) return;
      }
      before += block.length;
    }
  }

  ids(): number[] {
    return this.blocks.flat();
  }

  private blockWhere(after: (id: number) => boolean): number {
    let low = 0;
    let high = this.blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const block = this.blocks[middle];
      if (after(block[block.length - 1])) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function offsetWhere(block: readonly number[], after: (id: number) => boolean): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (after(block[middle])) low = middle + 1;
    else high = middle;
  }
  return low;
}
