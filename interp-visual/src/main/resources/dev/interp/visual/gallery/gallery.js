// Arrow keys go from filter to filter; an open filter is exchanged for the next one.
'use strict';
const filters = [...document.querySelectorAll('.filter')];

/** The filter above or below: the nearest of the next row. */
function across(own, down) {
  const here = own.getBoundingClientRect();
  let best = null;
  let least = Infinity;
  for (const other of filters) {
    const there = other.getBoundingClientRect();
    const rows = (there.top - here.top) * down;
    if (rows < here.height / 2) continue;
    const distance = rows * 100 + Math.abs(there.left - here.left);
    if (distance < least) {
      least = distance;
      best = other;
    }
  }
  return best;
}

document.addEventListener('keydown', event => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const at = filters.indexOf(document.activeElement);
  if (at < 0) return;
  const to = {
    ArrowRight: () => filters[at + 1],
    ArrowLeft: () => filters[at - 1],
    ArrowDown: () => across(filters[at], 1),
    ArrowUp: () => across(filters[at], -1),
    Home: () => filters[0],
    End: () => filters[filters.length - 1],
  }[event.key]?.();
  if (!to) return;
  event.preventDefault();
  const isOpen = document.querySelector('.detail:popover-open') !== null;
  to.focus();
  if (isOpen) to.popoverTargetElement.showPopover({source: to});
});
