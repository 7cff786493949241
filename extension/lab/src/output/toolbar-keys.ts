/** Where a key leads in a row of so many buttons; null when it leads nowhere. */
export function nextButton(key: string, at: number, count: number): number | null {
  if (count === 0) return null;
  switch (key) {
    case 'ArrowRight':
      return (at + 1) % count;
    case 'ArrowLeft':
      return at <= 0 ? count - 1 : at - 1;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
  }
  return null;
}

/**
 * The keys of a toolbar: Tab stops at one of its buttons, arrows, Home and End go from one to the next.
 *
 * State: the button that Tab stops at. It maintains the invariant that this one can be seen and pressed.
 */
export class ToolbarKeys {
  private stop: HTMLButtonElement | null = null;

  constructor(private readonly node: HTMLElement) {
    node.addEventListener('focusin', (event) => {
      if (event.target instanceof HTMLButtonElement) this.stopAt(event.target);
    });
    node.addEventListener('keydown', (event) => {
      const usable = this.usable();
      const at = usable.findIndex((button) => button === event.target);
      const next = at < 0 ? null : nextButton(event.key, at, usable.length);
      if (next === null) return;
      event.preventDefault();
      event.stopPropagation();
      usable[next].focus();
    });
  }

  /** Buttons were added, hidden or disabled: a focus that they had goes to a neighbour. */
  settle(): void {
    const { stop } = this;
    const usable = this.usable();
    if (stop === null || !usable.includes(stop)) {
      const focused = stop !== null && document.activeElement === stop;
      const next = usable.at(-1);
      if (next === undefined) return;
      if (focused) next.focus();
      this.stopAt(focused ? next : usable[0]);
    } else {
      this.stopAt(stop);
    }
  }

  private usable(): HTMLButtonElement[] {
    return [...this.node.querySelectorAll('button')].filter((button) => !button.hidden && !button.disabled);
  }

  private stopAt(stop: HTMLButtonElement): void {
    this.stop = stop;
    for (const button of this.node.querySelectorAll('button')) button.tabIndex = button === stop ? 0 : -1;
  }
}
