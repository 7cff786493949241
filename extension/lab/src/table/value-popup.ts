/** Shows one value in full, over the page, until something else is clicked or Escape or Tab is pressed. */
export function showValue(title: string, text: string, x: number, y: number, host: HTMLElement): void {
  const popup = document.createElement('div');
  popup.className = 'sc-Popup sc-View-colours';
  popup.setAttribute('role', 'dialog');
  popup.setAttribute('aria-label', title);
  popup.tabIndex = -1;
  const head = document.createElement('div');
  head.className = 'sc-Popup-title';
  head.textContent = title;
  const body = document.createElement('pre');
  body.textContent = text;
  popup.append(head, body);
  document.body.append(popup);
  const box = popup.getBoundingClientRect();
  popup.style.left = `${Math.max(8, Math.min(x + 4, window.innerWidth - box.width - 8))}px`;
  popup.style.top = `${Math.max(8, Math.min(y + 14, window.innerHeight - box.height - 8))}px`;

  const close = (): void => {
    popup.remove();
    document.removeEventListener('pointerdown', outside, true);
    document.removeEventListener('keydown', escape, true);
    document.removeEventListener('scroll', scrolled, true);
    if (host.isConnected) host.focus({ preventScroll: true });
  };
  const outside = (event: Event): void => {
    if (!popup.contains(event.target as Node)) close();
  };
  const scrolled = (event: Event): void => {
    if (!popup.contains(event.target as Node)) close();
  };
  const escape = (event: KeyboardEvent): void => {
    // Tab leads out of it, to where it came from.
    if (event.key !== 'Escape' && event.key !== 'Tab') return;
    event.stopPropagation();
    event.preventDefault();
    close();
  };
  document.addEventListener('pointerdown', outside, true);
  document.addEventListener('keydown', escape, true);
  document.addEventListener('scroll', scrolled, true);
  popup.focus({ preventScroll: true });
}
